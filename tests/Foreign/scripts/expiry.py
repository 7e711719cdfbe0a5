"""Sessions end: by time when the client's process dies, never before their time, and at once when someone else closes them."""
from common import *
from kazoo.client import KazooState

TIMEOUT = 2.0
observer = client()
root = fresh(observer)

# A process that dies without a word: its ephemeral outlives it by the timeout, not less.
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    doomed = client(timeout=TIMEOUT)
    doomed.create(root + "/doomed", ephemeral=True)
    os.write(writing, b"%d\n" % doomed.client_id[0])
    os.kill(os.getpid(), signal.SIGKILL)
owner = int(os.read(reading, 64))
os.waitpid(child, 0)
died = time.time()
gone = observer.handler.event_object()
stat = observer.exists(root + "/doomed", watch=lambda event: gone.set())
equal(stat.ephemeralOwner, owner)
wait(gone, "the end of the dead process's session")
lived = time.time() - died
assert lived > TIMEOUT * 0.8, "the session ended %.2f s after the process, its timeout is %s" % (lived, TIMEOUT)
equal(observer.exists(root + "/doomed"), None)

# A client that lives and pings stays longer than its timeout.
c = client(timeout=TIMEOUT)
states = []
c.add_listener(states.append)
c.create(root + "/kept", ephemeral=True)
first = c.client_id
time.sleep(TIMEOUT * 2)
assert observer.exists(root + "/kept")
equal(states, [])

# Another client takes the session over and closes it: the first one learns that it is lost, and gets a new one.
thief = client(client_id=first)
equal(thief.client_id[0], first[0])
thief.stop()
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
