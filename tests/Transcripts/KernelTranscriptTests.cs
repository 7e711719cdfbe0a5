using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Transcripts;

/// <summary>Every transcript of level 3.9 straight at the kernel, without a socket and in virtual time, expiry and all.</summary>
public sealed class KernelTranscriptTests
{
    /// <summary>The settings under which the transcripts were recorded (tickTime 500; see vectors/README.md).</summary>
    internal static readonly Settings Recorded = new()
    {
        MinSessionTimeout = TimeSpan.FromMilliseconds(1000),
        MaxSessionTimeout = TimeSpan.FromMilliseconds(10_000),
        ContainerCheckInterval = TimeSpan.FromMilliseconds(500),
        ExtendedTypes = true,
        EnforceQuota = true,
        ReconfigEnabled = true,
        SuperDigest = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=",
        WordsAllowed = ["*"],
    };

    [Theory]
    [MemberData(nameof(TranscriptFiles.OfLevel39), MemberType = typeof(TranscriptFiles))]
    public void In_virtual_time_the_kernel_answers_as_ZooKeeper_does(string scenario)
    {
        using var target = new MemoryTarget(Recorded);
        Assert.Null(new Replayer(target, Level.V39).Replay(TranscriptFiles.Load(scenario, Level.V39)));
    }
}
