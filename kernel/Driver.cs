using Quorate.Kernel.Fronts;

namespace Quorate.Kernel;

/// <summary>
/// The loop that every world shares: deliver a batch of inputs, settle. The worlds differ only in their ports and in who calls
/// <see cref="Deliver"/>.
/// </summary>
/// <typeparam name="TPorts">The world; a struct, so that its calls are bound when the loop is compiled.</typeparam>
public sealed class Driver<TPorts>(Server server, TPorts ports) where TPorts : struct, IPorts
{
    /// <summary>From so many bytes of answers on they are handed over before more are made.</summary>
    private const int SliceBytes = 1 << 20;

    /// <summary>From so many bytes of answers on the rest is left to the next batch.</summary>
    private const int BatchBytes = 4 << 20;

    private readonly Effects _effects = new();
    private readonly ReplyWriter _reply = new();
    private TPorts _ports = ports;

    /// <summary>The server being driven.</summary>
    public Server Server => server;

    /// <summary>Steps the server with one input of the batch.</summary>
    public void Deliver(in Input input) => server.Step(input, _effects);

    /// <summary>Ends the batch: answers ready reads until neither reads nor backlog are left (A1), submits writes, performs the effects.</summary>
    /// <remarks>
    /// A request of a few bytes may be answered with a megabyte, and thousands of them become ready together when a write ahead of them is
    /// applied. So answers are made and handed over in slices, and a batch makes no more than it may; the server then asks for the next at once.
    /// </remarks>
    public void Settle()
    {
        var made = 0;
        do
        {
            var read = 0;
            for (; read < server.ReadyReads && _reply.Length < SliceBytes; read++)
                server.Answer(read, _reply);
            made += _reply.Length;
            server.FinishReads(read, _effects);
            _reply.Clear();
            if (made >= SliceBytes)
                Perform();
        }
        while ((server.ReadyReads > 0 || server.HasBacklog) && made < BatchBytes);
        server.Submit(_effects);
        Perform();
    }

    private void Perform()
    {
        for (var i = 0; i < _effects.Count; i++)
        {
            ref readonly var effect = ref _effects[i];
            var bytes = _effects.Bytes(effect);
            switch (effect.Kind)
            {
                case EffectKind.Send:
                    _ports.Send(new((byte)effect.Subject), bytes);
                    break;
                case EffectKind.Reply:
                    _ports.Reply(new(effect.Subject), bytes);
                    break;
                case EffectKind.HangUp:
                    _ports.HangUp(new(effect.Subject));
                    break;
                case EffectKind.Hold or EffectKind.Release:
                    _ports.Throttle(new(effect.Subject), effect.Kind == EffectKind.Hold);
                    break;
                default:
                    _ports.Disk(effect, bytes);
                    break;
            }
        }
        _effects.Clear();
    }
}
