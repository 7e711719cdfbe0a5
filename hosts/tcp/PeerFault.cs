namespace Quorate.Hosts.Tcp;

/// <summary>Why two members are not linked. The numbers travel in refusals, so that both sides can say it.</summary>
internal enum PeerFault : byte
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,
    /// <summary>It ended, or said nothing, in the middle of the greeting.</summary>
    Silent = 1,
    /// <summary>It speaks something else.</summary>
    Stranger = 2,
    /// <summary>It speaks TLS where none is spoken.</summary>
    Encrypted = 3,
    /// <summary>It speaks another version.</summary>
    Version = 4,
    /// <summary>It looks for another member, or is another one than was looked for.</summary>
    OtherMember = 5,
    /// <summary>It has the id of this member.</summary>
    SameMember = 6,
    /// <summary>It has the lower id and calls.</summary>
    Direction = 7,
    /// <summary>One of the two has a secret.</summary>
    OneSecret = 8,
    /// <summary>Both have one, not the same.</summary>
    OtherSecret = 9,
    /// <summary>It comes from another machine, and nothing proves who it is.</summary>
    Unproved = 10,
    /// <summary>Its certificate is not for the host of its server line.</summary>
    Certificate = 11,
    /// <summary>Another process with its id is linked, and alive.</summary>
    Taken = 12,
    /// <summary>Too many greetings are under way.</summary>
    Crowd = 13,
}

/// <summary>What the log says about a <see cref="PeerFault"/>, in words that are true on both sides.</summary>
internal static class PeerFaults
{
    /// <summary>The fault in words.</summary>
    public static string Words(PeerFault fault) => fault switch
    {
        PeerFault.Silent => "the greeting was broken off",
        PeerFault.Stranger => "what came is not Quorate's peer protocol",
        PeerFault.Encrypted => "one side speaks TLS and the other does not: sslQuorum must be the same on all members",
        PeerFault.Version => "the two speak different versions of the peer protocol",
        PeerFault.OtherMember => "another member was looked for at this address: compare the server lines with the myid files",
        PeerFault.SameMember => "both say to be the same member: compare the server lines with the myid files",
        PeerFault.Direction => "the member with the higher id calls the other",
        PeerFault.OneSecret => "only one of the two has a quorate.peerSecret",
        PeerFault.OtherSecret => "the two have different quorate.peerSecret",
        PeerFault.Unproved => "they are on different machines and nothing proves who they are: set quorate.peerSecretFile or sslQuorum=true on "
            + "all members, or quorate.peerInsecure=true on a network that nobody else can reach",
        PeerFault.Certificate => "the certificate does not name the host of the member's server line (ssl.quorum.hostnameVerification)",
        PeerFault.Taken => "another process with the same id is linked and alive: two members have the same myid",
        PeerFault.Crowd => "too many links are being greeted",
        _ => "for a reason that this version does not know",
    };
}
