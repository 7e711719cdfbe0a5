using Quorate.Client;
using Quorate.Simulation.Programs;

namespace Quorate.Simulation;

/// <summary>
/// A computer of your own code: one thread, clocks that drift, connections to the ensemble. Pauses, partitions and crashes reach it. After
/// a crash its programs begin anew from their first line, with nothing left of what they had in memory, and without any finally having run.
/// </summary>
public sealed class ChaosComputer
{
    private readonly ChaosRun _run;
    private readonly List<Func<Task>> _programs = [];

    internal ChaosComputer(ChaosRun run, string name) => (_run, Name) = (run, name);

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>
    /// Its clocks and timers: whatever your code waits for or measures in the simulation it takes from here, or from a client's
    /// <see cref="ZooClient.Time"/>, which is the same.
    /// </summary>
    public TimeProvider Time => Playing.Time;

    /// <summary>What is installed on it, to be run whenever it starts.</summary>
    internal IReadOnlyList<Func<Task>> Programs => _programs;

    internal ProgramComputer? Simulated { get; set; }

    private ProgramComputer Playing => Simulated
        ?? throw new InvalidOperationException($"{Name} has not started: use it within the program that it runs.");

    /// <summary>
    /// Installs a program, which runs from when the computer starts. A computer may have several. A program that ends with
    /// <see cref="ConnectionLossException"/> or <see cref="SessionExpiredException"/> is started again a second later, as a supervisor
    /// would; any other exception fails the run.
    /// </summary>
    /// <exception cref="InvalidOperationException">Time has begun to pass in the world.</exception>
    public void Run(Func<ChaosComputer, Task> program)
    {
        ArgumentNullException.ThrowIfNull(program);
        _run.DemandPrelude("A program is installed");
        _programs.Add(() => program(this));
    }

    /// <summary>
    /// Opens a session with the ensemble, as <see cref="ZooClient.ConnectAsync(ZooClientOptions, CancellationToken)"/> does.
    /// </summary>
    public Task<ZooClient> Connect(ChaosEnsemble ensemble, CancellationToken cancellation = default) =>
        ZooClient.ConnectAsync(Options(ensemble), cancellation);

    /// <summary>
    /// The options of a client on this computer, to be changed with <c>with</c> as in production: only the world under it is another.
    /// </summary>
    public ZooClientOptions Options(ChaosEnsemble ensemble)
    {
        ArgumentNullException.ThrowIfNull(ensemble);
        var life = Playing.Running ?? throw new InvalidOperationException($"{Name} is off.");
        return new()
        {
            ConnectionString = ensemble.ConnectionString,
            Transport = new ProgramTransport(Playing, life),
            Seed = Playing.Draw(),
        };
    }
}
