"""Sessions end: by time when the client's process dies, never before their time, and at once when someone else closes them."""
import threading

from common import *
from kazoo.client import KazooState

TIMEOUT = 3.0
observer = client()
root = fresh(observer)

# A process that dies without a word: its ephemeral outlives the last that the server heard of it by the timeout, not less.
made, watched, touching = os.pipe(), os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    doomed = client(timeout=TIMEOUT)
    doomed.create(root + "/doomed", ephemeral=True)
    os.write(made[1], b"%d" % doomed.client_id[0])
    os.read(watched[0], 1)
    before = time.monotonic()
    doomed.retry(doomed.exists, root)
    os.write(touching[1], b"%r" % before)
    os.kill(os.getpid(), signal.SIGKILL)
for theirs in (made[1], watched[0], touching[1]):
    os.close(theirs)
owner = int(os.read(made[0], 64))
gone = observer.handler.event_object()
stat = observer.exists(root + "/doomed", watch=lambda event: gone.set())
equal(stat.ephemeralOwner, owner)
os.write(watched[1], b"x")
touched = float(os.read(touching[0], 64))
os.waitpid(child, 0)
wait(gone, "the end of the dead process's session")
lived = time.monotonic() - touched
assert lived > TIMEOUT * 0.99, "the session ended %.2f s after it was touched, its timeout is %s" % (lived, TIMEOUT)
equal(observer.exists(root + "/doomed"), None)

# A client that lives and pings stays longer than its timeout.
c = client(timeout=TIMEOUT * 2)
states = []
c.add_listener(states.append)
c.create(root + "/kept", ephemeral=True)
first = c.client_id
time.sleep(TIMEOUT * 3)
assert observer.exists(root + "/kept")
equal(states, [])

# Another client takes the session over and closes it: the first one learns that it is lost, and gets a new one. It is kept from coming back
# before that: else the other might find itself without a connection when it wants to close the session.
may_connect = threading.Event()
connect = c.handler.create_connection
c.handler.create_connection = lambda *args, **named: may_connect.wait(PATIENCE) and connect(*args, **named)
thief = client(client_id=first)
equal(thief.client_id[0], first[0])
until(lambda: KazooState.SUSPENDED in states, "the owner has lost its connection")
thief.stop()
may_connect.set()
until(lambda: KazooState.LOST in states, "the session is known to be lost")
until(lambda: states[-1] == KazooState.CONNECTED, "there is a new session")
assert c.client_id[0] != first[0]
equal(observer.exists(root + "/kept"), None)

# The wrong password opens nothing, though trying it may cost the owner its connection for a moment.
mine = c.client_id
wrong = client(client_id=(mine[0], b"\x01" * 16))
until(lambda: wrong.client_id is not None and wrong.client_id[0] != mine[0], "there is another session")
until(lambda: c.client_id == mine, "the owner has its session")
for x in (wrong, c, observer):
    x.stop()
verdict()
