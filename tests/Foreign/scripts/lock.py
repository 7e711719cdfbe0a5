"""kazoo's Lock: exclusion among many, fair order, time-out, and release by a connection that breaks and a session that ends."""
import threading

from common import *
from kazoo.exceptions import LockTimeout

clients = [client() for _ in range(4)]
root = fresh(clients[0])
inside, most, rounds, guard = [0], [0], [0], threading.Lock()


def contend(c, name):
    for _ in range(5):
        with c.Lock(root + "/lock", name):
            with guard:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.005)
            with guard:
                inside[0] -= 1
                rounds[0] += 1


threads = [threading.Thread(target=contend, args=(c, "c%d" % n), daemon=True) for n, c in enumerate(clients)]
for t in threads:
    t.start()
time.sleep(0.05)
break_connection(clients[1])
for t in threads:
    t.join(PATIENCE)
equal((rounds[0], most[0]), (20, 1))

held = clients[0].Lock(root + "/lock", "holder")
assert held.acquire(timeout=PATIENCE)
waiting = clients[1].Lock(root + "/lock", "waiter")
raises(LockTimeout, waiting.acquire, timeout=0.3)
assert not clients[2].Lock(root + "/lock").acquire(blocking=False)
equal(held.contenders(), ["holder"])
got = threading.Event()
threading.Thread(target=lambda: waiting.acquire(timeout=PATIENCE) and got.set(), daemon=True).start()
until(lambda: held.contenders() == ["holder", "waiter"], "the waiter waits")
clients[0].stop()
wait(got, "the lock after the holder's session ended")

with clients[2].ReadLock(root + "/rw"), clients[3].ReadLock(root + "/rw"):
    assert not clients[1].WriteLock(root + "/rw").acquire(blocking=False)
semaphore = clients[2].Semaphore(root + "/semaphore", max_leases=2)
other = clients[3].Semaphore(root + "/semaphore", max_leases=2)
third = clients[1].Semaphore(root + "/semaphore", max_leases=2)
assert semaphore.acquire(timeout=PATIENCE) and other.acquire(timeout=PATIENCE) and not third.acquire(blocking=False)
other.release()
assert third.acquire(timeout=PATIENCE)
for c in clients[1:]:
    c.stop()
verdict()
