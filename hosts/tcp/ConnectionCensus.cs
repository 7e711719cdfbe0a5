using System.Net;

namespace Quorate.Hosts.Tcp;

/// <summary>Counts connections, in all and for each address, and refuses those over a limit (maxCnxns, maxClientCnxns).</summary>
internal sealed class ConnectionCensus(int perAddressMax, int max)
{
    private readonly object _gate = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>Counts a connection; if that would be too many, does not and says why.</summary>
    public string? Enter(IPAddress address)
    {
        lock (_gate)
        {
            if (_count >= max)
                return $"there are {max} connections already, the limit (maxCnxns)";
            var ofAddress = _byAddress.GetValueOrDefault(address);
            if (perAddressMax > 0 && ofAddress >= perAddressMax)
                return $"there are {perAddressMax} connections from its address already, the limit (maxClientCnxns)";
            _count++;
            _byAddress[address] = ofAddress + 1;
            return null;
        }
    }

    /// <summary>A connection that had entered is gone.</summary>
    public void Leave(IPAddress address)
    {
        lock (_gate)
        {
            _count--;
            if (--_byAddress[address] == 0)
                _byAddress.Remove(address);
        }
    }
}
