"""A client that knows all members and works on while one is killed and comes back: one session, nothing acknowledged lost.

The test ends a member when the node "ready" is there, brings it back, and makes the node "over".
"""
from common import ROOT, client, equal, fresh, until, verdict
from kazoo.exceptions import ConnectionLoss, OperationTimeoutError, SessionExpiredError
from kazoo.handlers.threading import KazooTimeoutError

c = client(timeout=20.0, patience=60.0)
fresh(c)
session = c.client_id[0]
c.create(ROOT + "/mine", ephemeral=True)
c.create(ROOT + "/counter", b"0")
c.create(ROOT + "/ready")

acknowledged = sent = 0
over = False
while not over:
    try:
        sent = max(sent, acknowledged) + 1
        c.set(ROOT + "/counter", b"%d" % sent)
        acknowledged = sent
        c.sync(ROOT)
        value = int(c.get(ROOT + "/counter")[0])
        assert value == acknowledged, "read %d after %d was acknowledged" % (value, acknowledged)
        over = c.exists(ROOT + "/over") is not None
    except (ConnectionLoss, OperationTimeoutError, KazooTimeoutError):
        until(lambda: c.connected, "connected again")
    except SessionExpiredError:
        raise AssertionError("the session was lost")

equal(c.client_id[0], session)
equal(c.exists(ROOT + "/mine").ephemeralOwner, session)
assert acknowledged > 20, "only %d writes" % acknowledged
c.stop()
verdict()
