"""kazoo's Counter: many clients add at once, and the sum is right."""
import threading

from common import *

clients = [client() for _ in range(4)]
root = fresh(clients[0])


def add(c):
    counter = c.Counter(root + "/counter")
    for _ in range(10):
        counter += 3
        counter -= 1


threads = [threading.Thread(target=add, args=(c,), daemon=True) for c in clients]
for t in threads:
    t.start()
for t in threads:
    t.join(PATIENCE)
equal(clients[0].Counter(root + "/counter").value, 4 * 10 * 2)
equal(clients[0].get(root + "/counter")[1].version, 4 * 10 * 2)
for c in clients:
    c.stop()
verdict()
