using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>What the keys said about an ensemble: its members, which of them this server is, how they prove themselves to each other.</summary>
internal sealed class EnsembleDraft
{
    private const int VotersMax = 32;
    private const int SecretLengthMin = 16;

    /// <summary>All members' addresses together, with a little for each: they must fit into one block of the superblock.</summary>
    private const int AddressBytesMax = 3000;
    private const int AddressBytesEach = 8;

    private const string MyId = "myid";

    private readonly SortedDictionary<byte, ServerLine> _lines = [];

    public bool StandaloneEnabled { get; set; } = true;
    public bool? IsObserver { get; set; }
    public bool ListenOnAll { get; set; }
    public ConfigValue? Secret { get; set; }
    public ConfigValue? SecretFile { get; set; }
    public bool Insecure { get; set; }
    public bool IsEncrypted { get; set; }
    public bool VerifyHostNames { get; set; } = true;
    public TlsDraft Tls { get; } = new("ssl.quorum.");

    /// <summary>This server's own line; null without server lines, and before <see cref="Settle"/>.</summary>
    public ServerLine? Own { get; private set; }

    /// <summary>Whether this server is a member among others: it hears and calls them.</summary>
    public bool HasPeers { get; private set; }

    /// <summary>The members, for the kernel; none in an ensemble of one.</summary>
    public IReadOnlyList<EnsembleMember> Members => HasPeers
        ? [.. _lines.Values.Select(static line => new EnsembleMember(line.Id, line.PeerAddress, line.ClientAddress, line.IsObserver))]
        : [];

    /// <summary>Adds a server line.</summary>
    public void Add(ConfigValue value)
    {
        var line = ServerLine.Parse(value);
        if (!_lines.TryAdd(line.Id.Value, line))
            throw value.Refused($"member {line.Id} is given twice, also by {_lines[line.Id.Value].Source.Origin}");
    }

    /// <summary>Finds out which member this server is, and judges the lines together.</summary>
    /// <param name="dataDir">Where myid lies.</param>
    /// <param name="note">Takes what there is to say.</param>
    public void Settle(string dataDir, Action<LogLevel, string> note)
    {
        if (_lines.Count == 0)
        {
            if (IsObserver == true)
                throw new StartRefusedException("peerType=observer, but there are no server lines: an ensemble of one member has no observers.");
            return;
        }
        JudgeLines();
        HasPeers = _lines.Count > 1 || !StandaloneEnabled;
        Own = HasPeers || File.Exists(Path.Combine(dataDir, MyId)) ? OwnLine(dataDir) : _lines.First().Value;
        if (IsObserver is { } isObserver && isObserver != Own.IsObserver)
            note(LogLevel.Warning, $"peerType is {Word(isObserver)}, but {Own.Source.Key} makes this server {Word(Own.IsObserver)}; the server line counts.");
        if (!HasPeers)
        {
            note(LogLevel.Information, $"{Own.Source.Origin}: only {Own.Source.Key} is given: an ensemble of one member, which listens for no others.");
            return;
        }
        JudgeProof(note);
        note(LogLevel.Information, "Members elect their leader over the peer port; the election ports of the server lines are not used.");
        if (_lines.Values.Count(static line => !line.IsObserver) == 2)
            note(LogLevel.Warning, "Of two participants both are needed: if either is down nothing is served. Three survive the loss of one.");
    }

    /// <summary>How links with the other members are made.</summary>
    public PeerOptions Build()
    {
        var own = Own!;
        return new()
        {
            Listen = new(ListenOnAll ? null : own.Host, own.PeerPort, "peer port") { Line = own.Source.Key },
            Secret = SecretText(),
            Tls = IsEncrypted ? Tls.Build("sslQuorum=true") : null,
            VerifyHostNames = VerifyHostNames,
            Insecure = Insecure,
        };
    }

    private void JudgeLines()
    {
        var last = _lines.Values.Last();
        var voters = _lines.Values.Count(static line => !line.IsObserver);
        if (voters == 0)
            throw last.Source.Refused("all server lines are observers; there must be a participant");
        if (voters > VotersMax)
            throw last.Source.Refused($"there are {voters} participants, {VotersMax} at most; further members can be observers");
        if (_lines.Values.Sum(static line => AddressBytesEach + Encoding.UTF8.GetByteCount(line.PeerAddress + line.ClientAddress)) > AddressBytesMax)
            throw last.Source.Refused($"the addresses of all members have more than {AddressBytesMax} bytes together; use shorter names, or fewer members");
        var places = new Dictionary<string, ServerLine>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in _lines.Values)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{line.Host}:{line.PeerPort}");
            if (!places.TryAdd(place, line))
                throw line.Source.Refused($"{places[place].Source.Key} has the same host and port");
        }
    }

    private ServerLine OwnLine(string dataDir)
    {
        var path = Path.Combine(dataDir, MyId);
        var which = $"the id of this server, the N of its own server.N line, as in: echo {_lines.First().Key} > {path}";
        string text;
        try
        {
            text = File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StartRefusedException($"{path} is missing. It says which of the server lines is this server: write {which}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{path} cannot be read: {e.Message}", e);
        }
        if (!byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == 0)
            throw new StartRefusedException($"{path}: \"{Shown(text)}\" is not allowed: {which}.");
        return _lines.GetValueOrDefault(id) ?? throw new StartRefusedException(
            $"{path} says {id}, but there is no line server.{id}, only {string.Join(", ", _lines.Keys.Select(static id => ServerLine.Prefix + id))}. "
            + "Add that line, to the configuration of every member, or correct the file.");
    }

    private void JudgeProof(Action<LogLevel, string> note)
    {
        if (Secret is not null || SecretFile is not null || IsEncrypted)
            return;
        if (Insecure)
            note(LogLevel.Warning,
                "quorate.peerInsecure=true: whoever reaches the peer port of a member can be a member. Nobody else may be on that network.");
        else if (_lines.Values.FirstOrDefault(static line => !line.IsNear) is { } far)
            throw new StartRefusedException(
                $"{far.Source.Origin}: {far.Source.Key}={far.Source.Value}: members on several machines must prove to each other who they are. "
                + "Set quorate.peerSecretFile=FILE, or sslQuorum=true with its keys, on all of them; or, on a network that nobody else can "
                + "reach, quorate.peerInsecure=true.");
    }

    private string? SecretText()
    {
        if (Secret is not null && SecretFile is not null)
            throw Secret.Refused($"quorate.peerSecretFile is set as well ({SecretFile.Origin}); set one of the two");
        var (text, source) = SecretFile is not null ? (SecretFile.FileText(), SecretFile) : (Secret?.Value, Secret);
        return source is null || text!.Length >= SecretLengthMin
            ? text
            : throw source.Refused($"a secret of at least {SecretLengthMin} characters, as openssl rand -base64 32 makes one");
    }

    private static string Word(bool isObserver) => isObserver ? "observer" : "participant";

    private static string Shown(string text) => text.Length <= 20 ? text : text[..20] + "…";
}
