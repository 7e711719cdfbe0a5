using System.Globalization;
using Quorate.Kernel;
using Quorate.Simulation.Disks;
using Quorate.Simulation.Net;

namespace Quorate.Simulation;

/// <summary>One value of a record that a scenario's text may set, by name.</summary>
/// <param name="Name">As the text has it.</param>
/// <param name="Get">Prints the record's value.</param>
/// <param name="Set">The record with a value parsed from text; throws a <see cref="FormatException"/> that says what was expected.</param>
internal sealed record Knob<T>(string Name, Func<T, string> Get, Func<T, string, T> Set)
{
    public static Knob<T> Of(string name, Func<T, TimeSpan> get, Func<T, TimeSpan, T> set) =>
        new(name, record => TextOf.Span(get(record)), (record, text) => set(record, TextOf.ParseSpan(text)));

    public static Knob<T> Of(string name, Func<T, long> get, Func<T, long, T> set) =>
        new(name, record => get(record).ToString(CultureInfo.InvariantCulture), (record, text) => set(record, TextOf.ParseNumber(text)));

    public static Knob<T> Of(string name, Func<T, int> get, Func<T, int, T> set) =>
        new(name, record => get(record).ToString(CultureInfo.InvariantCulture), (record, text) => set(record, TextOf.ParseInt(text)));

    public static Knob<T> Of(string name, Func<T, bool> get, Func<T, bool, T> set) =>
        new(name, record => get(record) ? "yes" : "no", (record, text) => set(record, TextOf.ParseYes(text)));
}

/// <summary>Everything in a scenario that has a name and a default: the text shows what differs from it.</summary>
internal static class Knobs
{
    public static readonly Knob<Settings>[] Settings =
    [
        Knob<Settings>.Of("heartbeat", s => s.Heartbeat, (s, v) => s with { Heartbeat = v }),
        Knob<Settings>.Of("electionTimeout", s => s.ElectionTimeout, (s, v) => s with { ElectionTimeout = v }),
        Knob<Settings>.Of("minSession", s => s.MinSessionTimeout, (s, v) => s with { MinSessionTimeout = v }),
        Knob<Settings>.Of("maxSession", s => s.MaxSessionTimeout, (s, v) => s with { MaxSessionTimeout = v }),
        Knob<Settings>.Of("handshake", s => s.HandshakeTimeout, (s, v) => s with { HandshakeTimeout = v }),
        Knob<Settings>.Of("linearizableReads", s => s.LinearizableReads, (s, v) => s with { LinearizableReads = v }),
        Knob<Settings>.Of("containerCheck", s => s.ContainerCheckInterval, (s, v) => s with { ContainerCheckInterval = v }),
        Knob<Settings>.Of("snapshotEntries", s => s.SnapshotEveryEntries, (s, v) => s with { SnapshotEveryEntries = v }),
        Knob<Settings>.Of("snapshotBytes", s => s.SnapshotEveryBytes, (s, v) => s with { SnapshotEveryBytes = v }),
        Knob<Settings>.Of("snapshotsKept", s => s.SnapshotsKept, (s, v) => s with { SnapshotsKept = v }),
        Knob<Settings>.Of("segment", s => s.SegmentBytes, (s, v) => s with { SegmentBytes = v }),
        Knob<Settings>.Of("flushBeforeReply", s => s.FlushBeforeReply, (s, v) => s with { FlushBeforeReply = v }),
        Knob<Settings>.Of("enforceQuota", s => s.EnforceQuota, (s, v) => s with { EnforceQuota = v }),
        Knob<Settings>.Of("reconfig", s => s.ReconfigEnabled, (s, v) => s with { ReconfigEnabled = v }),
    ];

    public static readonly Knob<Limits>[] Limits =
    [
        Knob<Limits>.Of("frame", l => l.FrameBytes, (l, v) => l with { FrameBytes = v }),
        Knob<Limits>.Of("identity", l => l.IdentityBytes, (l, v) => l with { IdentityBytes = v }),
        Knob<Limits>.Of("ringEntries", l => l.LogRingEntries, (l, v) => l with { LogRingEntries = v }),
        Knob<Limits>.Of("ringBytes", l => l.LogRingBytes, (l, v) => l with { LogRingBytes = v }),
        Knob<Limits>.Of("peerFrame", l => l.PeerFrameBytes, (l, v) => l with { PeerFrameBytes = v }),
        Knob<Limits>.Of("inflightFrames", l => l.InflightFrames, (l, v) => l with { InflightFrames = v }),
        Knob<Limits>.Of("inflightBytes", l => l.InflightBytes, (l, v) => l with { InflightBytes = v }),
        Knob<Limits>.Of("uncommitted", l => l.UncommittedBytes, (l, v) => l with { UncommittedBytes = v }),
        Knob<Limits>.Of("unflushed", l => l.UnflushedBytes, (l, v) => l with { UnflushedBytes = v }),
        Knob<Limits>.Of("requests", l => l.RequestsPerConnection, (l, v) => l with { RequestsPerConnection = v }),
        Knob<Limits>.Of("requestBytes", l => l.RequestBytesPerConnection, (l, v) => l with { RequestBytesPerConnection = v }),
        Knob<Limits>.Of("sessions", l => l.Sessions, (l, v) => l with { Sessions = v }),
        Knob<Limits>.Of("ephemerals", l => l.EphemeralsPerSession, (l, v) => l with { EphemeralsPerSession = v }),
        Knob<Limits>.Of("znodes", l => l.Znodes, (l, v) => l with { Znodes = v }),
        Knob<Limits>.Of("snapshotInflight", l => l.SnapshotBytesInFlight, (l, v) => l with { SnapshotBytesInFlight = v }),
        Knob<Limits>.Of("zxidCounter", l => (long)l.ZxidCounter, (l, v) => l with { ZxidCounter = checked((uint)v) }),
    ];

    public static readonly Knob<Scenario>[] Process =
    [
        Knob<Scenario>.Of("late", s => s.TimerLateness, (s, v) => s with { TimerLateness = v }),
        Knob<Scenario>.Of("batch", s => s.BatchTime, (s, v) => s with { BatchTime = v }),
        Knob<Scenario>.Of("input", s => s.InputTime, (s, v) => s with { InputTime = v }),
        Knob<Scenario>.Of("inputs", s => s.BatchInputs, (s, v) => s with { BatchInputs = v }),
        Knob<Scenario>.Of("vainStarts", s => s.VainStarts, (s, v) => s with { VainStarts = v }),
    ];

    public static readonly Knob<NetworkPlan>[] Network =
    [
        Knob<NetworkPlan>.Of("datagrams", n => n.Datagrams, (n, v) => n with { Datagrams = v }),
        Knob<NetworkPlan>.Of("floor", n => n.Floor, (n, v) => n with { Floor = v }),
        Knob<NetworkPlan>.Of("tail", n => n.Tail, (n, v) => n with { Tail = v }),
        Knob<NetworkPlan>.Of("bandwidth", n => n.BytesPerSecond, (n, v) => n with { BytesPerSecond = v }),
        Knob<NetworkPlan>.Of("capacity", n => n.Capacity, (n, v) => n with { Capacity = v }),
        Knob<NetworkPlan>.Of("loss", n => n.Loss, (n, v) => n with { Loss = v }),
        Knob<NetworkPlan>.Of("duplication", n => n.Duplication, (n, v) => n with { Duplication = v }),
        Knob<NetworkPlan>.Of("reordering", n => n.Reordering, (n, v) => n with { Reordering = v }),
        Knob<NetworkPlan>.Of("clientBreaks", n => n.ClientBreaks, (n, v) => n with { ClientBreaks = v }),
    ];

    public static readonly Knob<DiskPlan>[] Disk =
    [
        Knob<DiskPlan>.Of("access", d => d.Access, (d, v) => d with { Access = v }),
        Knob<DiskPlan>.Of("flush", d => d.Flush, (d, v) => d with { Flush = v }),
        Knob<DiskPlan>.Of("tail", d => d.Tail, (d, v) => d with { Tail = v }),
        Knob<DiskPlan>.Of("stalls", d => d.Stalls, (d, v) => d with { Stalls = v }),
        Knob<DiskPlan>.Of("stall", d => d.Stall, (d, v) => d with { Stall = v }),
        Knob<DiskPlan>.Of("bandwidth", d => d.BytesPerSecond, (d, v) => d with { BytesPerSecond = v }),
    ];

    public static readonly Knob<ClientPlan>[] Client =
    [
        new("program", c => c.Program ?? "", (c, v) => c with { Program = v }),
        new("workload", c => c.Workload, (c, v) => c with { Workload = v }),
        Knob<ClientPlan>.Of("operations", c => c.Operations, (c, v) => c with { Operations = v }),
        Knob<ClientPlan>.Of("names", c => c.Names, (c, v) => c with { Names = v }),
        Knob<ClientPlan>.Of("think", c => c.Think, (c, v) => c with { Think = v }),
        Knob<ClientPlan>.Of("session", c => c.Session, (c, v) => c with { Session = v }),
        Knob<ClientPlan>.Of("guarded", c => c.Guarded, (c, v) => c with { Guarded = v }),
    ];
}
