/* The C client's library: create, read, watch, ephemeral, sequential, multi, ACL, reconnect with watches restored, expiry.
   Run as `client HOST:PORT`; ends with the line "VERDICT ok". */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>

#define ROOT "/c-client"
#define TIMEOUT 40000
#define DOOMED_TIMEOUT 4000
#define CHECK(condition) do { if (!(condition)) { \
    fprintf(stderr, "line %d: %s\n", __LINE__, #condition); exit(1); } } while (0)
#define RC(call, want) do { int got_ = (call); if (got_ != (want)) { \
    fprintf(stderr, "line %d: %s is %d (%s), not %d\n", __LINE__, #call, got_, zerror(got_), (want)); exit(1); } } while (0)
#define UNTIL(condition) do { int left_ = 3000; while (!(condition)) { CHECK(left_-- > 0 && #condition); usleep(20000); } } while (0)

static const char *hosts;
static int port;
static volatile int connects, expirations, events, last_type;
static char last_path[256];

static void watcher(zhandle_t *zh, int type, int state, const char *path, void *context) {
    (void)zh; (void)context;
    if (type == ZOO_SESSION_EVENT) {
        if (state == ZOO_CONNECTED_STATE) connects++;
        if (state == ZOO_EXPIRED_SESSION_STATE) expirations++;
        return;
    }
    strncpy(last_path, path, sizeof last_path - 1);
    last_type = type;
    events++;
}

static void quiet(zhandle_t *zh, int type, int state, const char *path, void *context) {
    (void)zh; (void)type; (void)state; (void)path; (void)context;
}

static zhandle_t *open_client(int timeout, const clientid_t *id, watcher_fn fn) {
    zhandle_t *zh = zookeeper_init(hosts, fn, timeout, id, NULL, 0);
    CHECK(zh != NULL);
    UNTIL(zoo_state(zh) == ZOO_CONNECTED_STATE || zoo_state(zh) == ZOO_EXPIRED_SESSION_STATE);
    return zh;
}

/* Cuts every connection of this process to the server; the library knows nothing of it. */
static void break_connections(void) {
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        if (getpeername(fd, (struct sockaddr *)&address, &length) == 0 && address.ss_family == AF_INET &&
            ntohs(((struct sockaddr_in *)&address)->sin_port) == port)
            shutdown(fd, SHUT_RDWR);
    }
}

static void event_is(int before, int type, const char *path) {
    UNTIL(events > before);
    CHECK(last_type == type);
    CHECK(strcmp(last_path, path) == 0);
    CHECK(events == before + 1);
}

static void nodes(zhandle_t *zh) {
    char path[256], data[64];
    int length = sizeof data;
    struct Stat stat, after;
    struct String_vector names;
    RC(zoo_create(zh, ROOT, "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path), ZOK);
    RC(zoo_create(zh, ROOT "/a", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path), ZOK);
    CHECK(strcmp(path, ROOT "/a") == 0);
    RC(zoo_create(zh, ROOT "/a", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path), ZNODEEXISTS);
    RC(zoo_get(zh, ROOT "/a", 0, data, &length, &stat), ZOK);
    CHECK(length == 3 && memcmp(data, "one", 3) == 0 && stat.version == 0 && stat.czxid == stat.mzxid);
    RC(zoo_set2(zh, ROOT "/a", "three", 5, 0, &after), ZOK);
    CHECK(after.version == 1 && after.dataLength == 5 && after.mzxid > stat.mzxid);
    RC(zoo_set(zh, ROOT "/a", "x", 1, 0), ZBADVERSION);
    RC(zoo_create(zh, ROOT "/null", NULL, -1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path), ZOK);
    length = sizeof data;
    RC(zoo_get(zh, ROOT "/null", 0, data, &length, &stat), ZOK);
    CHECK(length == -1 && stat.dataLength == 0);
    RC(zoo_create(zh, ROOT "/s-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, path, sizeof path), ZOK);
    CHECK(strcmp(path, ROOT "/s-0000000002") == 0);
    RC(zoo_create2(zh, ROOT "/e", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, path, sizeof path, &stat), ZOK);
    CHECK(stat.ephemeralOwner == zoo_client_id(zh)->client_id);
    RC(zoo_create(zh, ROOT "/e/x", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path), ZNOCHILDRENFOREPHEMERALS);
    RC(zoo_get_children2(zh, ROOT, 0, &names, &stat), ZOK);
    CHECK(names.count == 4 && stat.numChildren == 4 && stat.cversion == 4);
    deallocate_String_vector(&names);
    RC(zoo_exists(zh, ROOT "/none", 0, &stat), ZNONODE);
    RC(zoo_delete(zh, ROOT, -1), ZNOTEMPTY);
    RC(zoo_delete(zh, ROOT "/null", 1), ZBADVERSION);
    RC(zoo_delete(zh, ROOT "/null", 0), ZOK);
}

static void transactions(zhandle_t *zh) {
    char first[256], second[256];
    struct Stat stat;
    zoo_op_t ops[4];
    zoo_op_result_t results[4];
    zoo_create_op_init(&ops[0], ROOT "/m", "1", 1, &ZOO_OPEN_ACL_UNSAFE, 0, first, sizeof first);
    zoo_create_op_init(&ops[1], ROOT "/m/s-", "2", 1, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, second, sizeof second);
    zoo_set_op_init(&ops[2], ROOT "/m", "3", 1, 0, &stat);
    zoo_check_op_init(&ops[3], ROOT "/m", 1);
    RC(zoo_multi(zh, 4, ops, results), ZOK);
    CHECK(strcmp(second, ROOT "/m/s-0000000000") == 0 && stat.version == 1);
    zoo_delete_op_init(&ops[0], ROOT "/m/s-0000000000", -1);
    zoo_delete_op_init(&ops[1], ROOT "/m", 0);
    RC(zoo_multi(zh, 2, ops, results), ZBADVERSION);
    CHECK(results[0].err == ZOK && results[1].err == ZBADVERSION);
    RC(zoo_exists(zh, ROOT "/m/s-0000000000", 0, &stat), ZOK);
}

static void authorized(int rc, const void *data) { *(volatile int *)data = rc == ZOK ? 1 : -1; }

static void acls(zhandle_t *zh, zhandle_t *other) {
    volatile int done = 0;
    char path[256], data[8];
    int length = sizeof data;
    struct Stat stat;
    struct ACL_vector got;
    RC(zoo_add_auth(zh, "digest", "frank:pw", 8, authorized, (const void *)&done), ZOK);
    UNTIL(done == 1);
    RC(zoo_create(zh, ROOT "/mine", "x", 1, &ZOO_CREATOR_ALL_ACL, 0, path, sizeof path), ZOK);
    RC(zoo_get(zh, ROOT "/mine", 0, data, &length, NULL), ZOK);
    RC(zoo_get(other, ROOT "/mine", 0, data, &length, NULL), ZNOAUTH);
    RC(zoo_set_acl(other, ROOT "/mine", -1, &ZOO_OPEN_ACL_UNSAFE), ZNOAUTH);
    RC(zoo_get_acl(zh, ROOT "/mine", &got, &stat), ZOK);
    CHECK(got.count == 1 && strcmp(got.data[0].id.scheme, "digest") == 0 && strncmp(got.data[0].id.id, "frank:", 6) == 0);
    deallocate_ACL_vector(&got);
    RC(zoo_set_acl(zh, ROOT "/mine", 0, &ZOO_READ_ACL_UNSAFE), ZOK);
    RC(zoo_get(other, ROOT "/mine", 0, data, &length, NULL), ZOK);
    RC(zoo_set(other, ROOT "/mine", "y", 1, -1), ZNOAUTH);
    RC(zoo_create(other, ROOT "/theirs", "", 0, &ZOO_CREATOR_ALL_ACL, 0, path, sizeof path), ZINVALIDACL);
}

static void watches(zhandle_t *zh, zhandle_t *other) {
    char path[256], data[8];
    int length = sizeof data, before = events;
    struct Stat stat;
    struct String_vector names;
    RC(zoo_exists(zh, ROOT "/w", 1, &stat), ZNONODE);
    RC(zoo_create(other, ROOT "/w", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path), ZOK);
    event_is(before, ZOO_CREATED_EVENT, ROOT "/w");
    before = events;
    RC(zoo_get(zh, ROOT "/w", 1, data, &length, &stat), ZOK);
    RC(zoo_set(other, ROOT "/w", "1", 1, -1), ZOK);
    RC(zoo_set(other, ROOT "/w", "2", 1, -1), ZOK);
    event_is(before, ZOO_CHANGED_EVENT, ROOT "/w");
    before = events;
    RC(zoo_get_children(zh, ROOT "/w", 1, &names), ZOK);
    deallocate_String_vector(&names);
    RC(zoo_create(other, ROOT "/w/k", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, path, sizeof path), ZOK);
    event_is(before, ZOO_CHILD_EVENT, ROOT "/w");

    /* Across a broken connection the library sends its watches again: what happened meanwhile is told at once. */
    int64_t session = zoo_client_id(zh)->client_id;
    for (int round = 0; round < 3; round++) {
        int connected = connects;
        before = events;
        length = sizeof data;
        RC(zoo_get(zh, ROOT "/w", 1, data, &length, &stat), ZOK);
        break_connections();
        UNTIL(zoo_set(other, ROOT "/w", "3", 1, -1) == ZOK);
        UNTIL(connects > connected);
        event_is(before, ZOO_CHANGED_EVENT, ROOT "/w");
    }
    CHECK(zoo_client_id(zh)->client_id == session);
    CHECK(expirations == 0);
    RC(zoo_exists(zh, ROOT "/e", 0, &stat), ZOK);
    CHECK(stat.ephemeralOwner == session);
    RC(zoo_get(zh, ROOT "/mine", 0, data, &length, &stat), ZOK);
}

/* A process that dies without a word: its node outlives the last that the server heard of it by the timeout, and its owner's watchers learn of
   the end. It dies when it is told to, and tells before when it began to let the server hear of it for the last time. */
static void doomed_child(int go, int told) {
    char path[256], x;
    struct Stat stat;
    struct timespec touching;
    zhandle_t *zh = open_client(DOOMED_TIMEOUT, NULL, quiet);
    RC(zoo_create(zh, ROOT "/doomed", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, path, sizeof path), ZOK);
    CHECK(write(told, "x", 1) == 1);
    CHECK(read(go, &x, 1) == 1);
    clock_gettime(CLOCK_MONOTONIC, &touching);
    RC(zoo_exists(zh, ROOT, 0, &stat), ZOK);
    CHECK(write(told, &touching, sizeof touching) == sizeof touching);
    raise(SIGKILL);
}

static void expiry(zhandle_t *zh, int go, int told) {
    char x;
    struct Stat stat;
    struct timespec touching, gone;
    int before = events;
    CHECK(write(go, "x", 1) == 1);
    CHECK(read(told, &x, 1) == 1);
    RC(zoo_exists(zh, ROOT "/doomed", 1, &stat), ZOK);
    CHECK(write(go, "x", 1) == 1);
    CHECK(read(told, &touching, sizeof touching) == sizeof touching);
    event_is(before, ZOO_DELETED_EVENT, ROOT "/doomed");
    clock_gettime(CLOCK_MONOTONIC, &gone);
    CHECK((gone.tv_sec - touching.tv_sec) * 1000 + (gone.tv_nsec - touching.tv_nsec) / 1000000 > DOOMED_TIMEOUT - 10);

    /* Someone else takes the session over and closes it: its first owner is told that it has expired. The owner comes back after a sixtieth of
       its timeout, and takes the session back if the other is not that quick; then once more. */
    clientid_t id = *zoo_client_id(zh);
    for (int tries = 0; tries < 20 && expirations == 0; tries++) {
        zhandle_t *thief = open_client(TIMEOUT, &id, quiet);
        CHECK(zoo_state(thief) == ZOO_EXPIRED_SESSION_STATE || zoo_client_id(thief)->client_id == id.client_id);
        zookeeper_close(thief);
        for (int left = 100; left > 0 && expirations == 0; left--) usleep(20000);
    }
    CHECK(expirations == 1);
    RC(zoo_exists(zh, ROOT, 0, &stat), ZINVALIDSTATE);
}

static void wipe(zhandle_t *zh, const char *path) {
    struct String_vector names;
    char below[512];
    if (zoo_get_children(zh, path, 0, &names) != ZOK) return;
    for (int i = 0; i < names.count; i++) {
        snprintf(below, sizeof below, "%s/%s", path, names.data[i]);
        wipe(zh, below);
    }
    deallocate_String_vector(&names);
    RC(zoo_delete(zh, path, -1), ZOK);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    alarm(400);
    hosts = argv[1];
    port = atoi(strrchr(hosts, ':') + 1);
    zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
    /* The child is made before the library has threads. */
    int told[2];
    char x;
    struct Stat stat;
    CHECK(pipe(told) == 0);
    int go[2];
    CHECK(pipe(go) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK(read(go[0], &x, 1) == 1);
        doomed_child(go[0], told[1]);
    }
    zhandle_t *zh = open_client(TIMEOUT, NULL, watcher), *other = open_client(TIMEOUT, NULL, quiet);
    wipe(zh, ROOT);
    nodes(zh);
    transactions(zh);
    acls(zh, other);
    watches(zh, other);
    expiry(zh, go[1], told[0]);
    CHECK(waitpid(child, NULL, 0) == child);
    RC(zoo_exists(other, ROOT "/e", 0, &stat), ZNONODE);
    wipe(other, ROOT);
    zookeeper_close(zh);
    zookeeper_close(other);
    puts("VERDICT ok");
    return 0;
}
