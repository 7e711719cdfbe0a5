"""kazoo's ChildrenWatch sees every state that stays, across a broken connection too, and stops when told."""
from common import *

c, other = client(), client()
root = fresh(c)
seen = []


@c.ChildrenWatch(root)
def children(names):
    seen.append(sorted(names))
    return None if "stop" not in names else False


equal(seen, [[]])
for n in range(10):
    other.create("%s/k%d" % (root, n), ephemeral=n % 2 == 0)
    until(lambda: seen[-1] == ["k%d" % k for k in range(n + 1)], "all children are seen")
break_connection(c)
other.delete(root + "/k1")
until(lambda: "k1" not in seen[-1], "the deletion in between is seen")
other.stop()
until(lambda: seen[-1] == ["k3", "k5", "k7", "k9"], "the other's ephemerals are gone")
c.create(root + "/stop")
until(lambda: "stop" in seen[-1], "the last one is seen")
count = len(seen)
c.create(root + "/unseen")
c.sync(root)
equal(len(seen), count)
c.stop()
verdict()
