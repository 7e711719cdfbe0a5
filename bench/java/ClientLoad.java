import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** The loop of bench/ClientLoad.cs with the Java client's asynchronous interface: every get is answered, and asked anew by its callback. */
public final class ClientLoad implements AsyncCallback.DataCallback {
    private static final String PATH = "/client-load";
    private static final LongAdder done = new LongAdder();
    private static volatile boolean over;

    private final ZooKeeper client;

    private ClientLoad(ZooKeeper client) {
        this.client = client;
    }

    @Override
    public void processResult(int code, String path, Object context, byte[] data, Stat stat) {
        if (over)
            return;
        if (code != 0 || data.length != 100) {
            System.err.println("a get was answered with " + code);
            System.exit(1);
        }
        done.increment();
        client.getData(PATH, false, this, null);
    }

    private static ZooKeeper connect(String server) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(server, 10000, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected)
                connected.countDown();
        });
        connected.await();
        return client;
    }

    private static long processor() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** port clients outstanding warmup seconds */
    public static void main(String[] args) throws Exception {
        int[] n = Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
        List<ZooKeeper> clients = new ArrayList<>();
        for (int i = 0; i < n[1]; i++)
            clients.add(connect("127.0.0.1:" + n[0]));
        if (clients.get(0).exists(PATH, false) == null)
            clients.get(0).create(PATH, new byte[100], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        for (ZooKeeper client : clients) {
            ClientLoad loop = new ClientLoad(client);
            for (int i = 0; i < n[2]; i++)
                client.getData(PATH, false, loop, null);
        }
        Thread.sleep(n[3] * 1000L);
        long count = done.sum(), used = processor(), begun = System.nanoTime();
        Thread.sleep(n[4] * 1000L);
        count = done.sum() - count;
        used = processor() - used;
        double seconds = (System.nanoTime() - begun) / 1e9;
        System.out.println(String.format(Locale.ROOT, "ops/s %.0f cpu-us/op %.3f", count / seconds, used / 1e3 / count));
        over = true;
        for (ZooKeeper client : clients)
            client.close();
    }
}
