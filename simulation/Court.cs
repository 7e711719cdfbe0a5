using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>The judges of one run, and what the first of them found.</summary>
internal sealed class Court(Agenda agenda)
{
    private Judge[] _judges = [];

    /// <summary>The first property found broken; the run then ends.</summary>
    public Violation? Violation { get; private set; }

    /// <summary>What members said and faults did, newest last.</summary>
    public List<string> Log { get; } = [];

    public void Seat(IEnumerable<Judge> judges)
    {
        _judges = [.. judges];
        foreach (var judge in _judges)
            judge.Accused = found => Find(found.Name, found.Finding!);
    }

    /// <summary>Something is broken for which no judge is needed.</summary>
    public void Find(string judge, string text) => Find(judge, text, agenda.Now);

    /// <summary>Something was broken a while ago.</summary>
    public void Find(string judge, string text, TrueTime at) => Violation ??= new(judge, text, TrueTime.Earlier(at, agenda.Now));

    /// <summary>Something was found that makes whatever else was found worthless.</summary>
    public void Overrule(string judge, string text) => Violation = new(judge, text, agenda.Now);

    /// <summary>Adds a line to the log.</summary>
    public void Write(string text) => Log.Add($"{agenda.Now} {text}");

    public void Started(ServerId member)
    {
        foreach (var judge in _judges)
            judge.Started(member);
    }

    public void Failed(ServerId member, string reason)
    {
        foreach (var judge in _judges)
            judge.Failed(member, reason);
    }

    public void Ended(ServerId member)
    {
        Write($"member {member} is gone.");
        foreach (var judge in _judges)
            judge.Ended(member);
    }

    public void Wiped(ServerId member)
    {
        foreach (var judge in _judges)
            judge.Wiped(member);
    }

    public void Became(ServerId member, Role role, Term term, ServerId leader)
    {
        Write($"member {member} is {role} of term {term}{(leader == default ? "" : $", led by {leader}")}.");
        foreach (var judge in _judges)
            judge.Became(member, role, term, leader);
    }

    public void Committed(ServerId member, LogIndex index, Term term, ulong chain)
    {
        foreach (var judge in _judges)
            judge.Committed(member, index, term, chain);
    }

    public void Applied(ServerId member, in AppliedEntry entry)
    {
        foreach (var judge in _judges)
            judge.Applied(member, entry);
    }

    public void Installed(ServerId member, LogIndex index, Zxid zxid, Digest digest)
    {
        foreach (var judge in _judges)
            judge.Installed(member, index, zxid, digest);
    }

    public void Truncated(ServerId member, LogIndex keep)
    {
        Write($"member {member} cuts its log behind entry {keep}.");
        foreach (var judge in _judges)
            judge.Truncated(member, keep);
    }

    public void Noted(ServerId member, NoteLevel level, string text)
    {
        Write($"member {member}: {(level >= NoteLevel.Warning ? $"{level}: " : "")}{text}");
        foreach (var judge in _judges)
            judge.Noted(member, level, text);
    }

    public void Entered(Phase phase)
    {
        foreach (var judge in _judges)
            judge.Entered(phase, agenda.Now);
    }

    public void Inspect()
    {
        foreach (var judge in _judges)
            judge.Inspect(agenda.Now);
    }

    public void Close()
    {
        foreach (var judge in _judges)
            judge.Closing(agenda.Now);
    }
}
