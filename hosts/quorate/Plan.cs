using System.Globalization;
using Quorate.Hosts.Tcp;
using Quorate.Simulation;

namespace Quorate.Cli;

/// <summary>Which seeds to run, and how.</summary>
/// <param name="First">The first seed.</param>
/// <param name="Minutes">For how long, instead of a number of seeds; null for a number of them.</param>
/// <param name="Count">How many seeds there are, those of other shards included.</param>
/// <param name="Jobs">How many are run at once.</param>
/// <param name="Shard">Of every <c>Of</c> seeds that with this index, counted from 0.</param>
/// <param name="Members">How many members vote; null leaves it to the seed.</param>
internal sealed record Plan(ulong First, double? Minutes, ulong Count, int Jobs, (ulong Index, ulong Of) Shard, int? Members)
{
    private const double MinutesMost = 60 * 24 * 366;

    public TimeSpan? Limit => Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null;

    /// <summary>How many seeds fall to this shard.</summary>
    public ulong Turns => Minutes is not null ? ulong.MaxValue : Shard.Index < Count ? (Count - 1 - Shard.Index) / Shard.Of + 1 : 0;

    /// <summary>The seed whose turn it is after some others.</summary>
    public ulong SeedAt(ulong turn) => First + Shard.Index + turn * Shard.Of;

    /// <summary>The plan itself.</summary>
    /// <exception cref="StartRefusedException">There is nothing that it would run, or nothing that could be run.</exception>
    public Plan Validated() => Trouble() is { } trouble ? throw new StartRefusedException(trouble) : this;

    /// <summary>What is about to be run, for whoever reads the log of a campaign.</summary>
    public override string ToString()
    {
        var range = Minutes is null ? $"Seeds {First} to {First + (Count - 1)}" : $"Seeds from {First} on, for {Minutes:0.##} minutes";
        var shard = Shard.Of == 1 ? "" : $", shard {Shard.Index + 1}/{Shard.Of}";
        return string.Create(CultureInfo.InvariantCulture, $"{range}{shard}, {Jobs} at once");
    }

    /// <summary>The line that runs one seed again.</summary>
    public string Repeating(ulong seed) => string.Create(CultureInfo.InvariantCulture, $"quorate simulate --seed {seed}{Voters}");

    /// <summary>The line that runs what is left after some of the shard's seeds, and after some time.</summary>
    public string GoingOn(ulong turns, TimeSpan elapsed)
    {
        var (first, shard) = (First + turns * Shard.Of, Shard.Of == 1 ? "" : $" --shard {Shard.Index + 1}/{Shard.Of}");
        var left = Limit is { } limit
            ? $"--minutes {Math.Max(0.1, (limit - elapsed).TotalMinutes):0.0}"
            : $"--seeds {Count - turns * Shard.Of}";
        return string.Create(CultureInfo.InvariantCulture, $"quorate simulate --seed {first} {left}{shard}{Voters}");
    }

    private string Voters => Members is { } members ? $" --members {members}" : "";

    private string? Trouble() => this switch
    {
        { Members: < 1 or > Scenario.MembersMost } => $"--members {Members} is not allowed: 1 to {Scenario.MembersMost}.",
        { Jobs: < 1 } => $"--jobs {Jobs} is not allowed: 1 or more.",
        { Minutes: not null and not (> 0 and <= MinutesMost) } => string.Create(
            CultureInfo.InvariantCulture,
            $"--minutes {Minutes} is not allowed: more than 0, and at most {MinutesMost}, a year. Or give --seeds N."),
        { Minutes: null, Count: 0 } => "--seeds 0 leaves nothing to run: 1 or more.",
        { Minutes: null } when First > ulong.MaxValue - (Count - 1) =>
            $"--seed {First} --seeds {Count} goes beyond the last seed there is, {ulong.MaxValue}: begin earlier, or run fewer.",
        { Turns: 0 } =>
            $"--shard {Shard.Index + 1}/{Shard.Of} of --seeds {Count} is empty: run {Shard.Index + 1} seeds or more, or use fewer shards.",
        _ => null,
    };
}
