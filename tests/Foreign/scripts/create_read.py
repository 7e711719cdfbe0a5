"""create, read, set, exists, delete, children, stat, versions; empty, null, big and odd values."""
from common import *
from kazoo.exceptions import BadVersionError, NodeExistsError, NoNodeError, NotEmptyError

c = client()
root = fresh(c)
equal(c.create(root + "/a", b"one"), root + "/a")
data, stat = c.get(root + "/a")
equal(data, b"one")
equal((stat.version, stat.cversion, stat.aversion, stat.ephemeralOwner, stat.dataLength, stat.numChildren), (0, 0, 0, 0, 3, 0))
equal(stat.czxid, stat.mzxid)
equal(stat.pzxid, stat.czxid)
assert abs(stat.created - time.time()) < 60, "ctime is now"
after = c.set(root + "/a", b"four")
equal((after.version, after.dataLength), (1, 4))
assert after.mzxid > stat.mzxid
raises(BadVersionError, c.set, root + "/a", b"x", version=0)
equal(c.set(root + "/a", b"x", version=1).version, 2)
raises(NodeExistsError, c.create, root + "/a")
raises(NoNodeError, c.get, root + "/none")
raises(NoNodeError, c.create, root + "/none/below")
equal(c.exists(root + "/none"), None)
path, made = c.create(root + "/a/b", b"", include_data=True)
equal((path, made.version), (root + "/a/b", 0))
c.create(root + "/a/c/d/e", b"deep", makepath=True)
names, stat = c.get_children(root + "/a", include_data=True)
equal(sorted(names), ["b", "c"])
equal((stat.numChildren, stat.cversion), (2, 2))
raises(NotEmptyError, c.delete, root + "/a")
raises(BadVersionError, c.delete, root + "/a/b", version=3)
c.delete(root + "/a/b", version=0)
equal(c.get_children(root + "/a"), ["c"])
big = bytes(range(256)) * 4000
c.set(root + "/a", big)
equal(c.get(root + "/a")[0], big)
c.set(root + "/a", b"")
equal(c.get(root + "/a")[0], b"")
c.create(root + "/ütf-8 ☃", "schön".encode())
equal(sorted(c.get_children(root)), ["a", "ütf-8 ☃"])
many = [c.create_async("%s/n%d" % (root, n), b"%d" % n) for n in range(500)]
equal([r.get(PATIENCE) for r in many], ["%s/n%d" % (root, n) for n in range(500)])
equal(len(c.get_children(root)), 502)
equal(c.sync(root), root)
c.delete(root, recursive=True)
equal(c.exists(root), None)
equal(c.command(b"ruok"), "imok")
assert c.server_version() >= (3, 4), "the version that envi tells"
c.stop()
verdict()
