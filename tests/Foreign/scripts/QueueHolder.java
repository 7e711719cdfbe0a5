import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.retry.RetryOneTime;

/**
 * One place in a queue that the other places of which programs of another library hold: takes it twice, each time until it is told to leave.
 * Run as `java QueueHolder.java HOST:PORT KIND PATH`. What it does it tells, and is told, by znodes beside the queue: PATH-held-1, PATH-leave-1
 * and so on. Ends with the line "VERDICT ok".
 */
public class QueueHolder {
    public static void main(String[] args) throws Exception {
        String kind = args[1], path = args[2];
        CuratorFramework client = CuratorFrameworkFactory.newClient(args[0], 40_000, 40_000, new RetryOneTime(200));
        client.start();
        require(client.blockUntilConnected(60, TimeUnit.SECONDS), "connected");
        for (int number = 1; number <= 2; number++) {
            if (kind.equals("election")) {
                LeaderLatch latch = new LeaderLatch(client, path, "curator");
                latch.start();
                require(latch.await(120, TimeUnit.SECONDS), "leader");
                hold(client, path, number);
                latch.close();
            } else {
                InterProcessMutex lock = kind.equals("lock") ? new InterProcessMutex(client, path)
                    : kind.equals("read") ? new InterProcessReadWriteLock(client, path).readLock()
                    : new InterProcessReadWriteLock(client, path).writeLock();
                require(lock.acquire(120, TimeUnit.SECONDS), "lock");
                hold(client, path, number);
                lock.release();
            }
        }
        System.out.println("VERDICT ok");
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    static void hold(CuratorFramework client, String path, int number) throws Exception {
        client.create().forPath(path + "-held-" + number);
        for (int left = 6000; client.checkExists().forPath(path + "-leave-" + number) == null; left--) {
            require(left > 0, "told to leave");
            Thread.sleep(20);
        }
    }

    static void require(boolean holds, String what) {
        if (!holds)
            throw new IllegalStateException("waited in vain: " + what);
    }
}
