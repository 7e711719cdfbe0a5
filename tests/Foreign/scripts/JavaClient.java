import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * The Java client's own class: create, read, watch, ephemeral, sequential, multi, ACL, reconnect with watches restored, expiry.
 * Run as `java JavaClient.java HOST:PORT`; ends with the line "VERDICT ok".
 */
public class JavaClient {
    static final String ROOT = "/java-client";

    public static void main(String[] args) throws Exception {
        Thread alarm = new Thread(() -> {
            sleep(400_000);
            System.err.println("it hangs");
            Runtime.getRuntime().halt(3);
        });
        alarm.setDaemon(true);
        alarm.start();
        try (Relay relay = new Relay(Integer.parseInt(args[0].substring(args[0].lastIndexOf(':') + 1)))) {
            Client client = new Client("127.0.0.1:" + relay.port(), 40_000);
            Client other = new Client(args[0], 40_000);
            Client cleaner = new Client(args[0], 40_000);
            cleaner.zk.addAuthInfo("digest", bytes("super:secret"));
            if (cleaner.zk.exists(ROOT, false) != null)
                org.apache.zookeeper.ZKUtil.deleteRecursive(cleaner.zk, ROOT);
            nodes(client.zk);
            transactions(client.zk);
            acls(client.zk, other.zk);
            watches(client, other.zk);
            persistentWatches(client, other.zk);
            reconnect(client, other.zk, relay);
            expiry(client, other.zk, relay, args[0]);
            org.apache.zookeeper.ZKUtil.deleteRecursive(cleaner.zk, ROOT);
            cleaner.zk.close();
            other.zk.close();
        }
        System.out.println("VERDICT ok");
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    static void nodes(ZooKeeper zk) throws Exception {
        Stat stat = new Stat();
        equal(zk.create(ROOT, new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT), ROOT);
        equal(zk.create(ROOT + "/a", bytes("one"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, stat), ROOT + "/a");
        equal(stat.getVersion(), 0);
        equal(stat.getCzxid(), stat.getMzxid());
        fails(KeeperException.Code.NODEEXISTS, () -> zk.create(ROOT + "/a", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
        equal(text(zk.getData(ROOT + "/a", false, stat)), "one");
        equal(zk.setData(ROOT + "/a", bytes("two"), 0).getVersion(), 1);
        fails(KeeperException.Code.BADVERSION, () -> zk.setData(ROOT + "/a", null, 0));
        equal(zk.create(ROOT + "/s-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL), ROOT + "/s-0000000001");
        equal(zk.getData(ROOT + "/s-0000000001", false, stat), null);
        zk.create(ROOT + "/e", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        equal(zk.exists(ROOT + "/e", false).getEphemeralOwner(), zk.getSessionId());
        equal(zk.create(ROOT + "/es-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL), ROOT + "/es-0000000003");
        fails(KeeperException.Code.NOCHILDRENFOREPHEMERALS, () -> zk.create(ROOT + "/e/x", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
        zk.create(ROOT + "/container", null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
        zk.create(ROOT + "/container/k", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.delete(ROOT + "/container/k", -1);
        until(() -> missing(zk, ROOT + "/container"));
        zk.create(ROOT + "/ttl", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, stat, 300);
        until(() -> missing(zk, ROOT + "/ttl"));
        List<String> names = zk.getChildren(ROOT, false, stat);
        Collections.sort(names);
        equal(names, List.of("a", "e", "es-0000000003", "s-0000000001"));
        equal(stat.getNumChildren(), 4);
        equal(zk.getAllChildrenNumber(ROOT), 4);
        List<String> ephemerals = zk.getEphemerals(ROOT);
        Collections.sort(ephemerals);
        equal(ephemerals, List.of(ROOT + "/e", ROOT + "/es-0000000003"));
        fails(KeeperException.Code.NOTEMPTY, () -> zk.delete(ROOT, -1));
        zk.delete(ROOT + "/s-0000000001", 0);
        fails(KeeperException.Code.NONODE, () -> zk.getData(ROOT + "/s-0000000001", false, null));
        equal(zk.exists(ROOT + "/none", false), null);
        byte[] big = new byte[1_000_000];
        Arrays.fill(big, (byte) 7);
        zk.setData(ROOT + "/a", big, -1);
        equal(Arrays.equals(zk.getData(ROOT + "/a", false, null), big), true);
    }

    static void transactions(ZooKeeper zk) throws Exception {
        List<OpResult> results = zk.multi(List.of(
            Op.create(ROOT + "/m", bytes("1"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
            Op.create(ROOT + "/m/s-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL),
            Op.setData(ROOT + "/m", bytes("2"), 0),
            Op.check(ROOT + "/m", 1),
            Op.delete(ROOT + "/m/s-0000000000", -1)));
        equal(((OpResult.CreateResult) results.get(1)).getPath(), ROOT + "/m/s-0000000000");
        equal(((OpResult.SetDataResult) results.get(2)).getStat().getVersion(), 1);
        try {
            zk.multi(List.of(Op.delete(ROOT + "/m", 1), Op.check(ROOT + "/a", 77), Op.delete(ROOT + "/none", -1)));
            throw new AssertionError("a multi with a failing check went through");
        } catch (KeeperException problem) {
            equal(problem.code(), KeeperException.Code.BADVERSION);
            List<Integer> errors = new ArrayList<>();
            for (OpResult result : problem.getResults())
                errors.add(((OpResult.ErrorResult) result).getErr());
            equal(errors, List.of(0, KeeperException.Code.BADVERSION.intValue(), KeeperException.Code.RUNTIMEINCONSISTENCY.intValue()));
        }
        equal(missing(zk, ROOT + "/m"), false);
        List<OpResult> reads = zk.multi(List.of(Op.getData(ROOT + "/m"), Op.getChildren(ROOT + "/m"), Op.getData(ROOT + "/none")));
        equal(text(((OpResult.GetDataResult) reads.get(0)).getData()), "2");
        equal(((OpResult.GetChildrenResult) reads.get(1)).getChildren(), List.of());
        equal(((OpResult.ErrorResult) reads.get(2)).getErr(), KeeperException.Code.NONODE.intValue());
    }

    static void acls(ZooKeeper zk, ZooKeeper other) throws Exception {
        zk.addAuthInfo("digest", bytes("grace:pw"));
        zk.create(ROOT + "/mine", bytes("x"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
        fails(KeeperException.Code.NOAUTH, () -> other.getData(ROOT + "/mine", false, null));
        fails(KeeperException.Code.NOAUTH, () -> other.setACL(ROOT + "/mine", Ids.OPEN_ACL_UNSAFE, -1));
        equal(zk.getACL(ROOT + "/mine", new Stat()).get(0).getId().getScheme(), "digest");
        equal(zk.setACL(ROOT + "/mine", Ids.READ_ACL_UNSAFE, 0).getAversion(), 1);
        equal(text(other.getData(ROOT + "/mine", false, null)), "x");
        fails(KeeperException.Code.NOAUTH, () -> other.setData(ROOT + "/mine", null, -1));
        fails(KeeperException.Code.INVALIDACL, () -> other.create(ROOT + "/theirs", null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
        zk.create(ROOT + "/secret", bytes("s"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
        equal(zk.whoAmI().stream().anyMatch(info -> info.getAuthScheme().equals("digest") && info.getUser().equals("grace")), true);
    }

    static void watches(Client client, ZooKeeper other) throws Exception {
        ZooKeeper zk = client.zk;
        zk.exists(ROOT + "/w", true);
        other.create(ROOT + "/w", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        client.expect(EventType.NodeCreated, ROOT + "/w");
        zk.getData(ROOT + "/w", true, null);
        other.setData(ROOT + "/w", bytes("1"), -1);
        other.setData(ROOT + "/w", bytes("2"), -1);
        client.expect(EventType.NodeDataChanged, ROOT + "/w");
        zk.getChildren(ROOT + "/w", true);
        other.create(ROOT + "/w/k", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        client.expect(EventType.NodeChildrenChanged, ROOT + "/w");
        zk.exists(ROOT + "/w/k", true);
        other.delete(ROOT + "/w/k", -1);
        client.expect(EventType.NodeDeleted, ROOT + "/w/k");
        client.expectNothing();
    }

    static void persistentWatches(Client client, ZooKeeper other) throws Exception {
        ZooKeeper zk = client.zk;
        zk.addWatch(ROOT + "/w", AddWatchMode.PERSISTENT_RECURSIVE);
        for (int round = 0; round < 2; round++) {
            other.create(ROOT + "/w/k", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            client.expect(EventType.NodeCreated, ROOT + "/w/k");
            other.setData(ROOT + "/w/k", bytes("1"), -1);
            client.expect(EventType.NodeDataChanged, ROOT + "/w/k");
            other.delete(ROOT + "/w/k", -1);
            client.expect(EventType.NodeDeleted, ROOT + "/w/k");
        }
        zk.removeAllWatches(ROOT + "/w", Watcher.WatcherType.Any, false);
        client.expect(EventType.PersistentWatchRemoved, ROOT + "/w");
        other.setData(ROOT + "/w", bytes("unseen"), -1);
        client.expectNothing();
    }

    /** Watches of every kind outlive a broken connection, and what happened meanwhile is told at once. */
    static void reconnect(Client client, ZooKeeper other, Relay relay) throws Exception {
        ZooKeeper zk = client.zk;
        long session = zk.getSessionId();
        for (int round = 0; round < 2; round++) {
            zk.addWatch(ROOT + "/w", AddWatchMode.PERSISTENT);
            zk.getData(ROOT + "/a", true, null);
            zk.exists(ROOT + "/new" + round, true);
            zk.getChildren(ROOT + "/m", true);
            relay.cut();
            other.setData(ROOT + "/a", bytes("away"), -1);
            other.create(ROOT + "/new" + round, null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            other.create(ROOT + "/m/k" + round, null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            relay.mend();
            List<String> seen = new ArrayList<>();
            for (int i = 0; i < 3; i++)
                seen.add(client.next());
            Collections.sort(seen);
            List<String> want = new ArrayList<>(List.of(
                EventType.NodeDataChanged + " " + ROOT + "/a",
                EventType.NodeCreated + " " + ROOT + "/new" + round,
                EventType.NodeChildrenChanged + " " + ROOT + "/m"));
            Collections.sort(want);
            equal(seen, want);
            other.setData(ROOT + "/w", bytes("back"), -1);
            client.expect(EventType.NodeDataChanged, ROOT + "/w");
            client.expectNothing();
            equal(zk.getSessionId(), session);
            equal(zk.exists(ROOT + "/e", false).getEphemeralOwner(), session);
            equal(text(zk.getData(ROOT + "/secret", false, null)), "s");
        }
        equal(client.states.contains(KeeperState.Expired), false);
    }

    /** Someone else takes the session over and closes it; and a session that nobody serves ends by time. */
    static void expiry(Client client, ZooKeeper other, Relay own, String hosts) throws Exception {
        // Its owner loses the connection to the thief, and is back only when the thief has closed the session: not to take it back before.
        own.refuse();
        ZooKeeper thief = new ZooKeeper(hosts, 40_000, event -> { }, client.zk.getSessionId(), client.zk.getSessionPasswd());
        until(() -> thief.getState().isConnected());
        until(() -> client.states.get(client.states.size() - 1) == KeeperState.Disconnected);
        thief.close();
        own.mend();
        until(() -> client.states.contains(KeeperState.Expired));
        equal(missing(other, ROOT + "/e"), true);
        try (Relay relay = new Relay(Integer.parseInt(hosts.substring(hosts.lastIndexOf(':') + 1)))) {
            Client doomed = new Client("127.0.0.1:" + relay.port(), 4000);
            doomed.zk.create(ROOT + "/doomed", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
            long touching = System.nanoTime();
            equal(missing(doomed.zk, ROOT + "/doomed"), false);
            relay.cut();
            until(() -> missing(other, ROOT + "/doomed"));
            equal(System.nanoTime() - touching > TimeUnit.MILLISECONDS.toNanos(3990), true);
            relay.mend();
            until(() -> doomed.states.contains(KeeperState.Expired));
        }
    }

    /** A client and what its default watcher is told. */
    static class Client {
        final List<KeeperState> states = new CopyOnWriteArrayList<>();
        final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        final ZooKeeper zk;

        Client(String hosts, int timeout) throws Exception {
            zk = new ZooKeeper(hosts, timeout, this::told);
            until(() -> states.contains(KeeperState.SyncConnected));
        }

        void told(WatchedEvent event) {
            if (event.getType() == EventType.None)
                states.add(event.getState());
            else
                events.add(event.getType() + " " + event.getPath());
        }

        String next() throws Exception {
            String event = events.poll(60, TimeUnit.SECONDS);
            if (event == null)
                throw new AssertionError("no event");
            return event;
        }

        void expect(EventType type, String path) throws Exception {
            equal(next(), type + " " + path);
        }

        /** A round trip on the same connection: an event that is due would have come before its reply. */
        void expectNothing() throws Exception {
            zk.exists("/", false);
            Thread.sleep(20);
            equal(new ArrayList<>(events), List.of());
        }
    }

    /** A TCP relay that can be cut, so that a client loses its connection, and mended. */
    static class Relay implements AutoCloseable {
        final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        final List<Socket> sockets = new CopyOnWriteArrayList<>();
        volatile boolean whole = true;

        Relay(int target) throws Exception {
            daemon(() -> {
                while (true) {
                    Socket client = listener.accept();
                    if (!whole) {
                        client.close();
                        continue;
                    }
                    Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                    sockets.addAll(List.of(client, server));
                    daemon(() -> pump(client, server));
                    daemon(() -> pump(server, client));
                }
            });
        }

        int port() {
            return listener.getLocalPort();
        }

        void cut() throws Exception {
            whole = false;
            for (Socket socket : sockets)
                socket.close();
            sockets.clear();
        }

        /** Lets nobody in any more, and leaves alone who is. */
        void refuse() {
            whole = false;
        }

        void mend() {
            whole = true;
        }

        static void pump(Socket from, Socket to) throws Exception {
            try (InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
                in.transferTo(out);
            }
        }

        @Override
        public void close() throws Exception {
            listener.close();
            cut();
        }
    }

    interface Action {
        void run() throws Exception;
    }

    static void daemon(Action action) {
        Thread thread = new Thread(() -> {
            try {
                action.run();
            } catch (Exception problem) {
                // A socket that was cut; nothing else is done here.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    static void fails(KeeperException.Code code, Action action) throws Exception {
        try {
            action.run();
        } catch (KeeperException problem) {
            equal(problem.code(), code);
            return;
        }
        throw new AssertionError("no " + code);
    }

    static void until(BooleanSupplier condition) {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); !condition.getAsBoolean(); sleep(20))
            if (System.nanoTime() > end)
                throw new AssertionError("waited in vain");
    }

    static boolean missing(ZooKeeper zk, String path) {
        try {
            return zk.exists(path, false) == null;
        } catch (Exception problem) {
            throw new AssertionError(problem);
        }
    }

    static void equal(Object got, Object want) {
        if (got == null ? want != null : !got.equals(want))
            throw new AssertionError("got " + got + ", want " + want);
    }

    static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException problem) {
            throw new AssertionError(problem);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
    }
}
