using Microsoft.Extensions.Options;

namespace Quorate.Client.Extensions;

/// <summary>Finds out at start what could not work later, and says which value it is and what to write instead.</summary>
internal sealed class QuorateClientValidation : IValidateOptions<QuorateClientOptions>
{
    public ValidateOptionsResult Validate(string? name, QuorateClientOptions options)
    {
        var faults = new List<string>();
        CheckConnectionString(options.ConnectionString, faults);
        CheckSpan(nameof(options.SessionTimeout), options.SessionTimeout, "00:00:10", faults);
        CheckSpan(nameof(options.ConnectTimeout), options.ConnectTimeout, "00:00:30", faults);
        if (options.ServicesRoot is not ("/" or ['/', .., not '/']))
            faults.Add(
                $"{Key(nameof(options.ServicesRoot))} is '{options.ServicesRoot}': " +
                $"it must be the path of a znode, such as {ServiceRegistry.DefaultRoot}.");
        if (options.Credential is { } credential && credential.IndexOf(':', StringComparison.Ordinal) < 1)
            faults.Add($"{Key(nameof(options.Credential))} is not of the form user:password. (It is not shown here.)");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void CheckConnectionString(string text, List<string> faults)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            faults.Add(
                $"{Key(nameof(QuorateClientOptions.ConnectionString))} is not set: " +
                "say where the servers are, such as host1:2181,host2:2181/production.");
            return;
        }
        try
        {
            _ = ConnectionString.Parse(text);
        }
        catch (ArgumentException fault)
        {
            faults.Add($"{Key(nameof(QuorateClientOptions.ConnectionString))}: {fault.Message}");
        }
    }

    private static void CheckSpan(string name, TimeSpan span, string example, List<string> faults)
    {
        if (span <= TimeSpan.Zero || span > TimeSpan.FromDays(1))
            faults.Add($"{Key(name)} is {span}: it must be more than zero and at most a day, such as {example}.");
    }

    private static string Key(string name) => $"{QuorateClientOptions.Section}:{name}";
}
