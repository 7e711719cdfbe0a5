"""What a backup held is there: every node below /kept says its own name, and there are as many as /expected says; new ones can be made."""
from common import client, equal, verdict

c = client()
expected = int(c.get("/expected")[0])
names = c.get_children("/kept")
assert len(names) >= expected, "%d of %d nodes" % (len(names), expected)
for name in names:
    equal(c.get("/kept/" + name)[0].decode(), name)
c.create("/made-since", b"x", ephemeral=True)
equal(c.get("/made-since")[0], b"x")
c.stop()
verdict()
