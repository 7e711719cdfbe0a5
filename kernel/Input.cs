using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>The things that can happen to a server.</summary>
public enum InputKind : byte
{
    /// <summary>Time has passed. The first tick starts the server.</summary>
    Tick,
    /// <summary>A frame of another member; <see cref="Input.Subject"/> is its id.</summary>
    PeerFrame,
    /// <summary>The link to another member is up; <see cref="Input.Subject"/> is its id.</summary>
    PeerConnected,
    /// <summary>The link to another member is gone, and with it what was on the way.</summary>
    PeerDisconnected,
    /// <summary>A client connected; the bytes are its <see cref="Fronts.ClientOrigin"/>.</summary>
    ClientOpened,
    /// <summary>A whole frame of a client, without the length in front.</summary>
    ClientFrame,
    /// <summary>A four-letter word in place of a client's first frame; the bytes are the word and what belongs to it.</summary>
    ClientWord,
    /// <summary>A client's connection is gone, whoever closed it. Nothing of that connection follows.</summary>
    ClientClosed,
    /// <summary>A client does not read what it is owed: nothing more is answered than has been promised.</summary>
    ClientStalled,
    /// <summary>A client that was <see cref="ClientStalled"/> has read.</summary>
    ClientDrained,
    /// <summary>A disk request ended; <see cref="Input.Subject"/> is its ticket, the bytes are what a read or a listing found.</summary>
    DiskDone,
    /// <summary>The operator asks; <see cref="Input.Subject"/> is an <see cref="OperatorRequest"/>.</summary>
    Operator,
}

/// <summary>What an operator can ask of a running server.</summary>
public enum OperatorRequest : ulong
{
    /// <summary>Stop in order: take no new work, flush, write a snapshot, then be <see cref="ServerState.Stopped"/>.</summary>
    Stop = 1,
    /// <summary>Write a snapshot now.</summary>
    Snapshot = 2,
    /// <summary>Hand leadership to the member that is furthest, if this one leads.</summary>
    TransferLeadership = 3,
    /// <summary>
    /// Close a session as if its timeout had passed in silence, if this member leads; the input's bytes are its id, 8 bytes, little-endian.
    /// </summary>
    ExpireSession = 4,
    /// <summary>Write a snapshot that holds everything acknowledged so far, and keep it; <see cref="Server.BackupStage"/> tells how it goes.</summary>
    Backup = 5,
    /// <summary>The backup has been copied, or is no longer wanted.</summary>
    EndBackup = 6,
}

/// <summary>One thing that happened to a server, and when. Valid only during the step that receives it.</summary>
public readonly ref struct Input
{
    /// <summary>Read after the input was received by the host, never before (C1); never goes backwards.</summary>
    public required Moment Now { get; init; }
    /// <summary>What happened.</summary>
    public required InputKind Kind { get; init; }
    /// <summary>Peer, connection, ticket or request, by kind.</summary>
    public ulong Subject { get; init; }
    /// <summary>For <see cref="InputKind.DiskDone"/>.</summary>
    public DiskOutcome Outcome { get; init; }
    /// <summary>The bytes that came with it.</summary>
    public ReadOnlySpan<byte> Bytes { get; init; }
}
