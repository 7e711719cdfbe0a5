using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quorate.Tests.Foreign;

/// <summary>
/// A server that runs as a process of its own, with a folder and a port of its own. It is ended by its process id, and what it
/// printed is kept for the message of a test that fails.
/// </summary>
internal abstract class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(120);
    private const int OutputKept = 64 * 1024;
    private const int TerminateSignal = 15;

    /// <summary>Below the ports that the system gives to callers.</summary>
    private const int PortMin = 20_000, PortMax = 32_000;

    private readonly StringBuilder _output = new();
    private static int _lastPort = Random.Shared.Next(PortMax);   // so that two runs side by side hardly meet
    private Process? _process;

    protected ServerProcess(IEnumerable<KeyValuePair<string, string>> settings, IPAddress? address = null)
    {
        Address = address ?? IPAddress.Loopback;
        Folder = Directory.CreateTempSubdirectory("quorate-test-").FullName;
        Port = FreePort();
        Config = Path.Combine(Folder, "zoo.cfg");
        File.WriteAllLines(Config,
        [
            $"dataDir={Path.Combine(Folder, "data")}",
            $"clientPort={Port}",
            $"clientPortAddress={Address}",
            .. settings.Select(setting => $"{setting.Key}={setting.Value}"),
        ]);
        Directory.CreateDirectory(Path.Combine(Folder, "data"));
    }

    /// <summary>Where clients reach it.</summary>
    public IPAddress Address { get; }

    public int Port { get; }

    public string Endpoint => $"{Address}:{Port}";

    /// <summary>The data folder.</summary>
    public string Data => Path.Combine(Folder, "data");

    protected string Folder { get; }

    protected string Config { get; }

    /// <summary>The process that runs.</summary>
    public int Id => _process!.Id;

    /// <summary>What the server has printed lately.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Whether the server prints something, or has printed it, within a time: what it prints may come later than what it does.</summary>
    public async Task<bool> Prints(string text, TimeSpan patience, CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            if (Stopwatch.GetElapsedTime(since) > patience)
                return false;
            await Task.Delay(20, cancel);
        }
        return true;
    }

    /// <summary>How the process is started; output is redirected by the caller.</summary>
    protected abstract ProcessStartInfo Command { get; }

    /// <summary>Starts the process on the data that is there and waits until it serves.</summary>
    public async Task Start(CancellationToken cancel)
    {
        var process = Launch();
        var deadline = DateTimeOffset.UtcNow + StartPatience;
        while (!await Serves(cancel))
        {
            if (process.HasExited)
                throw new InvalidOperationException($"the server ended with {process.ExitCode}:\n{Output}");
            if (DateTimeOffset.UtcNow > deadline)
                throw new TimeoutException($"the server does not serve after {StartPatience}:\n{Output}");
            await Task.Delay(20, cancel);
        }
    }

    /// <summary>Starts the process without waiting for anything.</summary>
    public Process Launch()
    {
        var command = Command;
        (command.RedirectStandardOutput, command.RedirectStandardError, command.RedirectStandardInput) = (true, true, true);
        command.WorkingDirectory = Folder;
        var process = new Process { StartInfo = command };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        _process = process;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Sends the process a signal.</summary>
    public async Task Signal(int signal, CancellationToken cancel)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancel);
    }

    /// <summary>kill -9: nothing in the process gets to run any more.</summary>
    public async Task Kill()
    {
        if (_process is not { } process)
            return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>kill -TERM: asks the process to stop, and waits until it has. Returns its exit code.</summary>
    public async Task<int> Terminate(CancellationToken cancel)
    {
        await Signal(TerminateSignal, cancel);
        return await Ended(cancel);
    }

    /// <summary>Waits until the process has ended by itself. Returns its exit code.</summary>
    public async Task<int> Ended(CancellationToken cancel)
    {
        var process = _process!;
        await process.WaitForExitAsync(cancel);
        _process = null;
        var code = process.ExitCode;
        process.Dispose();
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>srvr is the one word that every server answers by default; one that does not serve yet says so without a mode.</summary>
    private async Task<bool> Serves(CancellationToken cancel) => await Mode(cancel) is not null;

    /// <summary>The mode that srvr tells: leader, follower, standalone; null when nothing is served.</summary>
    public async Task<string?> Mode(CancellationToken cancel) => await Word("srvr", cancel) is { } text
        ? text.Split('\n').FirstOrDefault(line => line.StartsWith("Mode: ", StringComparison.Ordinal))?["Mode: ".Length..].Trim()
        : null;

    /// <summary>What a four-letter word is answered with; null when nobody answers within two seconds.</summary>
    public async Task<string?> Word(string word, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(Address, Port, patience.Token);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(word), patience.Token);
            using var answer = new StreamReader(client.GetStream());
            return await answer.ReadToEndAsync(patience.Token);
        }
        catch (Exception problem) when (problem is SocketException or IOException || !cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
            if (_output.Length > OutputKept)
                _output.Remove(0, _output.Length - OutputKept);
        }
    }

    /// <summary>
    /// A port that nobody has at present, that no other test of this run is given, and that the system gives to nobody while a server that
    /// was killed is to have it again.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = PortMin + (int)((uint)Interlocked.Increment(ref _lastPort) % (PortMax - PortMin));
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it: another one.
            }
        }
    }
}
