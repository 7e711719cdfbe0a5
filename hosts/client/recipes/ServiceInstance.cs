using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quorate.Client;

/// <summary>One running copy of a service, as it is registered: where it is, and what else callers should know.</summary>
/// <remarks>
/// The znode's data are JSON, <c>{"endpoint":"http://10.0.0.7:8080","metadata":{"zone":"a"}}</c>: the endpoint an absolute URI, the
/// metadata optional, any other members ignored. What other programs register as plain text, <c>http://10.0.0.7:8080</c> or
/// <c>10.0.0.7:8080</c>, is understood as well; the latter gets the scheme tcp.
/// </remarks>
public sealed record ServiceInstance
{
    /// <summary>What service it is a copy of: one name, without slashes.</summary>
    public required string Service { get; init; }

    /// <summary>Where to reach it, such as <c>http://10.0.0.7:8080</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>
    /// Which copy it is: its znode's name. Left empty, each registration gets one of its own. Two that live at once must not share one: the
    /// second waits until the first is gone.
    /// </summary>
    public string Id { get; init; } = "";

    /// <summary>What else callers should know: a version, a zone, a weight.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public override string ToString() => $"{Service}/{Id} at {Endpoint}";

    /// <summary>The same bytes for the same words: by them an earlier life of the same copy is known.</summary>
    internal byte[] Encode()
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in Metadata)
            sorted.Add(key, value);
        var document = new ServiceDocument { Endpoint = Endpoint.OriginalString, Metadata = sorted.Count == 0 ? null : sorted };
        return JsonSerializer.SerializeToUtf8Bytes(document, ServiceDocuments.Default.ServiceDocument);
    }

    /// <summary>Reads what is registered; null if it says no endpoint.</summary>
    internal static ServiceInstance? Decode(string service, string id, ReadOnlySpan<byte> data)
    {
        try
        {
            var document = data.Length > 0 && data[0] == '{'
                ? JsonSerializer.Deserialize(data, ServiceDocuments.Default.ServiceDocument)
                : null;
            var text = document is null ? Encoding.UTF8.GetString(data).Trim() : document.Endpoint;
            var says = string.IsNullOrEmpty(text) || text.Contains("://", StringComparison.Ordinal) ? text : $"tcp://{text}";
            if (!Uri.TryCreate(says, UriKind.Absolute, out var endpoint))
                return null;
            return new()
            {
                Service = service,
                Id = id,
                Endpoint = endpoint,
                Metadata = document?.Metadata ?? new Dictionary<string,
                string>()
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What a registered znode says.</summary>
internal sealed class ServiceDocument
{
    public string? Endpoint { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServiceDocument))]
internal sealed partial class ServiceDocuments : JsonSerializerContext;
