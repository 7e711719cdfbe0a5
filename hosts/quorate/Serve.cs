using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quorate.Hosts.Tcp;

namespace Quorate.Cli;

/// <summary>quorate serve: runs a server until it is asked to stop.</summary>
internal static class Serve
{
    private const int Refused = 1;
    private const int Failed = 2;

    /// <summary>SIGXFSZ, on Linux and macOS.</summary>
    private const PosixSignal FileSizeExceeded = (PosixSignal)25;

    public static Command Command()
    {
        var file = new Argument<string?>("CONFIG")
        {
            Description = """
                A zoo.cfg. Without one: 127.0.0.1:2181, data in ./data. Its keys may also stand, and win, in the section Quorate of an
                appsettings.json in the working directory, before those in the environment (QUORATE_clientPort=2181), before these options.
                """,
            Arity = ArgumentArity.ZeroOrOne,
        };
        file.Validators.Add(static result =>
        {
            // An option that does not exist must not be looked for as a file.
            if (result.Tokens is [{ Value: ['-', ..] option }])
                result.AddError($"There is no option {option}. See: quorate serve --help");
        });
        var sets = new Option<string[]>("--set") { Description = "any key of a zoo.cfg, as in --set snapCount=50000", HelpName = "KEY=VALUE" };
        var verbose = new Option<bool>("--verbose") { Description = "logs details too" };
        var command = new Command("serve", "Runs a server until it is asked to stop (Ctrl-C, SIGTERM).") { file, sets, verbose };
        var keys = new List<Option<string>>();
        foreach (var (name, about) in ZooConfig.Keys)
            keys.Add(new("--" + name) { Description = about, HelpName = "VALUE" });
        foreach (var key in keys)
            command.Add(key);

        command.SetAction((parsed, cancellation) =>
        {
            var given = new List<(string Key, string Value, string? Option)>();
            foreach (var key in keys)
                if (parsed.GetValue(key) is { } value)
                    given.Add((key.Name[2..], value, null));
            foreach (var set in parsed.GetValue(sets) ?? [])
                given.Add(set.Split('=', 2) is [var key, var value] ? (key, value, sets.Name) : (set, "", sets.Name));
            return Run(parsed.GetValue(file), given, parsed.GetValue(verbose), cancellation);
        });
        return command;
    }

    private static async Task<int> Run(string? file, List<(string Key, string Value, string? Option)> given, bool verbose, CancellationToken cancellation)
    {
        // A write beyond ulimit -f then fails with a reason, which the log shows. Left to itself the signal ends the process without a word.
        using var limit = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(FileSizeExceeded, static signal => signal.Cancel = true);
        try
        {
            var builder = Host.CreateEmptyApplicationBuilder(new());
            builder.Configuration.AddJsonFile("appsettings.json", optional: true);
            var options = Configure(file, given, builder.Configuration.GetSection(ZooConfig.Section));

            builder.Logging.SetMinimumLevel(verbose ? LogLevel.Debug : LogLevel.Information);
            // What the generic host has to say, this command says itself.
            builder.Logging.AddFilter("Microsoft", LogLevel.None);
            builder.Services.AddSingleton<ILoggerProvider, ConsoleLog>();
            builder.Services.Configure<ConsoleLifetimeOptions>(static lifetime => lifetime.SuppressStatusMessages = true);
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopTimeout + TimeSpan.FromSeconds(5));
            builder.Services.AddQuorateServer(options);
            using var host = builder.Build();

            var server = host.Services.GetRequiredService<QuorateServer>();
            await host.StartAsync(cancellation);
            Greeting.Write(options, server.Endpoints, server.PeerEndpoint);
            await host.WaitForShutdownAsync(cancellation);
            return server.Failure is null ? 0 : Failed;
        }
        catch (StartRefusedException e)
        {
            await Console.Error.WriteLineAsync($"quorate: {e.Message}");
            return Refused;
        }
    }

    private static ServerOptions Configure(string? file, List<(string Key, string Value, string? Option)> given, IConfigurationSection section)
    {
        var config = new ZooConfig();
        if (file is not null)
            config.AddFile(file);
        config.AddSection(section).AddEnvironment(Environment.GetEnvironmentVariables());
        foreach (var (key, value, option) in given)
            config.AddOption(key, value, option);
        return config.Build();
    }
}
