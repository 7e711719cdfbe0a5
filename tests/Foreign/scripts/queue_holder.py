"""One place in a queue that the other places of which programs of another library hold: takes it twice, each time until it is told to leave.

Run as `python queue_holder.py HOST:PORT KIND PATH`. What it does it tells, and is told, by znodes beside the queue: PATH-held-1, PATH-leave-1 and so on.
"""
from common import *

kind, path = sys.argv[2], sys.argv[3]
c = client()


def hold(number):
    c.create("%s-held-%d" % (path, number))
    until(lambda: c.exists("%s-leave-%d" % (path, number)), "told to leave", patience=120)


for number in (1, 2):
    if kind == "election":
        c.Election(path, "kazoo").run(hold, number)
    else:
        place = {"lock": c.Lock, "read": c.ReadLock, "write": c.WriteLock}[kind](path, "kazoo")
        assert place.acquire(timeout=120)
        hold(number)
        place.release()
c.stop()
verdict()
