"""multi: all of it or nothing, with a result for each operation."""
from common import *
from kazoo.exceptions import BadVersionError, NoNodeError, RolledBackError, RuntimeInconsistency

c = client()
root = fresh(c)
c.create(root + "/counter", b"0")
t = c.transaction()
t.check(root + "/counter", 0)
t.create(root + "/a", b"1")
t.create(root + "/a/b", b"2")
t.create(root + "/s-", sequence=True)
t.set_data(root + "/counter", b"1", version=0)
t.delete(root + "/a/b")
results = t.commit()
equal(results[:4], [True, root + "/a", root + "/a/b", root + "/s-0000000002"])
equal((results[4].version, results[5]), (1, True))
zxids = {c.get(root + p)[1].mzxid for p in ("/a", "/s-0000000002", "/counter")}
equal(len(zxids), 1)

t = c.transaction()
t.create(root + "/never", b"")
t.set_data(root + "/counter", b"2", version=0)
t.delete(root + "/a")
results = t.commit()
equal([type(r) for r in results], [RolledBackError, BadVersionError, RuntimeInconsistency])
equal(c.exists(root + "/never"), None)
equal(c.get(root + "/counter")[0], b"1")
assert c.exists(root + "/a")

events = []
c.get_children(root, watch=events.append)
t = c.transaction()
t.create(root + "/x")
t.delete(root + "/nowhere")
equal(type(t.commit()[1]), NoNodeError)
c.sync(root)
equal(events, [])
with c.transaction() as t:
    t.create(root + "/x")
    t.delete(root + "/x")
until(lambda: len(events) == 1, "the event of a multi that applied")
equal(c.exists(root + "/x"), None)
c.stop()
verdict()
