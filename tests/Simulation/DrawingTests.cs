using System.Text.Json;
using Quorate.Simulation;
using Quorate.Simulation.Drawing;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations;

/// <summary>Drawing a run does not change it, and the page has in it what happened.</summary>
public class DrawingTests
{
    private const string Command = "quorate simulate --seed 17";

    /// <summary>Streams and datagrams; losses, copies, crashes and cuts.</summary>
    [Theory]
    [InlineData(3, 3), InlineData(66, 3), InlineData(2, 1)]
    public void A_run_that_is_drawn_has_the_digest_of_one_that_is_not(int seed, int members)
    {
        var scenario = Swarm.Expand((ulong)seed, members);
        var plain = Outcome.Of(scenario);
        var (_, drawn) = SpaceTime.Draw(scenario, violation: null, Command);
        Assert.Equal((plain.Digest, plain.Events, plain.Violation), (drawn.Digest, drawn.Events, drawn.Violation));
    }

    [Fact]
    public void The_page_needs_nothing_else_and_is_a_few_megabytes_at_most()
    {
        var (page, _) = SpaceTime.Draw(Swarm.Expand(12, members: 3), violation: null, Command);
        Assert.True(page.Length < 6_000_000, $"{page.Length} characters");
        Assert.StartsWith("<!doctype html>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.Contains(Command, page, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_arrive_after_they_were_sent_or_are_lost_and_some_are_each()
    {
        // Datagrams that are lost, doubled and overtaken.
        var scenario = Swarm.Expand(3, members: 3);
        scenario = scenario with
        {
            Network = scenario.Network with { Datagrams = true, Loss = 50_000, Duplication = 50_000, Reordering = 50_000 },
            Faults = [],
            Storm = TimeSpan.FromSeconds(2),
        };
        var recording = new Recording(TrueTime.Start, isNewest: false);
        var outcome = new World(scenario, recording: recording).Run();
        var flights = recording.Flights.ToList();
        Assert.Equal(outcome.Faults[FaultClass.Loss], flights.Count(static flight => flight.Loss == "lost on the way"));
        Assert.Equal(outcome.Faults[FaultClass.Duplicate], flights.Count(static flight => flight.IsCopy));
        Assert.All(flights, static flight => Assert.True(flight.Arrives > flight.Sent || flight.LostAt >= flight.Sent));
        Assert.Contains(flights, static flight => flight.From >= 3);   // a client's
        var layers = flights.Where(static flight => flight.Connection == 0)
            .Select(static flight => PeerText.Of(flight.Frames).Layer).ToList();
        foreach (var layer in (Layer[])[Layer.Elections, Layer.Replication, Layer.Heartbeats])
            Assert.Contains(layer, layers);
    }

    [Fact]
    public void What_was_on_its_way_when_a_stream_broke_is_lost_and_what_a_cut_held_back_comes_when_it_is_mended()
    {
        var cut = new Fault
        {
            At = TimeSpan.FromSeconds(3),
            For = TimeSpan.FromMilliseconds(150),
            Kind = FaultKind.Cut,
            Whom = [Party.Leader],
            To = [Party.Others],
        };
        var recording = new Recording(TrueTime.Start + TimeSpan.FromSeconds(2.9), isNewest: false);
        new World(new() { Storm = TimeSpan.FromSeconds(5), WarmUp = TimeSpan.FromSeconds(2), Faults = [cut] }, recording: recording).Run();
        var (from, to) = (TrueTime.Start + cut.At, TrueTime.Start + cut.At + cut.For);
        var sentInside = recording.Flights.Where(flight =>
            flight.Sent > from && flight.Sent < to && flight.From == recording.Blows[0].Whom[0]).ToList();
        Assert.NotEmpty(sentInside);
        Assert.All(sentInside, flight => Assert.True(flight.Loss is not null || flight.Arrives > to));
        Assert.Equal((from, to), (recording.Blows[0].Begun, recording.Blows[0].Over));
    }

    [Fact]
    public void Of_too_many_messages_the_newest_are_kept_or_the_oldest()
    {
        var (newest, oldest) = (new Kept<int>(3, isNewest: true), new Kept<int>(3, isNewest: false));
        for (var i = 1; i <= 5; i++)
        {
            newest.Add(new(i * 10), i);
            oldest.Add(new(i * 10), i);
        }
        Assert.Equal([3, 4, 5], newest.Things);
        Assert.Equal((new(30), TrueTime.Never), (newest.Since, newest.Until));
        Assert.Equal([1, 2, 3], oldest.Things);
        Assert.Equal((TrueTime.Start, new(40)), (oldest.Since, oldest.Until));
    }

    [Fact]
    public void The_page_tells_who_was_what_and_when_and_what_clients_did()
    {
        var scenario = Swarm.Expand(12, members: 3);
        var (page, outcome) = SpaceTime.Draw(scenario, violation: null, Command);
        using var run = JsonDocument.Parse(Between(page, "<script id=\"run\" type=\"application/json\">", "</script>"));
        var root = run.RootElement;
        Assert.Equal(outcome.Digest, root.GetProperty("digest").GetString());
        Assert.Equal(ScenarioText.Print(scenario), root.GetProperty("scenario").GetString());
        Assert.Equal(scenario.Members + scenario.Clients.Count, root.GetProperty("lanes").GetArrayLength());
        Assert.Equal(3, root.GetProperty("phases").GetArrayLength());
        Assert.Contains(root.GetProperty("stands").EnumerateArray(), static stand => stand[2].GetInt32() == 2);
        foreach (var kind in (string[])["blows", "sayings", "flights", "works", "commits", "operations", "events", "sessions"])
            Assert.NotEqual(0, root.GetProperty(kind).GetArrayLength());
        var words = root.GetProperty("words").GetArrayLength();
        Assert.All(root.GetProperty("flights").EnumerateArray(), flight => Assert.InRange(flight[8].GetInt32(), 0, words - 1));
        Assert.False(root.TryGetProperty("violation", out _));
    }

    private static string Between(string text, string before, string behind)
    {
        var begin = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[begin..text.IndexOf(behind, begin, StringComparison.Ordinal)];
    }
}
