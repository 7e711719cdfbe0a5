"""Who is let in. Arguments: HOST:PORT, then NAME=FATE with a certificate's name, or nobody for none, and refused, admitted (without a name)
or known."""
from concurrent.futures import ThreadPoolExecutor
from common import *
from kazoo.exceptions import InvalidACLError
from kazoo.handlers.threading import KazooTimeoutError
from kazoo.security import CREATOR_ALL_ACL


def judge(argument):
    name, fate = argument.split("=")
    certificate = None if name == "nobody" else name
    if fate == "refused":
        raises(KazooTimeoutError, client, certificate=certificate, patience=5)
        return
    c = client(certificate=certificate)
    path = "/admission-" + name
    if fate == "known":
        c.create(path, acl=CREATOR_ALL_ACL)
    else:
        raises(InvalidACLError, c.create, path, acl=CREATOR_ALL_ACL)
    c.stop()


with ThreadPoolExecutor() as pool:
    list(pool.map(judge, sys.argv[2:]))
verdict()
