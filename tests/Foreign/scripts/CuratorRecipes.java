import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.CreateMode;

/**
 * Curator on the Java client: LeaderLatch, InterProcessMutex (containers), CuratorCache (persistent watches), DistributedAtomicLong and
 * PersistentNode. Run as `java CuratorRecipes.java HOST:PORT`; ends with the line "VERDICT ok".
 */
public class CuratorRecipes {
    static final String ROOT = "/curator";

    public static void main(String[] args) throws Exception {
        Thread alarm = new Thread(() -> {
            sleep(400_000);
            System.err.println("it hangs");
            Runtime.getRuntime().halt(3);
        });
        alarm.setDaemon(true);
        alarm.start();
        List<CuratorFramework> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            CuratorFramework client = CuratorFrameworkFactory.newClient(args[0], 40_000, 40_000, new RetryOneTime(200));
            client.start();
            require(client.blockUntilConnected(60, TimeUnit.SECONDS), "connected");
            clients.add(client);
        }
        clients.get(0).create().orSetData().creatingParentsIfNeeded().forPath(ROOT);
        cache(clients.get(0), clients.get(1));
        mutex(clients);
        counter(clients);
        persistentNode(clients.get(0), clients.get(1));
        leader(clients);
        clients.get(1).delete().deletingChildrenIfNeeded().forPath(ROOT);
        System.out.println("VERDICT ok");
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    static void cache(CuratorFramework writer, CuratorFramework reader) throws Exception {
        CuratorCache cache = CuratorCache.build(reader, ROOT + "/cached");
        AtomicInteger deletes = new AtomicInteger();
        cache.listenable().addListener(CuratorCacheListener.builder().forDeletes(node -> deletes.incrementAndGet()).build());
        cache.start();
        writer.create().creatingParentsIfNeeded().forPath(ROOT + "/cached/a", "1".getBytes());
        until("the cached value", () -> cache.get(ROOT + "/cached/a").map(node -> new String(node.getData()).equals("1")).orElse(false));
        writer.setData().forPath(ROOT + "/cached/a", "2".getBytes());
        until("the new value", () -> cache.get(ROOT + "/cached/a").map(node -> new String(node.getData()).equals("2")).orElse(false));
        writer.delete().forPath(ROOT + "/cached/a");
        until("the deletion", () -> deletes.get() == 1);
        cache.close();
    }

    static void mutex(List<CuratorFramework> clients) throws Exception {
        AtomicInteger inside = new AtomicInteger(), most = new AtomicInteger(), rounds = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (CuratorFramework client : clients) {
            Thread thread = new Thread(() -> {
                try {
                    for (int i = 0; i < 5; i++) {
                        InterProcessMutex mutex = new InterProcessMutex(client, ROOT + "/mutex");
                        require(mutex.acquire(60, TimeUnit.SECONDS), "the mutex");
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        sleep(5);
                        inside.decrementAndGet();
                        rounds.incrementAndGet();
                        mutex.release();
                    }
                } catch (Exception problem) {
                    problem.printStackTrace();
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads)
            thread.join(60_000);
        require(rounds.get() == 15 && most.get() == 1, "15 rounds, one at a time: " + rounds + ", " + most);
        until("the end of the empty container", () -> clients.get(0).checkExists().forPath(ROOT + "/mutex") == null);
    }

    static void counter(List<CuratorFramework> clients) throws Exception {
        for (CuratorFramework client : clients)
            for (int i = 0; i < 5; i++)
                require(new DistributedAtomicLong(client, ROOT + "/counter", new RetryOneTime(10)).add(2L).succeeded(), "an addition");
        require(new DistributedAtomicLong(clients.get(0), ROOT + "/counter", new RetryOneTime(10)).get().postValue() == 30, "the sum");
    }

    /** It is made again when somebody deletes it. */
    static void persistentNode(CuratorFramework owner, CuratorFramework other) throws Exception {
        PersistentNode node = new PersistentNode(owner, CreateMode.EPHEMERAL, false, ROOT + "/here", "x".getBytes());
        node.start();
        require(node.waitForInitialCreate(60, TimeUnit.SECONDS), "the node");
        long first = other.checkExists().forPath(ROOT + "/here").getCzxid();
        other.delete().forPath(ROOT + "/here");
        until("the node again", () -> {
            var stat = other.checkExists().forPath(ROOT + "/here");
            return stat != null && stat.getCzxid() > first;
        });
        node.close();
    }

    static void leader(List<CuratorFramework> clients) throws Exception {
        List<LeaderLatch> latches = new ArrayList<>();
        for (int i = 0; i < clients.size(); i++) {
            LeaderLatch latch = new LeaderLatch(clients.get(i), ROOT + "/leader", "c" + i);
            latch.start();
            latches.add(latch);
        }
        until("three contenders", () -> latches.get(0).getParticipants().size() == 3);
        until("one leader", () -> latches.stream().filter(LeaderLatch::hasLeadership).count() == 1);
        LeaderLatch leader = latches.stream().filter(LeaderLatch::hasLeadership).findFirst().orElseThrow();
        int at = latches.indexOf(leader);
        require(latches.get((at + 1) % 3).getLeader().getId().equals("c" + at), "all see the same leader");
        leader.close();
        until("the next leader", () -> latches.stream().filter(latch -> latch != leader && latch.hasLeadership()).count() == 1);
        for (LeaderLatch latch : latches)
            if (latch != leader)
                latch.close();
        // Else it might go while somebody lists it to delete it.
        until("the end of the empty container", () -> clients.get(0).checkExists().forPath(ROOT + "/leader") == null);
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    static void until(String what, Condition condition) throws Exception {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); !condition.holds(); sleep(20))
            require(System.nanoTime() < end, what);
    }

    static void require(boolean condition, String what) {
        if (!condition)
            throw new AssertionError("not so: " + what);
    }

    static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException problem) {
            throw new AssertionError(problem);
        }
    }
}
