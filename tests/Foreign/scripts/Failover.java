import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.HostProvider;
import org.apache.zookeeper.data.Stat;

/**
 * Three clients that know all members, each connected to another one at first, work on while members go and come back: one session each,
 * nothing acknowledged lost. The test ends members when the node "ready" is there, and makes the node "over"; it knows a client by the owner of
 * its ephemeral node, and judges how often it was disconnected. Run as `java Failover.java HOST:PORT,HOST:PORT,...`.
 */
public class Failover {
    static final String ROOT = "/java-failover";

    public static void main(String[] args) throws Exception {
        List<InetSocketAddress> members = new ArrayList<>();
        for (String member : args[0].split(","))
            members.add(new InetSocketAddress(member.split(":")[0], Integer.parseInt(member.split(":")[1])));
        List<Worker> workers = new ArrayList<>();
        for (int n = 0; n < members.size(); n++)
            workers.add(new Worker(n, args[0], new InOrder(members, n)));
        workers.get(0).create(ROOT, "", CreateMode.PERSISTENT);
        for (Worker worker : workers) {
            worker.create(ROOT + "/mine-" + worker.number, "", CreateMode.EPHEMERAL);
            worker.create(ROOT + "/counter-" + worker.number, "0", CreateMode.PERSISTENT);
        }
        for (Worker worker : workers)
            worker.start();
        workers.get(0).create(ROOT + "/ready", "", CreateMode.PERSISTENT);
        for (Worker worker : workers) {
            worker.join();
            if (worker.problem != null)
                throw new AssertionError("client " + worker.number, worker.problem);
            System.out.println("client " + worker.number + " disconnected " + worker.disconnections);
        }
        System.out.println("VERDICT ok");
        System.out.flush();
        System.exit(0);
    }

    static class Worker extends Thread implements Watcher {
        final int number;
        final ZooKeeper zk;
        final long session;
        Throwable problem;
        int disconnections;
        private boolean connected;

        Worker(int number, String members, HostProvider order) throws Exception {
            this.number = number;
            // Long, so that even on a machine that is slow out of all proportion nobody leaves a member that is only waiting for a leader.
            zk = new ZooKeeper(members, 60_000, this, false, order);
            while (zk.getState() != ZooKeeper.States.CONNECTED)
                Thread.sleep(10);
            session = zk.getSessionId();
        }

        /** Every attempt that fails is told as another disconnection; only the first after a connection is one. */
        public synchronized void process(WatchedEvent event) {
            if (event.getType() != Event.EventType.None)
                return;
            if (connected && event.getState() == KeeperState.Disconnected)
                disconnections++;
            connected = event.getState() == KeeperState.SyncConnected;
        }

        void create(String path, String data, CreateMode mode) throws Exception {
            zk.create(path, data.getBytes(StandardCharsets.US_ASCII), Ids.OPEN_ACL_UNSAFE, mode);
        }

        @Override
        public void run() {
            try {
                work();
            } catch (Throwable e) {
                problem = e;
            }
        }

        private void work() throws Exception {
            String counter = ROOT + "/counter-" + number;
            int acknowledged = 0, sent = 0;
            boolean over = false;
            while (!over) {
                try {
                    sent = Math.max(sent, acknowledged) + 1;
                    zk.setData(counter, Integer.toString(sent).getBytes(StandardCharsets.US_ASCII), -1);
                    acknowledged = sent;
                    zk.sync(ROOT, (code, path, context) -> { }, null);
                    int value = Integer.parseInt(new String(zk.getData(counter, false, null), StandardCharsets.US_ASCII));
                    if (value != acknowledged)
                        throw new AssertionError("read " + value + " after " + acknowledged + " was acknowledged");
                    over = zk.exists(ROOT + "/over", false) != null;
                } catch (KeeperException.ConnectionLossException | KeeperException.OperationTimeoutException e) {
                    Thread.sleep(20);
                }
            }
            Stat mine = zk.exists(ROOT + "/mine-" + number, false);
            if (zk.getSessionId() != session || mine == null || mine.getEphemeralOwner() != session)
                throw new AssertionError("the session is another one");
        }
    }

    /** Tries the members in their order, beginning with one of them, and after a loss with the next. */
    static class InOrder implements HostProvider {
        private final List<InetSocketAddress> members;
        private final int first;
        private int tried;

        InOrder(List<InetSocketAddress> members, int first) {
            this.members = members;
            this.first = first;
        }

        public int size() {
            return members.size();
        }

        public InetSocketAddress next(long spinDelay) {
            if (tried >= members.size()) {
                try {
                    Thread.sleep(Math.min(spinDelay, 50));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return members.get((first + tried++) % members.size());
        }

        public void onConnected() {
        }

        public boolean updateServerList(Collection<InetSocketAddress> servers, InetSocketAddress current) {
            return false;
        }
    }
}
