"""ACLs and auth: digest users, what each permission allows, ip and world, and who may change them."""
from common import *
from kazoo.exceptions import InvalidACLError, NoAuthError
from kazoo.security import ACL, CREATOR_ALL_ACL, Id, OPEN_ACL_UNSAFE, READ_ACL_UNSAFE, make_acl, make_digest_acl, make_digest_acl_credential

alice = client(auth_data=[("digest", "alice:secret")])
bob = client(auth_data=[("digest", "bob:hidden")])
nobody = client()
root = fresh(nobody)
acl = [make_digest_acl("alice", "secret", all=True), make_digest_acl("bob", "hidden", read=True), make_acl("world", "anyone", create=True)]
alice.create(root + "/a", b"1", acl=acl)
equal(bob.get(root + "/a")[0], b"1")
raises(NoAuthError, bob.set, root + "/a", b"2")
raises(NoAuthError, nobody.get, root + "/a")
raises(NoAuthError, nobody.get_children, root + "/a")
nobody.create(root + "/a/below")
raises(NoAuthError, bob.delete, root + "/a/below")
alice.delete(root + "/a/below")
assert nobody.exists(root + "/a"), "exists needs no permission"
got, stat = alice.get_acls(root + "/a")
equal(stat.aversion, 0)
equal(sorted((a.id.scheme, a.id.id, a.perms) for a in got), sorted([
    ("digest", make_digest_acl_credential("alice", "secret"), 31),
    ("digest", make_digest_acl_credential("bob", "hidden"), 1),
    ("world", "anyone", 4)]))
equal({a.id.id for a in bob.get_acls(root + "/a")[0]}, {"alice:x", "bob:x", "anyone"})
raises(NoAuthError, bob.set_acls, root + "/a", OPEN_ACL_UNSAFE)
alice.set_acls(root + "/a", OPEN_ACL_UNSAFE)
bob.set(root + "/a", b"2")
bob.create(root + "/mine", acl=CREATOR_ALL_ACL)
equal(bob.get_acls(root + "/mine")[0][0].id.id, make_digest_acl_credential("bob", "hidden"))
raises(NoAuthError, alice.get, root + "/mine")
raises(InvalidACLError, nobody.create, root + "/theirs", acl=CREATOR_ALL_ACL)
raises(InvalidACLError, nobody.create, root + "/bad", acl=[ACL(31, Id("nothing", "known"))])
nobody.create(root + "/home", acl=[make_acl("ip", "127.0.0.1", all=True)])
nobody.set(root + "/home", b"from here")
nobody.create(root + "/away", acl=[make_acl("ip", "10.0.0.0/8", all=True)])
raises(NoAuthError, nobody.get, root + "/away")
nobody.create(root + "/public", acl=READ_ACL_UNSAFE)
raises(NoAuthError, nobody.set, root + "/public", b"")
nobody.add_auth("digest", "bob:hidden")
nobody.get(root + "/mine")
super_ = client(auth_data=[("digest", "super:secret")])
super_.get(root + "/away")
super_.delete(root, recursive=True)
for c in (alice, bob, nobody, super_):
    c.stop()
verdict()
