"""kazoo's Party and ShallowParty: who is here, with nobody left after they leave."""
from common import *

a, b = client(), client()
root = fresh(a)
for kind in ("Party", "ShallowParty"):
    path = "%s/%s" % (root, kind)
    one, two = getattr(a, kind)(path, "one"), getattr(b, kind)(path, "two")
    one.join()
    two.join()
    equal((sorted(one), len(two)), (["one", "two"], 2))
    one.leave()
    equal(list(two), ["two"])
    one.join()
    equal(len(one), 2)
b.stop()
equal(list(a.Party(root + "/Party")), ["one"])
a.stop()
verdict()
