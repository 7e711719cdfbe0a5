using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;

namespace Quorate.Simulation.Programs;

/// <summary>Calls of .NET's that answer with the real world's time or chance, at once and without a trace.</summary>
internal static class RealWorld
{
    /// <summary>How such a call is written; null when it is none.</summary>
    public static string? NameOf(MethodBase called) => called.DeclaringType is { } type && Leaves(type, called) ? Written(type, called) : null;

    private static bool Leaves(Type type, MethodBase called) => called.Name switch
    {
        "get_Now" or "get_UtcNow" or "get_Today" => type == typeof(DateTime) || type == typeof(DateTimeOffset),
        "get_TickCount" or "get_TickCount64" => type == typeof(Environment),
        "Start" or "StartNew" or "Restart" or "GetTimestamp" => type == typeof(Stopwatch),
        "GetElapsedTime" => type == typeof(Stopwatch) && called.GetParameters().Length == 1,
        "Sleep" => type == typeof(Thread),
        "NewGuid" => type == typeof(Guid),
        "CreateVersion7" => type == typeof(Guid) && called.GetParameters().Length == 0,
        ".ctor" => type == typeof(Random) && called.GetParameters().Length == 0,
        "get_Shared" => type == typeof(Random),
        "GetRandomFileName" or "GetTempFileName" => type == typeof(Path),
        _ => type == typeof(RandomNumberGenerator) && called.IsStatic,
    };

    private static string Written(Type type, MethodBase called) => called.Name switch
    {
        ".ctor" => $"new {type.Name}()",
        var name when name.StartsWith("get_", StringComparison.Ordinal) => $"{type.Name}.{name["get_".Length..]}",
        var name => $"{type.Name}.{name}",
    };
}
