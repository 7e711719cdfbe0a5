using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Actors;
using Quorate.Simulation.Histories;

namespace Quorate.Tests.Simulations;

/// <summary>A recipe that is shown other numbers than the service gives, and what it says of them.</summary>
public class NumbersTests
{
    private static readonly Numbers Shifted = new(int.MaxValue - 1);

    [Theory]
    [InlineData("/q/_c_0-lock-2147483646", "/q/_c_0-lock-0000000000")]
    [InlineData("/q/_c_0-lock--2147483648", "/q/_c_0-lock-0000000002")]
    [InlineData("/q/_c_0-lock-", "/q/_c_0-lock-")]
    public void A_path_goes_out_with_the_number_that_the_service_gave(string seen, string given) => Assert.Equal(given, Shifted.Outward(seen));

    [Fact]
    public void Of_a_transaction_the_path_of_its_guard_does()
    {
        var record = Record(new Request.Check("/q/_c_0-lock-2147483647", -1), new Request.SetData("/q-done", [1], -1));
        Assert.Equal(Record(new Request.Check("/q/_c_0-lock-0000000001", -1), new Request.SetData("/q-done", [1], -1)), Shifted.Outward(OpCode.Multi, record));
        Assert.Same(record, new Numbers(0).Outward(OpCode.Multi, record));
    }

    private static byte[] Record(params Request[] parts)
    {
        var arena = new Arena();
        RequestWriter.Write(new(arena), new Request.Multi(parts));
        return arena.Written.ToArray();
    }
}
