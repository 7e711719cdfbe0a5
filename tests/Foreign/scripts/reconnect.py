"""The connection breaks, the session does not: same id, ephemerals there, credentials restored, and what changed meanwhile is seen."""
from common import *
from kazoo.client import KazooState
from kazoo.protocol.states import EventType
from kazoo.security import CREATOR_ALL_ACL

c, other = client(), client()
c.add_auth("digest", "carol:pw")
root = fresh(c)
states, values, told = [], [], []
c.add_listener(states.append)
session = c.client_id
c.create(root + "/e", ephemeral=True)
c.create(root + "/mine", acl=CREATOR_ALL_ACL)
c.create(root + "/data", b"start")


@c.DataWatch(root + "/data")
def data(value, stat):
    values.append(value)


for round in range(6):
    told.clear()
    c.exists(root + "/none", watch=lambda event: told.append(event.type))
    states.clear()
    break_connection(c)
    if round % 2 == 0:  # a change while it is away
        other.set(root + "/data", b"%d" % round)
    until(lambda: states == [KazooState.SUSPENDED, KazooState.CONNECTED], "it is suspended and connected again")
    if round % 2 == 1:  # a change after it is back
        other.set(root + "/data", b"%d" % round)
    until(lambda: values[-1] == b"%d" % round, "the change is seen")
    until(lambda: told == [EventType.NONE], "this client gives up its one-shot watches, and says so")
    equal(c.client_id, session)
    equal(other.get(root + "/e")[1].ephemeralOwner, session[0])
    c.get(root + "/mine")
    c.create(root + "/after%d" % round)
assert KazooState.LOST not in states
c.stop()
until(lambda: other.exists(root + "/e") is None, "the ephemeral is gone")
other.stop()
verdict()
