import java.nio.charset.StandardCharsets;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * A client that knows all members and works on while one is killed and comes back: one session, nothing acknowledged lost. The test ends a
 * member when the node "ready" is there, brings it back, and makes the node "over". Run as `java Failover.java HOST:PORT,HOST:PORT,...`.
 */
public class Failover {
    static final String ROOT = "/java-failover";

    public static void main(String[] args) throws Exception {
        ZooKeeper zk = new ZooKeeper(args[0], 20_000, event -> { });
        while (zk.getState() != ZooKeeper.States.CONNECTED)
            Thread.sleep(10);
        long session = zk.getSessionId();
        zk.create(ROOT, new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.create(ROOT + "/mine", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        zk.create(ROOT + "/counter", bytes(0), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.create(ROOT + "/ready", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);

        int acknowledged = 0, sent = 0;
        boolean over = false;
        while (!over) {
            try {
                sent = Math.max(sent, acknowledged) + 1;
                zk.setData(ROOT + "/counter", bytes(sent), -1);
                acknowledged = sent;
                zk.sync(ROOT, (code, path, context) -> { }, null);
                int value = Integer.parseInt(new String(zk.getData(ROOT + "/counter", false, null), StandardCharsets.US_ASCII));
                if (value != acknowledged)
                    throw new AssertionError("read " + value + " after " + acknowledged + " was acknowledged");
                over = zk.exists(ROOT + "/over", false) != null;
            } catch (KeeperException.ConnectionLossException | KeeperException.OperationTimeoutException e) {
                Thread.sleep(20);
            }
        }
        Stat mine = zk.exists(ROOT + "/mine", false);
        if (zk.getSessionId() != session || mine == null || mine.getEphemeralOwner() != session)
            throw new AssertionError("the session is another one");
        if (acknowledged <= 20)
            throw new AssertionError("only " + acknowledged + " writes");
        zk.close();
        System.out.println("VERDICT ok");
        System.out.flush();
        System.exit(0);
    }

    static byte[] bytes(int number) {
        return Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
    }
}
