"""What every kazoo script shares: arguments, a client, and the verdict line.

A script is run as `python SCRIPT HOST:PORT` against a server with a tickTime of 500 ms, does its work below a node of its own, and ends with
the line "VERDICT ok". Whatever goes wrong is an exception, and then there is no such line. With the variable TLS_FOLDER its clients speak TLS,
with the certificates in that folder.
"""
import os
import signal
import socket
import sys
import time

from kazoo.client import KazooClient
from kazoo.retry import KazooRetry

HOSTS = sys.argv[1]
ROOT = "/kazoo-" + os.path.basename(sys.argv[0])[:-3]
PATIENCE = 60.0

signal.alarm(400)  # a script that hangs dies by itself


def client(timeout=40.0, certificate="alice", patience=PATIENCE, hosts=HOSTS, **options):
    """A connected client. It leaves a server that is silent for a quarter of its timeout, so that is long but where it is the point."""
    folder = os.environ.get("TLS_FOLDER")
    if folder:
        options.update(use_ssl=True, ca=folder + "/authority.pem")
        if certificate:
            options.update(certfile="%s/%s.crt" % (folder, certificate), keyfile="%s/%s.key" % (folder, certificate))
    c = KazooClient(hosts=hosts, timeout=timeout, connection_retry=KazooRetry(max_tries=-1, delay=0.05, max_delay=0.2), **options)
    c.start(timeout=patience)
    return c


def fresh(c):
    """An empty node for this script."""
    c.delete(ROOT, recursive=True) if c.exists(ROOT) else None
    c.create(ROOT)
    return ROOT


def equal(got, want):
    assert got == want, "got %r, want %r" % (got, want)


def raises(error, call, *args, **named):
    try:
        result = call(*args, **named)
    except error:
        return
    raise AssertionError("%s(%r) gave %r, not %s" % (call.__name__, args, result, error.__name__))


def wait(event, what):
    assert event.wait(PATIENCE), "waited in vain for " + what


def until(condition, what, patience=PATIENCE):
    end = time.time() + patience
    while not condition():
        assert time.time() < end, "waited in vain until " + what
        time.sleep(0.02)


def break_connection(c):
    """Cuts the TCP connection under a client, which knows nothing of it."""
    c._connection._socket.shutdown(socket.SHUT_RDWR)


def verdict():
    print("VERDICT ok", flush=True)
