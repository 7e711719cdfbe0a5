using Quorate.Client;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>
/// S-54 for the double barrier: three meet round after round, somebody else writes to their znodes, and connections break. Who enters finds all
/// others there, who leaves leaves nobody behind.
/// </summary>
/// <remarks>
/// What is known of the parties is written down outside of the world, in the order in which things happen. A party that crashes writes nothing:
/// it counts until its next life is inside, or as long as its session is certain to live, whichever accuses less.
/// </remarks>
internal sealed class Meeting
{
    private const string Path = "/meet";

    private static readonly string[] Names = ["party-1", "party-2", "party-3"];

    private readonly List<Part> _parts = [];
    private int _step, _entered;
    private string? _trouble;

    /// <summary>One party's part in one round.</summary>
    private sealed class Part(string name, ZooClient client)
    {
        public string Name => name;

        public int Begun { get; init; }

        public int Entered { get; set; }

        /// <summary>When it began to leave, or was known to be gone; 0 while it is not.</summary>
        public int Ended { get; set; }

        public bool IsCertainToLive => client.Now < client.FenceAt;
    }

    /// <summary>The world.</summary>
    /// <param name="world">Where.</param>
    /// <param name="meet">How one enters and leaves, under a name.</param>
    public static async Task World(ChaosWorld world, Func<ZooClient, string, (Func<Task> Enter, Func<Task> Leave)> meet)
    {
        var (meeting, ensemble) = (new Meeting(), world.Ensemble(members: 3));
        foreach (var name in Names)
            world.Computer(name).Run(async computer =>
            {
                await using var client = await computer.Connect(ensemble);
                await meeting.Attend(client, computer, meet(client, name));
            });
        world.Computer("scribbler").Run(async computer =>
        {
            await using var client = await computer.Connect(ensemble);
            await Scribble(client, computer.Time);
        });

        await world.Storm(Faults.All, TimeSpan.FromMinutes(2));
        var before = meeting._entered;
        await world.Calm(TimeSpan.FromMinutes(1));
        world.Require(
            Requirement.That("Together", () => meeting._trouble),
            Requirement.That("GoesOn", () => meeting._entered > before + 2 ? null : "Nobody met in the calm."));
    }

    /// <summary>The barrier that ships.</summary>
    public static (Func<Task> Enter, Func<Task> Leave) Shipped(ZooClient client, string name)
    {
        var barrier = new DistributedDoubleBarrier(client, Path, Names.Length, name);
        return (() => barrier.EnterAsync(), () => barrier.LeaveAsync());
    }

    /// <summary>One that goes on when it is woken, by whatever: a change of another kind, a connection that is back.</summary>
    public static (Func<Task> Enter, Func<Task> Leave) Gullible(ZooClient client, string name)
    {
        var (own, ready) = (ZnodePath.Child(Path, name), ZnodePath.Child(Path, "ready"));
        return (Enter, Leave);

        async Task Enter()
        {
            await client.CreateOwn(own, default, default);
            var (there, begun) = await Persistence.Persist(() => client.WatchExistsAsync(ready));
            if (there is not null)
                return;
            if ((await Persistence.Persist(() => client.GetChildrenAsync(Path))).Names.Count >= Names.Length)
                await Persistence.Persist(async () => (await client.CreateOwn(ready, default, default)).Czxid);
            else
                await Woken(begun);
        }

        async Task Leave()
        {
            await client.Remove(own, default);
            var others = (await Persistence.Persist(() => client.GetChildrenAsync(Path))).Names.Where(static other => other != "ready").ToList();
            if (others.Count == 0)
                await client.Remove(ready, default);
            else if (await Persistence.Persist(() => client.WatchExistsAsync(ZnodePath.Child(Path, others[0]))) is { Value: not null } first)
                await Woken(first.Changed);
        }

        async Task Woken(Task changed)
        {
            var woken = new TaskCompletionSource();
            client.StateChanged += _ => woken.TrySetResult();
            await Task.WhenAny(changed, woken.Task);
        }
    }

    private async Task Attend(ZooClient client, ChaosComputer computer, (Func<Task> Enter, Func<Task> Leave) barrier)
    {
        while (true)
        {
            var part = new Part(computer.Name, client) { Begun = ++_step };
            _parts.Add(part);
            try
            {
                await barrier.Enter();
                HasEntered(part);
                await Task.Delay(TimeSpan.FromMilliseconds(500), computer.Time);
                part.Ended = ++_step;
                await barrier.Leave();
                HasLeft(part);
            }
            catch (NodeExistsException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), computer.Time);   // its own earlier life is still inside
            }
            finally
            {
                if (part.Ended == 0)
                    part.Ended = ++_step;
            }
        }
    }

    private void HasEntered(Part part)
    {
        _entered++;
        part.Entered = ++_step;
        foreach (var earlier in _parts)
            if (earlier.Name == part.Name && earlier != part && earlier.Ended == 0)
                earlier.Ended = part.Entered;
        foreach (var name in Names)
            if (!_parts.Exists(other => other.Name == name && (other.Ended == 0 || other.Ended > part.Begun)))
                _trouble ??= $"{part.Name} entered, and {name} was not there.";
    }

    private void HasLeft(Part part)
    {
        if (_parts.Find(other => other.Entered > 0 && other.Entered < part.Ended && other.Ended == 0 && other.IsCertainToLive) is { } behind)
            _trouble ??= $"{part.Name} has left, and {behind.Name} is still inside.";
    }

    private static async Task Scribble(ZooClient client, TimeProvider time)
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(400), time);
            foreach (var name in await client.ListOrNone(Path, default))
                try
                {
                    await client.SetDataAsync(ZnodePath.Child(Path, name), "scribbled"u8.ToArray());
                }
                catch (NoNodeException)
                {
                    // It has left.
                }
        }
    }
}
