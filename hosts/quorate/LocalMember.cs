using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Quorate.Cli;

/// <summary>A member of an ensemble on this machine: a folder with its configuration, and a process that serves it.</summary>
/// <param name="id">Its id.</param>
/// <param name="folder">Its folder: zoo.cfg, and data with myid in it.</param>
internal sealed partial class LocalMember(byte id, string folder)
{
    private const string ConfigName = "zoo.cfg";
    private const string FolderPrefix = "member-";
    private const int Terminate = 15;
    private const int Signalled = 128;

    private Process? _process;

    public byte Id => id;

    public string Folder => folder;

    public string Config => Path.Combine(folder, ConfigName);

    public int ProcessId => _process!.Id;

    /// <summary>How the process ended: its exit code, 128 and the number of the signal that killed it.</summary>
    public int ExitCode => _process!.ExitCode;

    /// <summary>How the process ended, in words.</summary>
    public string Ending => ExitCode > Signalled
        ? string.Create(CultureInfo.InvariantCulture, $"was killed by signal {ExitCode - Signalled}")
        : string.Create(CultureInfo.InvariantCulture, $"ended with {ExitCode}");

    /// <summary>The members whose folders lie in a folder, by id.</summary>
    public static List<LocalMember> Found(string directory)
    {
        var found = new List<LocalMember>();
        for (byte id = 1; id < byte.MaxValue; id++)
            if (At(directory, id) is var member && File.Exists(member.Config))
                found.Add(member);
        return found;
    }

    /// <summary>The member of an id, whether its folder exists or not.</summary>
    public static LocalMember At(string directory, byte id) =>
        new(id, Path.Combine(Path.GetFullPath(directory), string.Create(CultureInfo.InvariantCulture, $"{FolderPrefix}{id}")));

    /// <summary>Writes its configuration.</summary>
    /// <param name="servers">The server lines of all members.</param>
    public void Write(string servers)
    {
        var data = Path.Combine(folder, "data");
        Directory.CreateDirectory(data);
        File.WriteAllText(Path.Combine(data, "myid"), string.Create(CultureInfo.InvariantCulture, $"{id}\n"));
        File.WriteAllText(Config, string.Create(CultureInfo.InvariantCulture,
            $"# Member {id} of an ensemble for trying things out, made by quorate ensemble.\ntickTime=2000\ndataDir={data}\n4lw.commands.whitelist=*\n{servers}"));
    }

    /// <summary>The port that clients connect to, as the configuration says.</summary>
    public string ClientPort()
    {
        var line = File.ReadLines(Config).FirstOrDefault(IsOwn) ?? "";
        return line[(line.LastIndexOfAny([';', ':']) + 1)..];
    }

    /// <summary>Starts the process; it is this very program, and so is its configuration of the runtime.</summary>
    public void Start()
    {
        var self = Environment.ProcessPath!;
        var start = new ProcessStartInfo(self) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        start.ArgumentList.Add("serve");
        start.ArgumentList.Add(Config);
        _process = Process.Start(start) ?? throw new Win32Exception();
    }

    /// <summary>Passes on what the process writes, line by line, until it has ended.</summary>
    public async Task Read(Action<LocalMember, string> line)
    {
        await Task.WhenAll(Read(_process!.StandardOutput, line), Read(_process.StandardError, line));
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks the process to stop in order.</summary>
    public void Ask()
    {
        if (_process!.HasExited)
            return;
        if (OperatingSystem.IsWindows())
            _process.Kill();
        else
            _ = Signal(_process.Id, Terminate);
    }

    /// <summary>Ends the process at once.</summary>
    public void Kill() => _process!.Kill();

    private bool IsOwn(string line) => line.StartsWith(string.Create(CultureInfo.InvariantCulture, $"server.{id}="), StringComparison.Ordinal);

    private async Task Read(StreamReader output, Action<LocalMember, string> line)
    {
        while (await output.ReadLineAsync() is { } text)
            line(this, text);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
