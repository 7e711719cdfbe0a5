using System.Globalization;
using System.Text;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation;

/// <summary>
/// A scenario as text, one thing a line; # begins a comment. What is not said has its default. Printing and parsing are each other's
/// inverse.
/// </summary>
/// <example><code>
/// members 3
/// client 1 workload=probe think=10ms
/// at 4s crash leader for 2s tear
/// at 10s cut 1,2 | 3,c1 for 5s
/// calm 20s core=1,2 others=down
/// expect elections 2
/// </code></example>
public static class ScenarioText
{
    private static readonly Scenario Plain = new();

    /// <summary>The scenario as text.</summary>
    public static string Print(Scenario scenario)
    {
        var text = new StringBuilder();
        Line($"seed {scenario.Seed}");
        Line($"members {scenario.Members}");
        if (scenario.Observers > 0)
            Line($"observers {scenario.Observers}");
        if (scenario.Spares > 0)
            Line($"spares {scenario.Spares}");
        Line($"drift {TextOf.PerMillion(scenario.Drift)}");
        if (scenario.Reckoned != Plain.Reckoned)
            Line($"reckoned {TextOf.PerMillion(scenario.Reckoned)}");
        if (scenario.FirstNumber != Plain.FirstNumber)
            Line($"numbers {scenario.FirstNumber}");
        Group("settings", Knobs.Settings, scenario.Settings, Plain.Settings);
        Group("limits", Knobs.Limits, scenario.Limits, Plain.Limits);
        Group("process", Knobs.Process, scenario, Plain);
        Group("network", Knobs.Network, scenario.Network, Plain.Network);
        Group("disk", Knobs.Disk, scenario.Disk, Plain.Disk);
        foreach (var client in scenario.Clients)
            Line($"client {client.Number}{Values(Knobs.Client, client, new() { Number = client.Number })}");
        Line($"warm-up {TextOf.Span(scenario.WarmUp)}");
        if (!scenario.HasPrograms)
        {
            Line($"storm {TextOf.Span(scenario.Storm)}");
            Line($"calm {TextOf.Span(scenario.Calm)} core={string.Join(',', scenario.Core)} others={TextOf.Name(scenario.Others)}");
        }
        foreach (var fault in scenario.Faults)
            Line($"{FaultText.Print(fault)}");
        foreach (var expectation in scenario.Expectations)
            Line($"expect {expectation}");
        return text.ToString();

        void Line(FormattableString line) => text.Append(FormattableString.Invariant(line)).Append('\n');

        void Group<T>(string name, Knob<T>[] knobs, T record, T plain)
        {
            if (Values(knobs, record, plain) is { Length: > 0 } values)
                Line($"{name}{values}");
        }
    }

    /// <summary>A span of time as scenarios write it, as in 12.5s.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static TimeSpan ParseTime(string text) => TextOf.ParseSpan(text);

    /// <summary>The scenario that a text says.</summary>
    /// <exception cref="FormatException">The text says none; the message names the line and what is wrong with it.</exception>
    public static Scenario Parse(string text)
    {
        var draft = new Draft();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var words = line.Split('#')[0].Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            try
            {
                draft.Take(words);
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"line {number}: {e.Message}"), e);
            }
        }
        return draft.Finish();
    }

    private static string Values<T>(Knob<T>[] knobs, T record, T plain) =>
        string.Concat(knobs.Where(knob => knob.Get(record) != knob.Get(plain)).Select(knob => $" {knob.Name}={knob.Get(record)}"));

    /// <summary>What the lines so far have said.</summary>
    private sealed class Draft
    {
        private readonly List<ClientPlan> _clients = [];
        private readonly List<Fault> _faults = [];
        private readonly List<Expectation> _expectations = [];
        private Scenario _scenario = Plain;

        public void Take(string[] words)
        {
            var rest = words.AsSpan(1);
            _scenario = words[0] switch
            {
                "seed" => _scenario with { Seed = ulong.Parse(Only(rest), CultureInfo.InvariantCulture) },
                "members" => _scenario with { Members = Count(rest, 1) },
                "observers" => _scenario with { Observers = Count(rest, 0) },
                "spares" => _scenario with { Spares = Count(rest, 0) },
                "drift" => _scenario with { Drift = TextOf.ParsePerMillion(Only(rest)) },
                "reckoned" => _scenario with { Reckoned = TextOf.ParsePerMillion(Only(rest)) },
                "numbers" => _scenario with { FirstNumber = TextOf.ParseInt(Only(rest)) },
                "settings" => _scenario with { Settings = Set(Knobs.Settings, _scenario.Settings, rest) },
                "limits" => _scenario with { Limits = Set(Knobs.Limits, _scenario.Limits, rest) },
                "process" => Set(Knobs.Process, _scenario, rest),
                "network" => _scenario with { Network = Set(Knobs.Network, _scenario.Network, rest) },
                "disk" => _scenario with { Disk = Set(Knobs.Disk, _scenario.Disk, rest) },
                "client" => Client(rest),
                "warm-up" => _scenario with { WarmUp = TextOf.ParseSpan(Only(rest)) },
                "storm" => _scenario with { Storm = TextOf.ParseSpan(Only(rest)) },
                "calm" => Calm(rest),
                "at" => Fault(words),
                "expect" => Expect(rest),
                _ => throw new FormatException($"no line begins with '{words[0]}'"),
            };
        }

        public Scenario Finish()
        {
            var scenario = _scenario with { Clients = _clients, Faults = _faults, Expectations = _expectations };
            if (scenario.Check() is { } trouble)
                throw new FormatException(trouble);
            return scenario;
        }

        private Scenario Client(ReadOnlySpan<string> words)
        {
            if (words.IsEmpty || TextOf.ParseInt(words[0]) != _clients.Count + 1)
                throw new FormatException(
                    string.Create(CultureInfo.InvariantCulture, $"clients are numbered in order; this is client {_clients.Count + 1}"));
            _clients.Add(Set(Knobs.Client, new() { Number = _clients.Count + 1 }, words[1..]));
            return _scenario;
        }

        private Scenario Calm(ReadOnlySpan<string> words)
        {
            var scenario = _scenario with { Calm = TextOf.ParseSpan(words.IsEmpty ? "" : words[0]) };
            foreach (var word in words[1..])
                scenario = word.Split('=', 2) switch
                {
                    ["core", var ids] =>
                        scenario with { Core = [.. ids.Split(',').Select(static id => new ServerId(checked((byte)TextOf.ParseInt(id))))] },
                    ["others", var fate] => scenario with { Others = TextOf.ParseName<OthersFate>(fate, "fate of the others") },
                    _ => throw new FormatException($"'{word}' is neither core= nor others="),
                };
            return scenario;
        }

        private Scenario Fault(string[] words)
        {
            _faults.Add(FaultText.Parse(words));
            return _scenario;
        }

        private Scenario Expect(ReadOnlySpan<string> words)
        {
            _expectations.Add(words.Length == 2
                ? Expectation.Parse(words[0], words[1])
                : throw new FormatException("an expectation says what and how often, as in: expect elections 2, expect expirations none"));
            return _scenario;
        }

        private static int Count(ReadOnlySpan<string> words, int least) =>
            TextOf.ParseInt(Only(words)) is var count && count >= least && count <= Scenario.MembersMost
            ? count
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"there can be {least} to {Scenario.MembersMost} of them"));

        private static string Only(ReadOnlySpan<string> words) =>
            words.Length == 1 ? words[0] : throw new FormatException("one value was expected");

        private static T Set<T>(Knob<T>[] knobs, T record, ReadOnlySpan<string> words)
        {
            foreach (var word in words)
            {
                if (word.Split('=', 2) is not [var name, var value])
                    throw new FormatException($"'{word}' is not name=value");
                var knob = Array.Find(knobs, knob => knob.Name == name)
                    ?? throw new FormatException(
                        $"there is no '{name}' here; there are {string.Join(", ", knobs.Select(static knob => knob.Name))}");
                record = knob.Set(record, value);
            }
            return record;
        }
    }
}
