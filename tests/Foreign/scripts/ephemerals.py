"""Ephemeral and sequential nodes: ownership, numbering, and their end with a session that is closed."""
from common import *
from kazoo.exceptions import NoChildrenForEphemeralsError

c, other = client(), client()
root = fresh(c)
c.create(root + "/e", b"mine", ephemeral=True)
equal(other.get(root + "/e")[1].ephemeralOwner, c.client_id[0])
raises(NoChildrenForEphemeralsError, c.create, root + "/e/below")
equal([c.create(root + "/s-", sequence=True) for _ in range(3)], ["%s/s-%010d" % (root, n) for n in range(1, 4)])
c.delete(root + "/s-0000000003")
equal(c.create(root + "/s-", sequence=True), root + "/s-0000000004")
both = other.create(root + "/es-", ephemeral=True, sequence=True)
equal(both, root + "/es-0000000005")
equal(c.get(both)[1].ephemeralOwner, other.client_id[0])
gone = c.handler.event_object()
assert c.exists(both, watch=lambda event: gone.set())
other.stop()
wait(gone, "the end of the other's ephemeral")
equal(c.exists(both), None)
equal(sorted(c.get_children(root)), ["e", "s-0000000001", "s-0000000002", "s-0000000004"])
c.delete(root + "/e")
c.stop()
verdict()
