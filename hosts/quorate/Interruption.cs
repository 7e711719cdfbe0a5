using System.Runtime.InteropServices;

namespace Quorate.Cli;

/// <summary>
/// Somebody who has had enough, by Ctrl-C or a signal. What runs meanwhile ends soon and says how far it has come, instead of being cut
/// off.
/// </summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>Added to the number of the signal, as shells do for a program that one has ended.</summary>
    private const int Signalled = 128;

    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly CancellationTokenSource _source = new();
    private int _number;

    public Interruption()
    {
        Await(PosixSignal.SIGHUP, 1);
        Await(PosixSignal.SIGINT, 2);
        Await(PosixSignal.SIGTERM, 15);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>What the program is to return; null when nobody has interrupted it.</summary>
    public int? ExitCode => Volatile.Read(ref _number) is var number and not 0 ? Signalled + number : null;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _source.Dispose();
    }

    private void Await(PosixSignal signal, int number) =>
        _signals.Add(PosixSignalRegistration.Create(signal, context => Take(context, number)));

    // Comes more than once where a whole group of processes is signalled: only the first one counts.
    private void Take(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        if (Interlocked.CompareExchange(ref _number, number, 0) == 0)
            _source.Cancel();
    }
}
