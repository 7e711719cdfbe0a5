#!/bin/bash
# Three members of Quorate beside three of the real ZooKeeper, all on this machine, in alternation, over 127.0.0.1; prints Markdown.
#
#   ZKLOAD=path ZOOKEEPER=path [QUORATE=path] bench/ensemble.sh [options]
#
#   ZKLOAD      the load generator: understands run, failover, wait and 4lw (bench/README.md says what is expected of it)
#   ZOOKEEPER   starts and stops a real ZooKeeper: start DIR 3 PORT, restart DIR, stop DIR, pids DIR, servers DIR
#   QUORATE     a published binary; without it the sources are published first
#
#   --parts LIST     of rows,failover (all), with commas
#   --rounds R       A B pairs of each measurement (3)
#   --seconds S      each measurement of rows (3)  --warmup S    before each (1)
#   --warm S         mixed load before rows (25)
#   --shapes LIST    connections x outstanding (50x10,200x16)
#   --mixes LIST     of get,set,get90 (get,set)
#   --events LIST    what ends whom in failover, and where the client is: kill-leader, stop-leader (the client is connected to a follower),
#                    kill-own-leader, stop-own-leader, kill-own-follower (it is connected to the member that ends) (all)
#   --calm S         quiet before each event (3)   --after S     writes go on after it (5)
#   --port P         ports from here on (23000)
#   --work DIR       scratch space, deleted at the end (a new folder under ${TMPDIR:-/tmp})
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
. "$here/figures.sh"

parts=rows,failover rounds=3 seconds=3 warmup=1 warm=25 shapes=50x10,200x16 mixes=get,set calm=3 after=5 port=23000 work=
events=kill-leader,stop-leader,kill-own-leader,stop-own-leader,kill-own-follower
while [ $# -gt 0 ]; do
    [ "$1" = --help ] && { sed -n '2,23p' "$0" | sed 's/^# \{0,1\}//'; exit 0; }
    [ $# -ge 2 ] || die "$1 wants a value"
    case $1 in
    --parts | --rounds | --seconds | --warmup | --warm | --shapes | --mixes | --events | --calm | --after | --port | --work) declare "${1#--}=$2" ;;
    *) die "unknown option $1 (try --help)" ;;
    esac
    shift 2
done
prepare

# --- the two ensembles; q is Quorate, z is ZooKeeper ---------------------------------------------------------------------------------

zookeeper_port=$((port + 100))   # it takes some thirty from there on

# servers q|z: host:port of the members, one a line, in the order of pids
servers() { if [ "$1" = z ]; then "$ZOOKEEPER" servers "$work/z" | tr , '\n'; else printf '127.0.0.1:%s\n' "$port" $((port + 1)) $((port + 2)); fi; }
pids() { if [ "$1" = z ]; then "$ZOOKEEPER" pids "$work/z" | tr , '\n'; else cat "$work"/q/member-*/pid; fi; }

# launch N: member N of Quorate on what it has
launch() {
    local m=$work/q/member-$1
    setsid "$QUORATE" serve "$m/zoo.cfg" >>"$m/log" 2>&1 </dev/null &
    echo $! >"$m/pid"
    disown $!
}

found() {
    local i j m
    for i in 1 2 3; do
        m=$work/q/member-$i
        mkdir -p "$m/data"
        echo "$i" >"$m/data/myid"
        {
            printf '%s\n' "dataDir=$m/data" "clientPort=$((port + i - 1))" clientPortAddress=127.0.0.1 maxClientCnxns=0
            for j in 1 2 3; do echo "server.$j=127.0.0.1:$((port + 10 + j)):$((port + 20 + j))"; done
        } >"$m/zoo.cfg"
        launch $i
    done
    ZK_NOWAIT=1 "$ZOOKEEPER" start "$work/z" 3 "$zookeeper_port" >/dev/null
    await q; await z
}

# await q|z: until all three serve
await() {
    local server
    for server in $(servers "$1"); do
        timeout 150 "$ZKLOAD" wait --servers "$server" --seconds 120 >/dev/null || die "$(name_of "$1") does not serve at $server; see $work/$1"
        while [ -z "$(mode_of "$server")" ]; do sleep 0.05; done
    done
}

mode_of() { "$ZKLOAD" 4lw srvr --servers "$1" 2>/dev/null | sed -n 's/^Mode: //p'; }

# heal q|z: starts again whoever has ended, on what it has
heal() {
    local i
    if [ "$1" = z ]; then
        ZK_NOWAIT=1 "$ZOOKEEPER" restart "$work/z" >/dev/null
    else
        for i in 1 2 3; do kill -0 "$(cat "$work/q/member-$i/pid")" 2>/dev/null || launch $i; done
    fi
    await "$1"
}

finish() {
    trap - EXIT
    local pid
    for pid in $(cat "$work"/q/member-*/pid 2>/dev/null); do kill "$pid" 2>/dev/null || true; done
    for pid in $(cat "$work"/q/member-*/pid 2>/dev/null); do
        for _ in $(seq 200); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
        kill -9 "$pid" 2>/dev/null || true
    done
    [ ! -d "$work/z" ] || "$ZOOKEEPER" stop "$work/z"
    [ -z "$mine" ] || rm -rf "$mine"
}
trap finish EXIT
trap 'exit 130' INT TERM

publish

# --- the parts -----------------------------------------------------------------------------------------------------------------------

# load q|z ARGS: one run of the load generator over all three members; its line of JSON. One with errors or lost replies ends everything.
load() {
    local which=$1 length=$seconds
    shift
    timeout -k 5 $((${length%.*} + ${warmup%.*} + 150)) "$ZKLOAD" run --servers "$(servers "$which" | paste -sd,)" \
        --server-pid "$(pids "$which" | paste -sd,)" --seconds "$seconds" --warmup "$warmup" --size 100 --root /compare --json "$@" ||
        die "$(name_of "$which"): $*: errors or lost replies"
}

mix_of() {
    case $1 in
    get) echo get=100 ;;
    set) echo set=100 ;;
    get90) echo get=90,set=10 ;;
    *) die "unknown mix $1" ;;
    esac
}

# measure KEY q|z ARGS: notes KEY, server, ops/s, p50, p99, CPU us per request of all three members, cores used by others
measure() {
    local key=$1 which=$2 json
    shift
    json=$(load "$@")
    note "$key $which $(field throughput "$json") $(field p50 "$json") $(field p99 "$json")" \
        "$(costs "$json")"
}

rows() {
    local mix shape which key keep=$seconds
    if [ "${warm%.*}" -gt 0 ]; then
        say "rows: warming both up"
        seconds=$warm
        for which in q z; do load $which --connections 50 --outstanding 10 --mix get=60,set=40 >/dev/null; done
        seconds=$keep
    fi
    for mix in ${mixes//,/ }; do
        for shape in ${shapes//,/ }; do
            say "rows: $mix $shape"
            for _ in $(seq "$rounds"); do
                for which in q z; do
                    measure "$mix-$shape" $which --connections "${shape%x*}" --outstanding "${shape#*x}" --mix "$(mix_of "$mix")"
                done
            done
        done
    done
    echo "### Requests, three members"
    echo
    echo "Connections spread over the members; CPU is that of the three server processes together. Ratios are Quorate by ZooKeeper, pair by pair;" \
        "100-byte data. Others: cores that everything else on the machine used, at most."
    echo
    echo "| request | connections × outstanding | Quorate ops/s | ZooKeeper ops/s | ratio | p50 / p99 µs | ZooKeeper's | CPU µs/op | ZooKeeper's | CPU ratio | others |"
    echo "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for mix in ${mixes//,/ }; do
        for shape in ${shapes//,/ }; do
            key=$mix-$shape
            echo "| ${mix/get90/90 % get, 10 % set} | ${shape/x/ × } | $(column "$key" q 3 | spread %.0f) | $(column "$key" z 3 | spread %.0f)" \
                "| **$(ratios "$key" 3 | stat %.2f)** ($(ratios "$key" 3 | least | xargs printf %.2f)–$(ratios "$key" 3 | most | xargs printf %.2f))" \
                "| $(column "$key" q 4 | stat %.0f) / $(column "$key" q 5 | stat %.0f) | $(column "$key" z 4 | stat %.0f) / $(column "$key" z 5 | stat %.0f)" \
                "| $(column "$key" q 6 | stat %.1f) | $(column "$key" z 6 | stat %.1f) | $(ratios "$key" 6 | stat %.2f)" \
                "| $({ column "$key" q 7; column "$key" z 7; } | most) |"
        done
    done
    echo
}

# fail_over EVENT q|z: one client writes through one session while a member ends; notes the longest gap without an acknowledged write from then
# on in ms, the writes whose outcome the client does not know, and the reconnects
fail_over() {
    local event=$1 which=$2 signal=9 victim='' home='' other='' i json
    local at=($(servers "$which")) pid=($(pids "$which"))
    [ "${event%%-*}" = stop ] && signal=15
    for i in 0 1 2; do
        case $(mode_of "${at[$i]}") in
        leader) [ "${event##*-}" = leader ] && victim=$i || other=$i ;;
        *) if [ "${event##*-}" = follower ] && [ -z "$victim" ]; then victim=$i; elif [ -z "$home" ]; then home=$i; else other=$i; fi ;;
        esac
    done
    [ -n "$victim" ] && [ -n "$home" ] && [ -n "$other" ] || die "$(name_of "$which") has no leader, or not two followers"
    # The client goes to the first of the list, and to the next when it is hung up.
    local order=("$home" "$other" "$victim")
    case $event in *-own-*) order=("$victim" "$home" "$other") ;; esac
    json=$(timeout 120 "$ZKLOAD" failover --servers "${at[${order[0]}]},${at[${order[1]}]},${at[${order[2]}]}" --seconds $((calm + after)) \
        --kill-pid "${pid[$victim]}" --kill-signal $signal --kill-after "$calm" --json) || die "$(name_of "$which"): $event: an acknowledged write is lost: $json"
    [ "$(field new_session "$json")" = 0 ] || die "$(name_of "$which"): $event: the session was lost"
    note "$event $which $(field kill_gap_ms "$json") $(field ambiguous "$json") $(field reconnects "$json")"
    say "$(name_of "$which"): $event: $(field kill_gap_ms "$json") ms"
    for _ in $(seq 400); do kill -0 "${pid[$victim]}" 2>/dev/null || break; sleep 0.05; done
    heal "$which"
}

words_of() {
    case $1 in
    kill-leader) echo "kill -9 of the leader, client on a follower" ;;
    stop-leader) echo "SIGTERM of the leader, client on a follower" ;;
    kill-own-leader) echo "kill -9 of the leader, client on it" ;;
    stop-own-leader) echo "SIGTERM of the leader, client on it" ;;
    kill-own-follower) echo "kill -9 of the follower that the client is on" ;;
    *) die "unknown event $1" ;;
    esac
}

failover() {
    local event which
    for event in ${events//,/ }; do words_of "$event" >/dev/null; done
    for event in ${events//,/ }; do
        for _ in $(seq "$rounds"); do
            for which in q z; do fail_over "$event" $which; done
        done
    done
    echo "### A member ends"
    echo
    echo "One client, 200 writes a second over one session; $rounds rounds. The longest time without an acknowledged write from the signal on, in ms," \
        "which includes 5 ms between two writes. Nothing acknowledged was lost, and no session. Unknown: writes of which the client does not know" \
        "whether they were made, at most."
    echo
    echo "| | Quorate | ZooKeeper | ratio | unknown | ZooKeeper's |"
    echo "|---|---:|---:|---:|---:|---:|"
    for event in ${events//,/ }; do
        echo "| $(words_of "$event") | $(column "$event" q 3 | spread %.0f) | $(column "$event" z 3 | spread %.0f) | **$(ratios "$event" 3 | stat %.2f)**" \
            "| $(column "$event" q 4 | most) | $(column "$event" z 4 | most) |"
    done
    echo
}

echo "$(machine), $("$QUORATE" --version 2>/dev/null | head -1)."
echo
found
for part in rows failover; do
    if wants $part; then $part; fi
done
echo "Load average at the end: $(cut -d' ' -f1 /proc/loadavg)."
