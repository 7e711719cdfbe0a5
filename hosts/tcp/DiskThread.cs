using System.Buffers;
using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// The one thread that waits for the disk. It serves the kernel's requests in order and answers each with a mail, so a flush ends after
/// every earlier write has ended.
/// </summary>
/// <remarks>
/// Group commit is the kernel's: it has one flush under way and lets everything that comes meanwhile ride with the next. Here writes
/// that continue each other are handed to the system as one, and a write is answered together with what follows it, since nothing can be
/// acknowledged before the flush and every answer may wake the kernel thread.
/// </remarks>
internal sealed class DiskThread
{
    private const int Batch = 64;

    private readonly IDisk _disk;
    private readonly Mailbox<Mail> _mailbox;
    private readonly Mailbox<DiskRequest> _requests = new(int.MaxValue, long.MaxValue);
    private readonly DiskRequest[] _batch = new DiskRequest[Batch];
    private readonly Mail[] _answers = new Mail[Batch];
    private readonly List<ReadOnlyMemory<byte>> _joined = new(Batch);
    private readonly Arena _listing = new();
    private readonly Thread _thread;
    private int _answered;

    public DiskThread(IDisk disk, Mailbox<Mail> mailbox)
    {
        _disk = disk;
        _mailbox = mailbox;
        _thread = new(Run) { IsBackground = true };
#if !PLANTED
        // Coyote tells threads apart by names of its own.
        _thread.Name = "quorate disk";
#endif
    }

    /// <summary>Begins to serve.</summary>
    public void Start() => _thread.Start();

    /// <summary>Takes a request; it ends with a mail. Kernel thread.</summary>
    public void Begin(in Effect request, ReadOnlySpan<byte> bytes)
    {
        byte[]? buffer = null;
        if (request.Kind == EffectKind.DiskWrite)
        {
            buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
            bytes.CopyTo(buffer);
        }
        _requests.PutUrgent(new DiskRequest(request.Kind, request.Ticket, request.Place, buffer));
    }

    /// <summary>Serves what was begun, closes the files and ends.</summary>
    public void Stop()
    {
        _requests.Close();
        _thread.Join();
        _disk.Dispose();
    }

    private void Run()
    {
        while (!_requests.IsOver)
        {
            var count = _requests.Take(_batch, TimeSpan.MaxValue);
            for (var i = 0; i < count;)
                i += Serve(_batch.AsSpan(i, count - i));
            SendAnswers();
            Array.Clear(_batch, 0, count);
        }
    }

    /// <summary>Serves the first request, with the writes behind it that continue it; returns how many.</summary>
    private int Serve(ReadOnlySpan<DiskRequest> requests)
    {
        ref readonly var request = ref requests[0];
        switch (request.Kind)
        {
            case EffectKind.DiskWrite:
                return Write(requests);
            case EffectKind.DiskRead:
                Read(in request);
                break;
            case EffectKind.DiskFlush:
#if PLANTED
                if (Planted.Is(Race.AnswerBeforeFlush))
                {
                    Answer(Mail.Of(request.Ticket, DiskOutcome.Done));
                    SendAnswers();
                }
#endif
                Answer(Mail.Of(request.Ticket, _disk.Flush(request.Place.File)));
                SendAnswers();
                break;
            case EffectKind.DiskDrop:
                Answer(Mail.Of(request.Ticket, _disk.Drop(request.Place.File)));
                break;
            default:
                List(in request);
                break;
        }
        return 1;
    }

    private int Write(ReadOnlySpan<DiskRequest> requests)
    {
        _joined.Clear();
        _joined.Add(requests[0].Bytes);
        while (_joined.Count < requests.Length && requests[_joined.Count].Continues(in requests[_joined.Count - 1]))
            _joined.Add(requests[_joined.Count].Bytes);

        var outcome = _disk.Write(requests[0].Place.File, requests[0].Place.Offset, _joined);
        foreach (ref readonly var request in requests[.._joined.Count])
        {
            ArrayPool<byte>.Shared.Return(request.Buffer!);
            Answer(Mail.Of(request.Ticket, outcome));
        }
        return _joined.Count;
    }

    private void Read(in DiskRequest request)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(request.Place.Length);
        var outcome = _disk.Read(request.Place.File, request.Place.Offset, buffer.AsSpan(0, request.Place.Length), out var found);
        Answer(Mail.Of(request.Ticket, outcome, buffer, found));
    }

    private void List(in DiskRequest request)
    {
        _listing.Clear();
        var outcome = _disk.List(_listing);
        var buffer = ArrayPool<byte>.Shared.Rent(_listing.Length);
        _listing.Written.CopyTo(buffer);
        Answer(Mail.Of(request.Ticket, outcome, buffer, _listing.Length));
    }

    private void Answer(in Mail answer) => _answers[_answered++] = answer;

    private void SendAnswers()
    {
        _mailbox.PutAllUrgent(_answers.AsSpan(0, _answered));
        Array.Clear(_answers, 0, _answered);
        _answered = 0;
    }
}
