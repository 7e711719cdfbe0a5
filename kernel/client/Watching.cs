namespace Quorate.Kernel.Clients;

/// <summary>The kinds of watch that a client may have on one path; they coexist.</summary>
[Flags]
public enum Watching : byte
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>One-shot, set by getData, or by exists on a znode that was there.</summary>
    Data = 1,
    /// <summary>One-shot, set by exists on a znode that was not there.</summary>
    Exist = 2,
    /// <summary>One-shot, set by getChildren.</summary>
    Child = 4,
    /// <summary>addWatch mode 0: data and children of the path, for good.</summary>
    Persistent = 8,
    /// <summary>addWatch mode 1: the path and everything below it, for good.</summary>
    Recursive = 16,
}
