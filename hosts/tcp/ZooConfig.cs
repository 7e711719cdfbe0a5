using System.Collections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// Reads a server's configuration: ZooKeeper's keys, from a zoo.cfg, from the section Quorate of an appsettings.json, from environment
/// variables that begin with QUORATE_, and from the command line. What comes later in this list wins.
/// </summary>
/// <remarks>
/// Keys that ZooKeeper takes as system properties may be written with or without the prefix zookeeper., wherever they stand. In the
/// environment, where a name can hold no dots, a key is found whatever its case and punctuation: QUORATE_CLIENT_PORT is clientPort, and
/// QUORATE_SERVER_1 is server.1. Of keys of Quorate's own the first word may be left out: QUORATE_PEER_SECRET is quorate.peerSecret.
/// </remarks>
public sealed class ZooConfig
{
    /// <summary>What environment variables begin with.</summary>
    public const string EnvironmentPrefix = "QUORATE_";

    /// <summary>The section of appsettings.json.</summary>
    public const string Section = "Quorate";

    /// <summary>The key in that section that names a zoo.cfg to read first.</summary>
    public const string FileKey = "config";

    private const string SystemPropertyPrefix = "zookeeper.";
    private const string OwnPrefix = "quorate.";
    private const string BareServer = "SERVER";
    private const string DynamicFileKey = "dynamicConfigFile";

    private readonly ConfigDraft _draft = new();
    private readonly List<ConfigValue> _values = [];

    /// <summary>The keys that are honoured, each with what it sets.</summary>
    public static IEnumerable<(string Name, string About)> Keys => ConfigKeys.Honoured.Select(static key => (key.Name, key.About));

    /// <summary>Adds a zoo.cfg.</summary>
    /// <exception cref="StartRefusedException">It cannot be read.</exception>
    public ZooConfig AddFile(string path)
    {
        try
        {
            AddPairs(path);
        }
        catch (FormatException e)
        {
            throw new StartRefusedException($"{path}: {e.Message}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The configuration {path} cannot be read: {e.Message}", e);
        }
        _draft.File = path;
        return this;
    }

    /// <summary>Adds a section of an application's configuration; nested names are joined with dots.</summary>
    public ZooConfig AddSection(IConfigurationSection section)
    {
        if (section[FileKey] is { Length: > 0 } file)
            AddFile(file);
        foreach (var (name, value) in section.AsEnumerable(makePathsRelative: true))
            if (value is not null && !name.Equals(FileKey, StringComparison.OrdinalIgnoreCase))
                AddLoosely(name.Replace(':', '.'), value, $"{section.Path}:{name}");
        return this;
    }

    /// <summary>Adds environment variables; all but those with the prefix are left alone.</summary>
    public ZooConfig AddEnvironment(IDictionary variables)
    {
        foreach (var name in variables.Keys.OfType<string>().Order(StringComparer.Ordinal))
            if (name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) && variables[name] is string value)
                AddLoosely(name[EnvironmentPrefix.Length..], value, $"environment variable {name}");
        return this;
    }

    /// <summary>Adds one key as the command line gave it, by an option of its own name or by another.</summary>
    public ZooConfig AddOption(string key, string value, string? option = null)
    {
        Add(key, value, option ?? $"--{key}");
        return this;
    }

    /// <summary>Puts together what was added.</summary>
    /// <exception cref="StartRefusedException">A value is not allowed, or values contradict each other; the message says which.</exception>
    public ServerOptions Build()
    {
        if (_values.FindLast(static value => value.Key == DynamicFileKey) is { } dynamic)
            AddDynamicFile(dynamic);
        var last = new Dictionary<string, ConfigValue>(StringComparer.Ordinal);
        foreach (var value in _values)
            last[value.Key] = value;
        // In the order in which they were given, so that the first mistake is the one that is reported.
        foreach (var value in _values)
            if (ReferenceEquals(last[value.Key], value))
                Apply(value);
        return _draft.Build();
    }

    /// <summary>Adds the members from the file that ZooKeeper keeps them in. Like there, nothing else may name members then.</summary>
    private void AddDynamicFile(ConfigValue named)
    {
        if (_values.Find(static value => value.Key.StartsWith(ServerLine.Prefix, StringComparison.Ordinal)) is { } line)
            throw named.Refused($"{line.Key} is given outside of that file ({line.Origin}); all server lines must be in one place");
        try
        {
            AddPairs(named.Text("a file"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw named.Refused($"a file with server lines that this user can read ({e.Message.TrimEnd('.')})");
        }
    }

    private void AddPairs(string path)
    {
        using var text = new StreamReader(path);
        foreach (var (key, value, line) in PropertiesFile.Read(text))
            Add(key, value, $"{path}:{line}");
    }

    private void Add(string key, string value, string origin)
    {
        if (key.StartsWith(SystemPropertyPrefix, StringComparison.Ordinal))
            key = key[SystemPropertyPrefix.Length..];
        _values.Add(new(key, value.Trim(), origin));
    }

    private void AddLoosely(string name, string value, string origin)
    {
        var bare = Bare(name);
        if (bare.StartsWith(BareServer, StringComparison.Ordinal) && bare[BareServer.Length..].All(char.IsAsciiDigit))
            name = ServerLine.Prefix + bare[BareServer.Length..];
        var known = ConfigKeys.Honoured.FirstOrDefault(key => Bare(key.Name) == bare || Bare(SystemPropertyPrefix + key.Name) == bare
            || Bare(key.Name) == Bare(OwnPrefix) + bare);
        Add(known?.Name ?? name, value, origin);
    }

    private void Apply(ConfigValue value)
    {
        if (ConfigKeys.Find(value.Key) is { } key)
            key.Apply(_draft, value);
        else if (value.Key.StartsWith(ServerLine.Prefix, StringComparison.Ordinal))
            _draft.Ensemble.Add(value);
        else if (value.Key.StartsWith("authProvider", StringComparison.Ordinal))
            NoteProvider(value);
        else if (IgnoredKeys.Reason(value.Key) is { } reason)
            _draft.Note(LogLevel.Information, $"{value.Origin}: {value.Key} is ignored: {reason}.");
        else
            _draft.Note(LogLevel.Warning, $"{value.Origin}: unknown key {value.Key}; it has no effect{Suggestion(value.Key)}.");
    }

    private void NoteProvider(ConfigValue value)
    {
        var known = value.Value.EndsWith(".X509AuthenticationProvider", StringComparison.Ordinal)
            || value.Value.EndsWith(".DigestAuthenticationProvider", StringComparison.Ordinal)
            || value.Value.EndsWith(".IPAuthenticationProvider", StringComparison.Ordinal);
        _draft.X509Scheme |= value.Value.EndsWith(".X509AuthenticationProvider", StringComparison.Ordinal);
        if (known)
            _draft.Note(LogLevel.Information, $"{value.Origin}: {value.Key} is ignored: Quorate brings world, ip, digest and x509 itself.");
        else
            _draft.Note(LogLevel.Warning, value, "authentication by Java classes is not offered; nobody can have such identities");
    }

    private static string Suggestion(string name)
    {
        var bare = Bare(name);
        return ConfigKeys.Honoured.FirstOrDefault(key => Bare(key.Name) == bare) is { } meant ? $" (is {meant.Name} meant?)" : "";
    }

    /// <summary>A name without case and punctuation.</summary>
    private static string Bare(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();
}
