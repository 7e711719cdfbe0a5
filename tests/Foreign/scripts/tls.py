"""kazoo over TLS: `python tls.py HOST:PORT FOLDER`, with FOLDER holding ca.pem and client.pem (certificate and key of CN=job,O=Quorate)."""
import os
import sys

from common import PATIENCE, ROOT, equal, fresh, raises, verdict
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError
from kazoo.security import ACL, Id

FOLDER = sys.argv[2]


def client(certified):
    mine = os.path.join(FOLDER, "client.pem")
    named = dict(certfile=mine, keyfile=mine) if certified else {}
    c = KazooClient(hosts=sys.argv[1], timeout=8.0, use_ssl=True, ca=os.path.join(FOLDER, "ca.pem"), **named)
    c.start(timeout=PATIENCE)
    return c


job, stranger = client(True), client(False)
fresh(stranger)
secret = ROOT + "/secret"
job.create(secret, b"x" * 300_000, acl=[ACL(31, Id("x509", "CN=job,O=Quorate"))])
equal(len(job.get(secret)[0]), 300_000)
raises(NoAuthError, stranger.get, secret)
job.delete(secret)
for c in (job, stranger):
    c.stop()
    c.close()
verdict()
