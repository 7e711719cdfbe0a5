using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Quorate.Kernel;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Drawing;

/// <summary>
/// A recorded run as the JSON that the page's script reads: arrays of numbers, and words by their place in one list, since most words come
/// many times. Times are microseconds; a lane is a computer's place in the network.
/// </summary>
internal sealed class RunText(Recording recording, Outcome outcome, string command)
{
    private const int OperationsMost = 12_000, LettersMost = 400;

    private readonly List<string> _words = [];
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly World _world = recording.World;
    private readonly ArrayBufferWriter<byte> _bytes = new(1 << 20);

    /// <summary>The whole of it. What HTML would take for its own is escaped.</summary>
    public string Json()
    {
        using (var json = new Utf8JsonWriter(_bytes))
        {
            json.WriteStartObject();
            WriteHead(json);
            Rows(json, "lanes", _world.Computers, WriteLane);
            Rows(json, "phases", recording.Phases, static (json, phase) => Numbers(json, Micros(phase.At), (int)phase.Phase));
            Rows(json, "stands", recording.Stands, static (json, stand) => Numbers(
                json, stand.Node, Micros(stand.At), !stand.IsUp ? -2 : stand.Role is { } role ? (int)role : -1, stand.Term.Value,
                stand.Leader.Value));
            Rows(json, "blows", recording.Blows, WriteBlow);
            Rows(json, "sayings", recording.Sayings, (json, saying) =>
                Numbers(json, saying.Node, Micros(saying.At), (int)saying.Level, Word(saying.Text)));
            WriteFlights(json);
            Rows(json, "works", recording.Works, (json, work) => Numbers(
                json, work.Node, Micros(work.Begun), Micros(work.Ended), work.Kind == EffectKind.DiskFlush ? 1 : 0,
                (int?)work.Outcome ?? -1, Word(Text(work))));
            Rows(json, "commits", recording.Commits, (json, mark) => Numbers(
                json, mark.Node, Micros(mark.At), (long)mark.First.Value, (long)mark.Last.Value,
                Word(string.Join('\n', mark.Texts.Select(Clip)))));
            Rows(json, "tenures", recording.Tenures, (json, tenure) => Numbers(
                json, tenure.Node, Micros(tenure.Begun), Micros(tenure.Over),
                Micros(tenure.Over == TrueTime.Never ? tenure.Hold.Fence() : tenure.Fence),
                Word(tenure.Hold.Queue), Word(tenure.Hold.Token.ToString())));
            WriteHistory(json);
            json.WriteStartArray("words");
            foreach (var word in _words)
                json.WriteStringValue(word);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(_bytes.WrittenSpan);
    }

    private void WriteHead(Utf8JsonWriter json)
    {
        var scenario = outcome.Scenario;
        json.WriteString("seed", scenario.Seed.ToString(CultureInfo.InvariantCulture));
        json.WriteString("command", command);
        json.WriteString("digest", outcome.Digest);
        json.WriteString("scenario", ScenarioText.Print(scenario));
        json.WriteNumber("end", Micros(recording.Now));
        json.WriteNumber("from", Micros(recording.Window.From));
        json.WriteNumber("to", Micros(recording.Window.To));
        if (outcome.Violation is not { } violation)
            return;
        json.WriteStartObject("violation");
        json.WriteString("judge", violation.Judge);
        json.WriteString("text", violation.Text);
        json.WriteNumber("at", Micros(violation.At));
        json.WriteEndObject();
    }

    private void WriteLane(Utf8JsonWriter json, Computer computer)
    {
        var isMember = computer.Node < _world.Members.Length;
        json.WriteStringValue(computer.Name);
        json.WriteNumberValue(!isMember ? 2 : computer.Node < _world.Scenario.Members ? 0 : 1);
        json.WriteStringValue(isMember ? "" : _world.Scenario.Clients[computer.Node - _world.Members.Length].Workload);
    }

    private void WriteBlow(Utf8JsonWriter json, Blow blow)
    {
        Numbers(json, Micros(blow.Begun), Micros(blow.Over), Word(blow.Kind), Word(blow.Text));
        json.WriteStartArray();
        foreach (var node in blow.Whom)
            json.WriteNumberValue(node);
        json.WriteEndArray();
        json.WriteStartArray();
        foreach (var (sender, receiver) in blow.Directions)
            Numbers(json, sender, receiver);   // flat: one after the other
        json.WriteEndArray();
    }

    private void WriteFlights(Utf8JsonWriter json)
    {
        var clients = new ClientText();
        Rows(json, "flights", recording.Flights, (json, flight) =>
        {
            var (layer, text) = flight.Connection == 0
                ? PeerText.Of(flight.Frames)
                : clients.Of(flight, flight.From >= _world.Members.Length);
            Numbers(
                json, flight.From, flight.To, Micros(flight.Sent), Micros(flight.Arrives), Micros(flight.LostAt), (int)layer,
                flight.IsCopy ? 1 : 0, Word(flight.Loss ?? ""), Word(Clip(text)));
        });
    }

    private void WriteHistory(Utf8JsonWriter json)
    {
        var history = _world.Jury.History;
        var (from, to) = recording.Window;
        var operations = history.Operations.Where(operation => operation.Called <= to && operation.Returned >= from);
        Rows(json, "operations", outcome.Violation is null ? operations.Take(OperationsMost) : operations.TakeLast(OperationsMost),
            (json, operation) => Numbers(
            json, LaneOf(operation.Client), Micros(operation.Called), Micros(operation.Returned), (int)operation.Fate,
            operation.Request.Op is OpCode.Ping or OpCode.SetWatches or OpCode.SetWatches2 ? 0 : operation.Request.IsWrite ? 2 : 1,
            Word(Clip(operation.Request.ToString())), Word(Clip(operation.Answer?.ToString() ?? "")), operation.Number,
            operation.Server.Value));
        Rows(json, "events", history.Watches.Where(seen => seen.At >= from && seen.At <= to), (json, seen) =>
            Numbers(json, LaneOf(seen.Client), Micros(seen.At),
                Word($"{seen.What} {seen.Path}, {(seen.Zxid == WatchSeen.CaughtUp ? "caught up on" : $"zxid {seen.Zxid}")}")));
        Rows(json, "sessions", history.Sessions, (json, seen) => Numbers(
            json, LaneOf(seen.Client), Micros(seen.At), (int)seen.What, Word(seen.Session.ToString()), seen.Server.Value,
            (long)seen.Timeout.TotalMilliseconds));
    }

    /// <summary>Somebody's own code may be several clients, one after the other or at once: they are numbered round by round.</summary>
    private int LaneOf(int client) => _world.Members.Length + (client - 1) % _world.Actors.Count;

    private static string Text(DiskWork work)
    {
        var file = work.Place.File.Kind is DiskFileKind.Journal or DiskFileKind.Snapshot
            ? string.Create(CultureInfo.InvariantCulture, $"{TextOf.Name(work.Place.File.Kind)} {work.Place.File.Number}")
            : TextOf.Name(work.Place.File.Kind);
        return work.Kind == EffectKind.DiskFlush
            ? $"flush {file}"
            : string.Create(CultureInfo.InvariantCulture, $"write {work.Place.Length} bytes to {file} at {work.Place.Offset}");
    }

    private int Word(string text)
    {
        if (_places.TryGetValue(text, out var place))
            return place;
        _places.Add(text, _words.Count);
        _words.Add(text);
        return _words.Count - 1;
    }

    private static string Clip(string text) => text.Length <= LettersMost ? text : text[..LettersMost] + "…";

    /// <summary>Whole microseconds; −1 for never.</summary>
    private static long Micros(TrueTime at) => at == TrueTime.Never ? -1 : at.Ticks / TimeSpan.TicksPerMicrosecond;

    private static void Rows<T>(Utf8JsonWriter json, string name, IEnumerable<T> things, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (var thing in things)
        {
            json.WriteStartArray();
            write(json, thing);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter json, params ReadOnlySpan<long> numbers)
    {
        foreach (var number in numbers)
            json.WriteNumberValue(number);
    }
}
