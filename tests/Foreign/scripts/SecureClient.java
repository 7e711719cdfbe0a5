import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * The Java client over TLS: `java SecureClient.java HOST:PORT FOLDER VERSION`, with FOLDER holding ca.p12 and client.p12 (password "secret").
 * Its own certificate admits it to what only CN=job,O=Quorate may read. Ends with the line "VERDICT ok".
 */
public class SecureClient {
    public static void main(String[] args) throws Exception {
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty("zookeeper.client.secure", "true");
        config.setProperty("zookeeper.clientCnxnSocket", "org.apache.zookeeper.ClientCnxnSocketNetty");
        for (String store : List.of("key", "trust")) {
            config.setProperty("zookeeper.ssl." + store + "Store.location", args[1] + (store.equals("key") ? "/client.p12" : "/ca.p12"));
            config.setProperty("zookeeper.ssl." + store + "Store.password", "secret");
            config.setProperty("zookeeper.ssl." + store + "Store.type", "PKCS12");
        }
        config.setProperty("zookeeper.ssl.protocol", args[2]);
        config.setProperty("zookeeper.ssl.enabledProtocols", args[2]);
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper zk = new ZooKeeper(args[0], 8000, event -> {
            if (event.getState() == KeeperState.SyncConnected)
                connected.countDown();
        }, config);
        if (!connected.await(60, TimeUnit.SECONDS))
            throw new AssertionError("not connected");
        String path = "/secure-" + args[2];
        zk.create(path, new byte[300_000], List.of(new ACL(Perms.ALL, new Id("x509", "CN=job,O=Quorate"))), CreateMode.EPHEMERAL);
        if (zk.getData(path, false, null).length != 300_000)
            throw new AssertionError("other data");
        zk.close();
        System.out.println("VERDICT ok");
        System.exit(0);
    }
}
