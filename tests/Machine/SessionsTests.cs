using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;

namespace Quorate.Tests.Machines;

/// <summary>The hashed session table against a sorted dictionary.</summary>
public class SessionsTests
{
    [Fact]
    public void The_table_agrees_with_a_dictionary()
    {
        Gen.Select(Gen.Int[0, 2], Gen.Long[1, 40]).Array[0, 200].Sample(steps =>
        {
            var sessions = new Sessions();
            var model = new SortedDictionary<long, Session>();
            foreach (var (kind, id) in steps)
                Step(sessions, model, kind, id);
            Assert.Equal(model.Count, sessions.Count);
            for (var id = 1L; id <= 40; id++)
            {
                var row = sessions.Find(new(id));
                Assert.Equal(model.ContainsKey(id), row != Sessions.None);
                if (row != Sessions.None)
                    Assert.Equal(model[id].NextSequence, sessions[row].NextSequence);
            }
            var fresh = new Sessions();
            foreach (var session in model.Values)
                fresh.Open(session);
            Assert.Equal(fresh.Digest, sessions.Digest);
        });
    }

    private static void Step(Sessions sessions, SortedDictionary<long, Session> model, int kind, long id)
    {
        var row = sessions.Find(new(id));
        if (kind == 0 && row == Sessions.None)
        {
            var session = new Session { Id = new(id), TimeoutMilliseconds = 4000, BelievedMilliseconds = 4000, Attachment = 1, NextSequence = 1, Password = (UInt128)id };
            sessions.Open(session);
            model.Add(id, session);
        }
        else if (kind == 1 && row != Sessions.None)
        {
            sessions.Close(row);
            model.Remove(id);
        }
        else if (kind == 2 && row != Sessions.None)
        {
            sessions.Advance(row);
            var session = model[id];
            session.NextSequence++;
            model[id] = session;
        }
    }
}
