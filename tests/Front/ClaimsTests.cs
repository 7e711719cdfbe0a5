using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

/// <summary>Whom a member names to the leader, and who is meant by the answer.</summary>
public class ClaimsTests
{
    private static readonly SessionId Session = new(0x1_0000_0007);

    private readonly Claims _claims = new(new(1, 1));
    private readonly Arena _bytes = new();

    [Fact]
    public void A_connection_that_is_gone_is_not_claimed_since_its_session_may_have_come_back_on_another()
    {
        var (former, present) = (Carrying(attachment: 4), Carrying(attachment: 5));
        _claims.Heard(former);
        former.State = ConnectionState.Gone;
        _claims.Heard(present);
        _claims.Write(_bytes, round: 1, atMost: 10, Instant.Origin);
        var claims = new List<Claim>();
        Assert.True(Claims.TryRead(_bytes.Written, out _, claims));
        Assert.Equal(5u, Assert.Single(claims).Attachment);
    }

    [Fact]
    public void What_is_refused_is_the_connection_that_was_claimed_and_not_the_one_that_carries_the_session_since()
    {
        var former = Carrying(attachment: 4);
        _claims.Heard(former);
        _claims.Write(_bytes, round: 1, atMost: 10, Instant.Origin);
        Assert.Same(former, _claims.Claiming(Session));
        former.State = ConnectionState.Gone;
        _claims.Heard(Carrying(attachment: 5));
        Assert.Null(_claims.Claiming(Session));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void B1_no_life_of_a_member_asks_under_a_number_of_another(ulong birth, uint starts)
    {
        var former = new Claims(new(1, 1));
        var present = new Claims(new(birth, starts));
        former.Write(_bytes, round: 1, atMost: 10, Instant.Origin);
        present.Write(_bytes, round: 1, atMost: 10, Instant.Origin);
        Assert.NotEqual(former.Number, present.Number);
    }

    private static Connection Carrying(uint attachment) => new(new(attachment), 0, [], default)
    {
        State = ConnectionState.Established,
        Session = Session,
        Attachment = attachment,
    };
}
