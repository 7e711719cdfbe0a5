"""kazoo's Election: one leader at a time, each in turn, and the next one when the leader is gone."""
import threading

from common import *

clients = [client() for _ in range(3)]
root = fresh(clients[0])
led, leading, lock = [], [], threading.Lock()


def lead(name):
    with lock:
        leading.append(name)
        assert leading == [name], "two leaders: %r" % leading
    time.sleep(0.1)
    with lock:
        leading.remove(name)
        led.append(name)


elections = [c.Election(root + "/election", "c%d" % n) for n, c in enumerate(clients)]
threads = [threading.Thread(target=e.run, args=(lead, n), daemon=True) for n, e in enumerate(elections)]
for t in threads:
    t.start()
for t in threads:
    t.join(PATIENCE)
equal(sorted(led), [0, 1, 2])

# The leader goes away in office: its session is closed, the next one leads.
taken, follow = threading.Event(), threading.Event()
first, second = clients[0].Election(root + "/election", "first"), clients[1].Election(root + "/election", "second")
holder = threading.Thread(target=first.run, args=(lambda: (taken.set(), time.sleep(PATIENCE)),), daemon=True)
holder.start()
wait(taken, "the first leader")
threading.Thread(target=second.run, args=(follow.set,), daemon=True).start()
until(lambda: second.contenders() == ["first", "second"], "both contend")
assert not follow.is_set()
clients[0].stop()
wait(follow, "the second leader")
for c in clients[1:]:
    c.stop()
verdict()
