namespace Quorate.Hosts.Tcp;

/// <summary>A configuration key that Quorate honours.</summary>
/// <param name="Name">The key as ZooKeeper spells it, without the prefix zookeeper.</param>
/// <param name="About">What it sets, with unit and default, in a few words.</param>
/// <param name="Apply">Reads a value into a draft.</param>
internal sealed record ConfigKey(string Name, string About, Action<ConfigDraft, ConfigValue> Apply);
