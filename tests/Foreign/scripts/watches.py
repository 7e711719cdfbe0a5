"""One-shot watches of exists, get and get_children, from another client's changes and from one's own."""
from common import *
from kazoo.protocol.states import EventType

c, other = client(), client()
root = fresh(c)
seen = []


def watch(event):
    seen.append((event.type, event.path))


def expect(*events):
    c.sync(root)
    until(lambda: len(seen) >= len(events), "%r are seen" % (events,))
    equal(sorted(seen), sorted(events))
    seen.clear()


equal(c.exists(root + "/a", watch=watch), None)
other.create(root + "/a", b"1")
expect((EventType.CREATED, root + "/a"))
other.set(root + "/a", b"2")
expect()
equal(c.get(root + "/a", watch=watch)[0], b"2")
other.set(root + "/a", b"3")
other.set(root + "/a", b"4")
expect((EventType.CHANGED, root + "/a"))
equal(c.get_children(root + "/a", watch=watch), [])
other.create(root + "/a/k")
expect((EventType.CHILD, root + "/a"))
equal(c.get_children(root + "/a", watch=watch), ["k"])
other.set(root + "/a/k", b"not a change of the children")
expect()
other.delete(root + "/a/k")
expect((EventType.CHILD, root + "/a"))
c.get(root + "/a", watch=watch)
c.get_children(root, watch=watch)
other.delete(root + "/a")
expect((EventType.DELETED, root + "/a"), (EventType.CHILD, root))
c.exists(root + "/b", watch=watch)
c.create(root + "/b")
expect((EventType.CREATED, root + "/b"))

values = []
changed = c.handler.event_object()


@c.DataWatch(root + "/b")
def data(value, stat):
    values.append(value)


for n in range(3):
    other.set(root + "/b", b"%d" % n)
    until(lambda: values[-1] == b"%d" % n, "the value is seen")
other.delete(root + "/b")
until(lambda: values[-1] is None, "the deletion is seen")
c.stop()
other.stop()
verdict()
