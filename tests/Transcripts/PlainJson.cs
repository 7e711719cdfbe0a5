using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quorate.Tests.Transcripts;

/// <summary>
/// One text for one JSON value: keys sorted, ASCII only. The transcripts sort their unordered vectors by this text, so that comparing
/// and sorting must use exactly it.
/// </summary>
internal static class PlainJson
{
    public static string Text(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    /// <summary>The same elements in the order of their texts, for vectors that have no order of their own.</summary>
    public static JsonArray Sorted(JsonArray elements)
    {
        var sorted = elements.Select(element => (Element: element?.DeepClone(), Text: Text(element))).ToList();
        sorted.Sort(static (a, b) => string.CompareOrdinal(a.Text, b.Text));
        return [.. sorted.Select(pair => pair.Element)];
    }

    private static void Append(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                AppendAll(text, '{', map.OrderBy(pair => pair.Key, StringComparer.Ordinal), '}', pair =>
                {
                    AppendString(text, pair.Key);
                    text.Append(": ");
                    Append(text, pair.Value);
                });
                break;
            case JsonArray list:
                AppendAll(text, '[', list, ']', element => Append(text, element));
                break;
            case null:
                text.Append("null");
                break;
            default:
                if (node.GetValueKind() == JsonValueKind.String)
                    AppendString(text, node.GetValue<string>());
                else
                    text.Append(node.ToJsonString());
                break;
        }
    }

    private static void AppendAll<T>(StringBuilder text, char open, IEnumerable<T> elements, char close, Action<T> append)
    {
        text.Append(open);
        var first = true;
        foreach (var element in elements)
        {
            if (!first)
                text.Append(", ");
            first = false;
            append(element);
        }
        text.Append(close);
    }

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
            _ = c switch
            {
                '"' or '\\' => text.Append('\\').Append(c),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                >= ' ' and <= '~' => text.Append(c),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
        text.Append('"');
    }
}
