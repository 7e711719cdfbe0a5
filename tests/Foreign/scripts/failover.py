"""Three clients that know all members, each connected to another one at first, work on while members go and come back.

Each has one session for all the time, reads what it was told, and counts how often it was disconnected. The test ends members when the node
"ready" is there, and makes the node "over"; it knows a client by the owner of its ephemeral node, and judges the counts.
"""
import signal
import threading

from common import HOSTS, ROOT, client, equal, fresh, until, verdict
from kazoo.client import KazooState
from kazoo.exceptions import ConnectionLoss, OperationTimeoutError
from kazoo.handlers.threading import KazooTimeoutError

signal.alarm(600)


class Worker(threading.Thread):
    def __init__(self, number, hosts):
        super().__init__(daemon=True)
        self.number, self.disconnections, self.problem = number, 0, None
        # Long, so that even on a machine that is slow out of all proportion nobody leaves a member that is only waiting for a leader.
        self.client = client(hosts=hosts, timeout=60.0, patience=90.0, randomize_hosts=False)
        self.client.add_listener(self.changed)
        self.session = self.client.client_id[0]

    def changed(self, state):
        if state == KazooState.SUSPENDED:
            self.disconnections += 1
        elif state == KazooState.LOST and not over.is_set():
            self.problem = AssertionError("the session was lost")

    def run(self):
        try:
            self.work()
        except BaseException as e:
            self.problem = e

    def work(self):
        c, counter = self.client, "%s/counter-%d" % (ROOT, self.number)
        acknowledged = sent = 0
        while not over.is_set():
            try:
                sent = max(sent, acknowledged) + 1
                c.set(counter, b"%d" % sent)
                acknowledged = sent
                c.sync(ROOT)
                value = int(c.get(counter)[0])
                assert value == acknowledged, "read %d after %d was acknowledged" % (value, acknowledged)
                if c.exists(ROOT + "/over"):
                    over.set()
            except (ConnectionLoss, OperationTimeoutError, KazooTimeoutError):
                until(lambda: c.connected, "connected again", patience=90.0)
        equal(c.client_id[0], self.session)
        equal(c.exists("%s/mine-%d" % (ROOT, self.number)).ephemeralOwner, self.session)


over = threading.Event()
members = HOSTS.split(",")
workers = [Worker(n, ",".join(members[n:] + members[:n])) for n in range(len(members))]
fresh(workers[0].client)
for worker in workers:
    worker.client.create("%s/mine-%d" % (ROOT, worker.number), ephemeral=True)
    worker.client.create("%s/counter-%d" % (ROOT, worker.number), b"0")
for worker in workers:
    worker.start()
workers[0].client.create(ROOT + "/ready")
for worker in workers:
    worker.join()
    if worker.problem:
        raise worker.problem
    print("client %d disconnected %d" % (worker.number, worker.disconnections))
    worker.client.stop()
verdict()
