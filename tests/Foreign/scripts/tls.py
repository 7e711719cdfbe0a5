"""TLS: a client's certificate says who it is, and access control lists go by that. Arguments: HOST:PORT VERSION, and alice's name as Java writes it."""
from common import *
from kazoo.exceptions import NoAuthError
from kazoo.security import CREATOR_ALL_ACL, make_acl

VERSION, ALICE = sys.argv[2], sys.argv[3]
alice = client(certificate="alice")
bob = client(certificate="bob")
equal(alice._connection._socket.version(), VERSION)
root = fresh(alice)

big = bytes(range(256)) * 1200
alice.create(root + "/hers", big, acl=[make_acl("x509", ALICE, all=True)])
equal(alice.get(root + "/hers")[0], big)
raises(NoAuthError, bob.get, root + "/hers")
bob.create(root + "/his", acl=CREATOR_ALL_ACL)
equal([(a.id.scheme, a.id.id, a.perms) for a in bob.get_acls(root + "/his")[0]], [("x509", "CN=bob", 31)])
raises(NoAuthError, alice.set, root + "/his", b"")

# After a reconnect, and a handshake that may be a short one, alice is still alice, and her watches are still set.
seen = alice.handler.event_object()
alice.exists(root + "/new", watch=lambda event: seen.set())
session = alice.client_id
break_connection(alice)
alice.retry(alice.set, root + "/hers", b"again")
equal(alice.client_id, session)
bob.create(root + "/new")
wait(seen, "the watch")
bob.delete(root + "/his")
alice.delete(root, recursive=True)
for c in (alice, bob):
    c.stop()
verdict()
