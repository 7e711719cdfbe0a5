namespace Quorate.Hosts.Tcp;

/// <summary>Something that occupies memory while it waits.</summary>
internal interface IWeighed
{
    /// <summary>Roughly how many bytes it keeps alive.</summary>
    int Weight { get; }
}
