using System.Runtime.ExceptionServices;

namespace Quorate.Client;

/// <summary>Calls code of the owner's. What that throws is for the owner to hear, and no reason for anything here to stop.</summary>
/// <param name="failed">Takes what was thrown; null: it is thrown again where nobody takes it, as with a timer's callback.</param>
/// <param name="transport">Where that is.</param>
internal sealed class Callbacks(Action<Exception>? failed, ClientTransport transport)
{
    /// <summary>Calls everybody who wants to know, whatever becomes of the others.</summary>
    public void Call<T>(Action<T>? callbacks, T what)
    {
        foreach (var callback in Delegate.EnumerateInvocationList(callbacks))
            try
            {
                callback(what);
            }
            catch (Exception problem)
            {
                Report(problem);
            }
    }

    /// <summary>A callback has failed.</summary>
    public void Report(Exception problem)
    {
        if (failed is null)
        {
            transport.Run(new Thrown(problem));
            return;
        }
        try
        {
            failed(problem);
        }
        catch (Exception another)
        {
            transport.Run(new Thrown(another));
        }
    }

    private sealed class Thrown(Exception problem) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => ExceptionDispatchInfo.Throw(problem);
    }
}
