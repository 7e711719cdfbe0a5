namespace Quorate.Tests.Coyote;

/// <summary>One exploration at a time: the planted race is switched on for the whole process.</summary>
[CollectionDefinition("coyote", DisableParallelization = true)]
public sealed class OneAtATime;
