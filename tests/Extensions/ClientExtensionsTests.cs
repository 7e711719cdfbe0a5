using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;
using Quorate.Client;
using Quorate.Client.Extensions;
using Quorate.Hosts.Memory;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Extensions;

/// <summary>The client in applications of the generic host, at an ensemble in this process.</summary>
public class ClientExtensionsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static HostApplicationBuilder Application(MemoryEnsemble ensemble, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection([new("QuorateClient:ConnectionString", "member-1,member-2,member-3")]);
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Services.AddSingleton<ClientTransport>(new MemoryTransport(ensemble));
        builder.Services.AddQuorateClient();
        return builder;
    }

    [Fact]
    public async Task An_application_has_a_connection_and_closes_it_in_the_end()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        ZooClient client;
        await using (var host = (IAsyncDisposable)Application(ensemble, ("QuorateClient:Credential", "me:secret")).Build())
        {
            await ((IHost)host).StartAsync(Cancel);
            client = await ((IHost)host).Services.GetRequiredService<QuorateConnection>().GetAsync(Cancel);
            Assert.Contains(new ZooIdentity("digest", "me"), await client.WhoAmIAsync(Cancel));
            await ((IHost)host).StopAsync(Cancel);
        }
        await client.Ended.WaitAsync(Cancel);
    }

    [Theory]
    [InlineData("ConnectionString", "", "QuorateClient:ConnectionString is not set")]
    [InlineData("ConnectionString", "host:no", "'host:no'")]
    [InlineData("SessionTimeout", "00:00:00", "QuorateClient:SessionTimeout is 00:00:00")]
    [InlineData("ServicesRoot", "services", "QuorateClient:ServicesRoot is 'services'")]
    [InlineData("ServicesRoot", "/services/", "QuorateClient:ServicesRoot is '/services/'")]
    [InlineData("Credential", "secret", "QuorateClient:Credential is not of the form user:password")]
    public async Task What_cannot_work_is_said_at_start(string key, string value, string says)
    {
        using var ensemble = MemoryEnsemble.Start();
        using var host = Application(ensemble, ($"QuorateClient:{key}", value)).Build();
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancel));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_tells_how_the_connection_is()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        var builder = Application(ensemble, ("QuorateClient:ConnectTimeout", "00:00:00.2"));
        builder.Services.AddHealthChecks().AddQuorate();
        using var host = builder.Build();
        var health = host.Services.GetRequiredService<HealthCheckService>();
        var connection = host.Services.GetRequiredService<QuorateConnection>();
        foreach (var member in ensemble.Members)
            member.Kill();
        await Assert.ThrowsAsync<ConnectionLossException>(async () => await connection.GetAsync(Cancel));
        var report = await health.CheckHealthAsync(Cancel);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.Contains("member-1", report.Entries["quorate"].Description, StringComparison.Ordinal);
        foreach (var member in ensemble.Members)
            member.Restart();
        ZooClient? client = null;
        await foreach (var session in connection.Sessions(Cancel))
        {
            client = session;
            break;
        }
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(Cancel)).Status);
        var suspended = new TaskCompletionSource();
        connection.StateChanged += _ => suspended.TrySetResult();
        foreach (var member in ensemble.Members)
            member.Kill();
        await suspended.Task.WaitAsync(Cancel);
        Assert.Equal(HealthStatus.Degraded, (await health.CheckHealthAsync(Cancel)).Status);
        Assert.False(client!.Ended.IsCompleted);
    }

    [Fact]
    public async Task An_HttpClient_reaches_a_service_by_its_name_and_only_its_living_instances()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        var builder = Application(ensemble);
        builder.Services.AddServiceDiscovery();
        builder.Services.AddQuorateServiceEndpointProvider();
        builder.Services.AddHttpClient("orders", http => http.BaseAddress = new("http://orderService")).AddServiceDiscovery();
        using var callers = builder.Build();
        await callers.StartAsync(Cancel);
        using var orders = callers.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        using (var first = await Offer(ensemble, "first"))
        {
            Assert.Equal("first", await Until(orders, "first"));
            using var second = await Offer(ensemble, "second");
            Assert.Equal("second", await Until(orders, "second"));
            await first.StopAsync(Cancel);
            using var third = await Offer(ensemble, "third");
            Assert.Equal("third", await Until(orders, "third"));
            var seen = new HashSet<string>();
            for (var i = 0; i < 10; i++)
                seen.Add(await orders.GetStringAsync("/", Cancel));
            Assert.DoesNotContain("first", seen);
            await Task.WhenAll(second.StopAsync(Cancel), third.StopAsync(Cancel));
        }
    }

    /// <summary>Calls until one answers: who has just come is known a moment later.</summary>
    private static async Task<string> Until(HttpClient http, string expected)
    {
        while (true)
            try
            {
                if (await http.GetStringAsync("/", Cancel) is var answer && answer == expected)
                    return answer;
            }
            catch (Exception problem) when (problem is HttpRequestException or InvalidOperationException)
            {
                await Task.Delay(20, Cancel);
            }
    }

    /// <summary>An application that answers every request with its name, and is registered.</summary>
    private static async Task<IHost> Offer(MemoryEnsemble ensemble, string name)
    {
        var builder = Application(ensemble);
        builder.Services.AddSingleton(new Offered(name));
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Offered>());
        builder.Services.AddQuorateServiceInstance(provider => new()
        {
            Service = "orderService",
            Id = name,
            Endpoint = new(provider.GetRequiredService<Offered>().Address),
        });
        var host = builder.Build();
        await host.StartAsync(Cancel);
        return host;
    }

    private sealed class Offered(string name) : BackgroundService
    {
        private readonly HttpListener _listener = new();

        public string Address { get; } = $"http://127.0.0.1:{ServerProcess.FreePort()}/";

        public override Task StartAsync(CancellationToken cancellationToken)
        {
            _listener.Prefixes.Add(Address);
            _listener.Start();
            return base.StartAsync(cancellationToken);
        }

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using var closing = stoppingToken.Register(_listener.Close);
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(name), stoppingToken);
                    context.Response.Close();
                }
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // It is over.
            }
        }
    }

    [Fact]
    public async Task Settings_are_znodes_and_follow_them()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var client = await ZooClient.ConnectAsync(
            new ZooClientOptions { ConnectionString = "member-1", Transport = new MemoryTransport(ensemble) }, Cancel);
        foreach (var (path, value) in ((string, string)[])[("/app", ""), ("/app/Orders", ""), ("/app/Orders/Limit", "10"), ("/app/Name", "one"), ("/app/Empty", "")])
            await client.CreateAsync(path, Encoding.UTF8.GetBytes(value), cancellation: Cancel);
        using var settings = new ConfigurationManager();
        settings.AddInMemoryCollection([new("QuorateClient:ConnectionString", "member-2"), new("Name", "before")]);
        settings.AddQuorate("/app", transport: new MemoryTransport(ensemble));
        Assert.Equal(("10", "one", ""), (settings["Orders:Limit"], settings["name"], settings["Empty"]));
        Assert.Null(settings["Orders"]);
        var reloaded = new TaskCompletionSource();
        using var registration = ((IConfiguration)settings).GetReloadToken().RegisterChangeCallback(_ => reloaded.TrySetResult(), null);
        await client.Transaction()
            .SetData("/app/Orders/Limit", "20"u8.ToArray()).SetData("/app/Name", "two"u8.ToArray()).CommitAsync(Cancel);
        await reloaded.Task.WaitAsync(Cancel);
        Assert.Equal(("20", "two"), (settings["Orders:Limit"], settings["Name"]));
    }

    [Fact]
    public async Task Whoever_listens_to_settings_and_throws_is_told_of_the_next_change()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(
            new ZooClientOptions { ConnectionString = "member-1", Transport = new MemoryTransport(ensemble) }, Cancel);
        await client.CreateAsync("/app", cancellation: Cancel);
        using var settings = new ConfigurationManager();
        settings.AddQuorate(
            "/app", configure: static options => options.ConnectionString = "member-1", transport: new MemoryTransport(ensemble));
        foreach (var name in (string[])["/app/a", "/app/b"])
        {
            var told = new TaskCompletionSource();
            using var registration = ((IConfiguration)settings).GetReloadToken().RegisterChangeCallback(
                _ =>
                {
                    told.SetResult();
                    throw new InvalidDataException(name);
                }, null);
            await client.CreateAsync(name, cancellation: Cancel);
            await told.Task.WaitAsync(Cancel);
        }
    }

    [Fact]
    public async Task A_callback_that_throws_is_logged_and_ends_nothing()
    {
        using var ensemble = MemoryEnsemble.Start();
        var builder = Application(ensemble);
        using var log = new Notes();
        builder.Logging.AddProvider(log);
        using var host = builder.Build();
        var connection = host.Services.GetRequiredService<QuorateConnection>();
        connection.StateChanged += static _ => throw new InvalidDataException("mine");
        var client = await connection.GetAsync(Cancel);
        while (!log.Lines.Any(static line => line.Contains("mine", StringComparison.Ordinal)))
            await Task.Delay(5, Cancel);
        Assert.NotNull(await client.ExistsAsync("/", Cancel));
    }

    [Fact]
    public async Task Settings_whose_listener_throws_or_that_cannot_be_read_for_a_while_say_so_and_are_followed_on()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(
            new ZooClientOptions { ConnectionString = "member-1", Transport = new MemoryTransport(ensemble) }, Cancel);
        await client.AddAuthAsync("digest", "me:secret"u8.ToArray(), Cancel);
        await client.CreateAsync("/app", cancellation: Cancel);
        await client.CreateAsync("/app/Limit", "1"u8.ToArray(), cancellation: Cancel);
        var builder = Application(ensemble);
        using var log = new Notes();
        builder.Logging.AddProvider(log);
        builder.Configuration.AddQuorate("/app", transport: new MemoryTransport(ensemble));
        using var host = builder.Build();
        await host.StartAsync(Cancel);
        using var listening = ChangeToken.OnChange(((IConfiguration)builder.Configuration).GetReloadToken, () =>
        {
            if (builder.Configuration["Limit"] == "bad")
                throw new InvalidDataException("Limit is bad");
        });
        foreach (var limit in (string[])["bad", "2"])
        {
            await client.SetDataAsync("/app/Limit", Encoding.UTF8.GetBytes(limit), cancellation: Cancel);
            await Until(() => builder.Configuration["Limit"] == limit);
        }
        await Until(() => log.Says("/app", "Limit is bad"));
        await client.SetAclAsync("/app", AclRule.Creator, cancellation: Cancel);
        BreakConnections(ensemble);
        await Until(() => log.Says("/app", "cannot be followed"));
        await Persistence.Persist(() => client.SetAclAsync("/app", AclRule.Open, cancellation: Cancel));
        await client.SetDataAsync("/app/Limit", "3"u8.ToArray(), cancellation: Cancel);
        await Until(() => builder.Configuration["Limit"] == "3");
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task Optional_settings_that_come_after_the_application_has_begun_are_told_as_a_change()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(
            new ZooClientOptions { ConnectionString = "member-1", Transport = new MemoryTransport(ensemble) }, Cancel);
        await client.CreateAsync("/app", cancellation: Cancel);
        await client.CreateAsync("/app/Limit", "1"u8.ToArray(), cancellation: Cancel);
        var slow = new SlowTransport(new MemoryTransport(ensemble));
        using var settings = new ConfigurationManager();
        settings.AddQuorate("/app", optional: true, static options =>
            (options.ConnectionString, options.ConnectTimeout) = ("member-1", TimeSpan.FromMilliseconds(500)), slow);
        var told = new TaskCompletionSource();
        using var listening = ChangeToken.OnChange(((IConfiguration)settings).GetReloadToken, () => told.TrySetResult());
        slow.GoOn();
        await told.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        Assert.Equal("1", settings["Limit"]);
    }

    /// <summary>Whoever follows something reads it anew then, and finds out what it may not read any more.</summary>
    private static void BreakConnections(MemoryEnsemble ensemble)
    {
        ensemble.Members[0].Kill();
        ensemble.Members[0].Restart();
    }

    private static async Task Until(Func<bool> holds)
    {
        while (!holds())
            await Task.Delay(5, Cancel);
    }

    /// <summary>Connections that open sessions, and carry nothing else until they may.</summary>
    private sealed class SlowTransport(ClientTransport inner) : ClientTransport
    {
        private readonly TaskCompletionSource _goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override TimeProvider Time => inner.Time;

        public override IClientLink Connect(ServerAddress server, ILinkOwner owner) => new Link(inner.Connect(server, owner), _goesOn.Task);

        public void GoOn() => _goesOn.SetResult();

        private sealed class Link(IClientLink inner, Task goesOn) : IClientLink
        {
            private Task? _last;

            public void Send(ReadOnlySpan<byte> bytes)
            {
                if (_last is null)
                    inner.Send(bytes);
                _last = _last is null ? goesOn : SendBehind(_last, bytes.ToArray());
            }

            public void Close() => inner.Close();

            private async Task SendBehind(Task last, byte[] bytes)
            {
                await last;
                inner.Send(bytes);
            }
        }
    }

    [Fact]
    public async Task A_service_that_could_not_be_followed_any_more_is_looked_up_anew()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(
            new ZooClientOptions { ConnectionString = "member-1", Transport = new MemoryTransport(ensemble) }, Cancel);
        await client.AddAuthAsync("digest", "me:secret"u8.ToArray(), Cancel);
        using var host = Application(ensemble).Build();
        var registry = host.Services.GetRequiredService<ServiceRegistry>();
        await using var own = await registry.Register(new() { Service = "orderService", Endpoint = new("http://10.0.0.7:8080") }, Cancel);
        Assert.True(ServiceEndpointQuery.TryParse("http://orderService", out var query));
        Assert.True(new RegistryEndpoints(registry).TryCreateProvider(query, out var provider));
        await using var service = provider;
        var first = new Found();
        await service.PopulateAsync(first, Cancel);
        Assert.Single(first.Endpoints);
        await client.SetAclAsync("/services/orderService", AclRule.Creator, cancellation: Cancel);
        BreakConnections(ensemble);
        await Until(() => first.Token!.HasChanged);
        await Assert.ThrowsAsync<NoAuthException>(async () => await service.PopulateAsync(new Found(), Cancel));
        await Persistence.Persist(() => client.SetAclAsync("/services/orderService", AclRule.Open, cancellation: Cancel));
        var again = new Found();
        await service.PopulateAsync(again, Cancel);
        Assert.Single(again.Endpoints);
        Assert.False(again.Token!.HasChanged);
    }

    private sealed class Found : IServiceEndpointBuilder
    {
        public IChangeToken? Token { get; private set; }

        public IList<ServiceEndpoint> Endpoints { get; } = [];

        public IFeatureCollection Features { get; } = new FeatureCollection();

        public void AddChangeToken(IChangeToken changeToken) => Token = changeToken;
    }

    private sealed class Notes : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception) + exception?.Message);

        public bool Says(params string[] words) =>
            Lines.Any(line => Array.TrueForAll(words, word => line.Contains(word, StringComparison.Ordinal)));

        public void Dispose() { }
    }

    [Fact]
    public void Settings_that_cannot_be_read_are_named_unless_they_are_optional()
    {
        using var ensemble = MemoryEnsemble.Start();
        ensemble.Members[0].Kill();
        void Configure(QuorateClientOptions options) =>
            (options.ConnectionString, options.ConnectTimeout) = ("member-1", TimeSpan.FromMilliseconds(100));
        using var settings = new ConfigurationManager();
        var refusal = Assert.Throws<InvalidOperationException>(
            () => settings.AddQuorate("/app", configure: Configure, transport: new MemoryTransport(ensemble)));
        Assert.Contains("/app", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("member-1", refusal.Message, StringComparison.Ordinal);
        using var others = new ConfigurationManager();
        others.AddQuorate("/app", optional: true, Configure, new MemoryTransport(ensemble));
        Assert.Null(others["anything"]);
        using var none = new ConfigurationManager();
        Assert.Contains("QuorateClient:ConnectionString", Assert.Throws<ArgumentException>(() => none.AddQuorate("/app")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operations_can_be_observed()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(
            new ZooClientOptions { ConnectionString = "member-1", Transport = new MemoryTransport(ensemble) }, Cancel);
        var path = "/observed-" + Guid.NewGuid().ToString("N");
        var activities = new List<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ClientTelemetry.Name,
            Sample = static (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if ((string?)activity.GetTagItem("quorate.path") == path)
                    activities.Add($"{activity.DisplayName} {activity.Status} {activity.GetTagItem("error.type")}".Replace(path, "PATH", StringComparison.Ordinal).Trim());
            },
        };
        var durations = 0;
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, meters) =>
            {
                if (instrument.Meter.Name == ClientTelemetry.Name)
                    meters.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref durations));
        meters.Start();
        ActivitySource.AddActivityListener(listener);
        await client.CreateAsync(path, cancellation: Cancel);
        await Assert.ThrowsAsync<NodeExistsException>(async () => await client.CreateAsync(path, cancellation: Cancel));
        await client.DeleteAsync(path, cancellation: Cancel);
        Assert.Equal(["Create2 PATH Unset", "Create2 PATH Error NodeExists", "Delete PATH Unset"], activities);
        Assert.InRange(durations, 3, int.MaxValue);
    }
}
