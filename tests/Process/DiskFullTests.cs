using System.Diagnostics;
using System.Globalization;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>
/// No room for what is written: the server says so and ends, and has lost nothing that it acknowledged when there is room again.
/// </summary>
public sealed class DiskFullTests
{
    private const int Timeout = 60_000;
    private const int Failed = 2;
    private const int Refused = 1;

    private static readonly Dictionary<string, string> Settings = new(ServerSettings.Patient)
    {
        ["preAllocSize"] = "4096",
    };

    [Fact(Timeout = 300_000)]
    public async Task A_limit_on_the_size_of_files_ends_the_server_with_a_reason()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "prlimit sets the limit");
        var cancel = TestContext.Current.CancellationToken;
        await using var server = new QuorateProcess(Settings);
        await server.Start(cancel);
        var writer = new Writer("/w", Timeout, new Random(1));
        await writer.Open(server.Port, cancel);
        var writing = writer.WriteUntilBroken(cancel);
        await Writer.Progress([writer], [writing], 1, cancel);
        await Run("prlimit", "--pid", server.Id.ToString(CultureInfo.InvariantCulture), "--fsize=8192");
        await writing;
        Assert.Equal(Failed, await server.Ended(cancel));
        Assert.Contains("could not be written: ", server.Output, StringComparison.Ordinal);
        Assert.Contains("Make room", server.Output, StringComparison.Ordinal);

        await server.Start(cancel);
        await writer.Verify(server.Port, cancel);
        Assert.True(writer.Acknowledged > 0);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_full_device_ends_the_server_with_a_reason_and_is_refused_until_there_is_room()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = new QuorateProcess(Settings);
        Assert.SkipUnless(OperatingSystem.IsLinux() && await Mounts("-t", "tmpfs", "-o", "size=10m", "none", server.Data), "may not mount a small device");
        try
        {
            await server.Start(cancel);
            var writer = new Writer("/w", Timeout, new Random(1));
            await writer.Open(server.Port, cancel);
            var writing = writer.WriteUntilBroken(cancel);
            await Writer.Progress([writer], [writing], 1, cancel);
            await Fill(server.Port, cancel);
            await writing;
            Assert.Equal(Failed, await server.Ended(cancel));
            Assert.Contains("the disk was full", server.Output, StringComparison.Ordinal);
            Assert.Contains("Make room", server.Output, StringComparison.Ordinal);

            Assert.True(await Mounts("-o", "remount,size=64m", server.Data));
            await server.Start(cancel);
            await writer.Verify(server.Port, cancel);
            Assert.True(writer.Acknowledged > 0);
        }
        finally
        {
            await server.Kill();
            await Run("umount", server.Data);
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task On_a_device_without_room_for_a_journal_no_server_starts_and_one_does_when_there_is()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = new QuorateProcess(Settings);
        Assert.SkipUnless(OperatingSystem.IsLinux() && await Mounts("-t", "tmpfs", "-o", "size=1m", "none", server.Data), "may not mount a small device");
        try
        {
            server.Launch();
            // Whether that comes out before it serves or right after is a matter of which write is the first that does not fit.
            Assert.InRange(await server.Ended(cancel), Refused, Failed);
            Assert.Contains("Make room", server.Output, StringComparison.Ordinal);
            Assert.True(await Mounts("-o", "remount,size=64m", server.Data));
            await server.Start(cancel);
        }
        finally
        {
            await server.Kill();
            await Run("umount", server.Data);
        }
    }

    /// <summary>Writes until the server ends the connection.</summary>
    private static async Task Fill(int port, CancellationToken cancel)
    {
        using var client = await RawClient.Connect(port, Timeout, cancel);
        try
        {
            await client.Create("/big", [], 0, cancel);
            while (true)
                await client.Set("/big", new byte[100_000], cancel);
        }
        catch (IOException)
        {
            // The device is full.
        }
    }

    private static async Task<bool> Mounts(params string[] arguments) => await Run("mount", arguments) == 0;

    private static async Task<int> Run(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
