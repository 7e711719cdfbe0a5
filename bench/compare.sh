#!/bin/bash
# Quorate beside the real ZooKeeper, one run, in alternation, over 127.0.0.1; prints Markdown.
#
#   ZKLOAD=path ZOOKEEPER=path [QUORATE=path] bench/compare.sh [options]
#
#   ZKLOAD      the load generator: understands run, fill and wait, with --json (bench/README.md says what is expected of it)
#   ZOOKEEPER   starts and stops a real ZooKeeper: start DIR 1 PORT, restart DIR, stop DIR, pids DIR
#   QUORATE     a published binary; without it the sources are published first
#
#   --parts LIST     of rows,start,fill,snapshot,flood (all), with commas
#   --seconds S      each measurement (3)          --warmup S    before each (1)
#   --warm S         mixed load before a part (25) --rounds R    A B pairs of each measurement (3)
#   --znodes N       for fill and snapshot (1000000)
#   --shapes LIST    connections x outstanding (1x1,50x10,200x16)
#   --mixes LIST     of get,set,create,get90,multi (all)
#   --snap-count N   writes between two snapshots in part snapshot, both servers (10000)
#   --rate R         requests/s of the well-behaved client in part flood (1000)
#   --half-open N (1000)  --never-read N (50)  --eager N (10)   the flood
#   --port P         two ports from here on (22000)
#   --work DIR       scratch space, deleted at the end (a new folder under ${TMPDIR:-/tmp})
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)

. "$here/figures.sh"

parts=rows,start,fill,snapshot,flood seconds=3 warmup=1 warm=25 rounds=3 znodes=1000000 shapes=1x1,50x10,200x16
mixes=get,set,create,get90,multi snap_count=10000 rate=1000 half_open=1000 never_read=50 eager=10 port=22000 work=
while [ $# -gt 0 ]; do
    [ "$1" = --help ] && { sed -n '2,25p' "$0" | sed 's/^# \{0,1\}//'; exit 0; }
    [ $# -ge 2 ] || die "$1 wants a value"
    case $1 in
    --parts | --seconds | --warmup | --warm | --rounds | --znodes | --shapes | --mixes | --rate | --eager | --port | --work) declare "${1#--}=$2" ;;
    --snap-count) snap_count=$2 ;;
    --half-open) half_open=$2 ;;
    --never-read) never_read=$2 ;;
    *) die "unknown option $1 (try --help)" ;;
    esac
    shift 2
done
prepare

# --- the two servers; q is Quorate, z is ZooKeeper -----------------------------------------------------------------------------------

port_of() { [ "$1" = q ] && echo "$port" || echo $((port + 1)); }
address() { echo "127.0.0.1:$(port_of "$1")"; }

# launch q|z DIR [KEY=VALUE]: begins on what is in DIR, waits for nothing
launch() {
    local which=$1 dir=$2 set=${3:-}
    mkdir -p "$dir"
    if [ "$which" = z ]; then
        local verb=start; [ -d "$dir/member-1" ] && verb=restart
        ZK_NOWAIT=1 ZK_JVM="${ZK_JVM:-} ${set:+-Dzookeeper.$set}" "$ZOOKEEPER" $verb "$dir" 1 "$(port_of z)" >/dev/null
        return
    fi
    setsid "$QUORATE" serve --dataDir "$dir/data" --clientPort "$port" --maxClientCnxns 0 ${set:+--set "$set"} \
        >>"$dir/log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
}

pid_of() { [ "$1" = z ] && "$ZOOKEEPER" pids "$2" || cat "$2/pid"; }
await() { timeout 150 "$ZKLOAD" wait --servers "$(address "$1")" --seconds 120 >/dev/null || die "$(name_of "$1") does not serve; see $2"; }
up() { launch "$@"; await "$@"; }

# halt q|z DIR [SIGNAL]: ends the process and waits until it is gone
halt() {
    local pid
    pid=$(pid_of "$1" "$2" 2>/dev/null) || return 0
    [ -n "$pid" ] || return 0
    [ "$1" = z ] || disown "$pid" 2>/dev/null || true
    kill "-${3:-TERM}" "$pid" 2>/dev/null || true
    for _ in $(seq 600); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
    kill -9 "$pid" 2>/dev/null || true
    if [ "$1" = z ]; then "$ZOOKEEPER" stop "$2"; else rm -f "$2/pid"; fi
}

finish() {
    trap - EXIT
    local dir
    for dir in "$work"/q-*; do [ -f "$dir/pid" ] && halt q "$dir"; done
    for dir in "$work"/z-*; do [ -d "$dir" ] && "$ZOOKEEPER" stop "$dir"; done
    [ -z "$mine" ] || rm -rf "$mine"
}
trap finish EXIT
trap 'exit 130' INT TERM

publish

# --- measuring -----------------------------------------------------------------------------------------------------------------------

now_ms() { echo $(($(date +%s%N) / 1000000)); }
rss_mib() { awk '/^VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$(pid_of "$1" "$2")/status"; }

# load q|z DIR ARGS: one run of the load generator; its line of JSON. A run with errors or lost replies is no measurement: it ends everything.
load() {
    local which=$1 dir=$2 length=$seconds
    shift 2
    timeout -k 5 $((${length%.*} + ${warmup%.*} + 150)) "$ZKLOAD" run --servers "$(address "$which")" --server-pid "$(pid_of "$which" "$dir")" \
        --seconds "$seconds" --warmup "$warmup" --size 100 --root /compare --json "$@" || die "$(name_of "$which"): $*: errors or lost replies"
}

# measure KEY q|z DIR ARGS: notes KEY, server, ops/s, p50, p99, p99.9, max, CPU us per request, cores used by others
measure() {
    local key=$1 which=$2 json
    shift
    json=$(load "$@") || return 1
    note "$key $which $(field throughput "$json") $(field p50 "$json") $(field p99 "$json") $(field p99_9 "$json") $(field max "$json")" \
        "$(costs "$json")"
}

warm_up() {
    [ "${warm%.*}" -gt 0 ] || return 0
    local keep=$seconds which
    for which in q z; do
        seconds=$warm
        load $which "$work/$which-$1" --connections 50 --outstanding 10 --mix get=60,set=30,create=10 --cleanup >/dev/null
        seconds=$keep
    done
}

args_of() {
    case $1 in
    get) echo "--mix get=100" ;;
    set) echo "--mix set=100" ;;
    create) echo "--mix create=100 --cleanup" ;;
    get90) echo "--mix get=90,set=10" ;;
    multi) echo "--mix multi=100" ;;
    *) die "unknown mix $1" ;;
    esac
}

# --- the parts -----------------------------------------------------------------------------------------------------------------------

rows() {
    local mix shape round which
    up q "$work/q-rows"; up z "$work/z-rows"
    say "rows: warming both up"
    warm_up rows
    for mix in ${mixes//,/ }; do
        for shape in ${shapes//,/ }; do
            say "rows: $mix $shape"
            for round in $(seq "$rounds"); do
                for which in q z; do
                    measure "$mix-$shape" $which "$work/$which-rows" --connections "${shape%x*}" --outstanding "${shape#*x}" $(args_of "$mix")
                done
            done
        done
    done
    halt q "$work/q-rows"; halt z "$work/z-rows"
    echo "### Requests"
    echo
    echo "Ratios are Quorate by ZooKeeper, pair by pair; 100-byte data, multi is four sets. Others: cores that everything else on the machine used, at most."
    echo
    echo "| request | connections × outstanding | Quorate ops/s | ZooKeeper ops/s | ratio | p50 / p99 µs | ZooKeeper's | CPU µs/op | ZooKeeper's | CPU ratio | others |"
    echo "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for mix in ${mixes//,/ }; do
        for shape in ${shapes//,/ }; do
            local key=$mix-$shape
            echo "| ${mix/get90/90 % get, 10 % set} | ${shape/x/ × } | $(column "$key" q 3 | spread %.0f) | $(column "$key" z 3 | spread %.0f)" \
                "| **$(ratios "$key" 3 | stat %.2f)** ($(ratios "$key" 3 | sort -n | head -1 | xargs printf %.2f)–$(ratios "$key" 3 | sort -n | tail -1 | xargs printf %.2f))" \
                "| $(column "$key" q 4 | stat %.0f) / $(column "$key" q 5 | stat %.0f) | $(column "$key" z 4 | stat %.0f) / $(column "$key" z 5 | stat %.0f)" \
                "| $(column "$key" q 8 | stat %.1f) | $(column "$key" z 8 | stat %.1f) | $(ratios "$key" 8 | stat %.2f)" \
                "| $({ column "$key" q 9; column "$key" z 9; } | sort -n | tail -1) |"
        done
    done
    echo
}

# first_reply KEY q|z DIR: launches and notes the milliseconds until a request is answered
first_reply() {
    local begun
    begun=$(now_ms)
    launch "$2" "$3"
    await "$2" "$3"
    note "$1 $2 $(($(now_ms) - begun))"
}

table_row() { echo "| $1 | $(column "$2" q 3 | spread "$3") | $(column "$2" z 3 | spread "$3") | $(ratios "$2" 3 | stat %.2f) |"; }

start() {
    local round which
    say "start: on an empty folder"
    for round in $(seq "$rounds"); do
        for which in q z; do
            rm -rf "$work/$which-empty"
            first_reply start $which "$work/$which-empty"
            halt $which "$work/$which-empty"
        done
    done
    echo "### Start on an empty folder"
    echo
    echo "| | Quorate | ZooKeeper | ratio |"
    echo "|---|---:|---:|---:|"
    table_row "launch to first reply, ms" start %.0f
    echo
}

fill() {
    local which round how json
    for which in q z; do
        say "fill: $znodes znodes into $(name_of $which)"
        up $which "$work/$which-full"
        json=$(timeout 900 "$ZKLOAD" fill --servers "$(address $which)" --server-pid "$(pid_of $which "$work/$which-full")" \
            --znodes "$znodes" --size 100 --json) || die "$(name_of $which): fill failed"
        note "fill-rate $which $(field creates_per_s "$json")"
        note "fill-rss $which $(rss_mib $which "$work/$which-full")"
        halt $which "$work/$which-full"
    done
    for how in TERM KILL; do
        for round in $(seq "$rounds"); do
            for which in q z; do
                say "fill: $(name_of $which) starts again after SIG$how"
                if [ $how = KILL ]; then
                    # Killed while it is written to, so that there is a journal to read behind the last snapshot.
                    up $which "$work/$which-full"
                    load $which "$work/$which-full" --connections 50 --outstanding 10 --mix set=100 >/dev/null
                    halt $which "$work/$which-full" KILL
                fi
                first_reply "restart-$how" $which "$work/$which-full"
                sleep 1
                note "restart-rss-$how $which $(rss_mib $which "$work/$which-full")"
                halt $which "$work/$which-full"
            done
        done
    done
    echo "### $znodes znodes of 100 bytes"
    echo
    echo "ZooKeeper runs with a heap of ${ZK_HEAP:-the default size}."
    echo
    echo "| | Quorate | ZooKeeper | ratio |"
    echo "|---|---:|---:|---:|"
    table_row "creates/s while filling" fill-rate %.0f
    table_row "resident after the fill, MiB" fill-rss %.0f
    table_row "restart after SIGTERM until the first reply, ms" restart-TERM %.0f
    table_row "resident after that, MiB" restart-rss-TERM %.0f
    table_row "restart after kill -9 behind writes, ms" restart-KILL %.0f
    table_row "resident after that, MiB" restart-rss-KILL %.0f
    echo
}

# Needs what fill has left behind.
snapshot() {
    local which round dir half_q half_z
    [ -d "$work/q-full" ] && [ -d "$work/z-full" ] || die "part snapshot needs part fill before it"
    for which in q z; do up $which "$work/$which-full" "snapCount=$snap_count"; done
    local settled; settled=$(grep -c 'Snapshot .* holds' "$work/q-full/log" || true)
    say "snapshot: warming both up"
    warm_up full
    for round in $(seq "$rounds"); do
        for which in q z; do
            measure saturated $which "$work/$which-full" --connections 50 --outstanding 10 --mix get=90,set=10
        done
    done
    half_q=$(column saturated q 3 | awk "$middle"'{ a[++n] = $1 } END { printf "%d", middle(a, n) / 2 }')
    half_z=$(column saturated z 3 | awk "$middle"'{ a[++n] = $1 } END { printf "%d", middle(a, n) / 2 }')
    # The longest step and pause are counted from here on only in a server that is started here.
    for which in q z; do halt $which "$work/$which-full"; up $which "$work/$which-full" "snapCount=$snap_count"; done
    settled=$(grep -c 'Snapshot .* holds' "$work/q-full/log" || true)
    for round in $(seq "$rounds"); do
        say "snapshot: half the saturated rate, round $round"
        measure half q "$work/q-full" --connections 50 --outstanding 64 --mix get=90,set=10 --rate "$half_q"
        measure half z "$work/z-full" --connections 50 --outstanding 64 --mix get=90,set=10 --rate "$half_z"
        measure same q "$work/q-full" --connections 50 --outstanding 64 --mix get=90,set=10 --rate "$half_z"
    done
    settled=$(($(grep -c 'Snapshot .* holds' "$work/q-full/log" || true) - settled))
    for which in q z; do halt $which "$work/$which-full"; done
    echo "### Latency with $znodes znodes while snapshots are taken"
    echo
    echo "90 % get, 10 % set, 50 connections, open loop, counted from the intended send time; a snapshot after every $snap_count writes" \
        "(Quorate finished $settled meanwhile). Medians (min–max) in µs."
    echo
    echo "| | requests/s asked | served | p50 | p99 | p99.9 | max |"
    echo "|---|---:|---:|---:|---:|---:|---:|"
    local line asked
    for line in "half:q:Quorate, half its saturated rate:$half_q" "half:z:ZooKeeper, half its saturated rate:$half_z" "same:q:Quorate, ZooKeeper's rate:$half_z"; do
        IFS=: read -r key which dir asked <<<"$line"
        echo "| $dir | $asked | $(column "$key" "$which" 3 | stat %.0f) | $(column "$key" "$which" 4 | spread %.0f) | $(column "$key" "$which" 5 | spread %.0f)" \
            "| $(column "$key" "$which" 6 | spread %.0f) | $(column "$key" "$which" 7 | spread %.0f) |"
    done
    echo
    echo "Quorate's own counters: $(grep -o 'Longest kernel step.*' "$work/q-full/log" | tail -1)"
    echo
}

flood() {
    local which round bench=$here/bin/Release/net10.0/Quorate.Bench.dll
    [ -f "$bench" ] || dotnet build "$here" -c Release >&2
    for which in q z; do
        up $which "$work/$which-flood"
        load $which "$work/$which-flood" --connections 50 --outstanding 10 --mix get=90,set=10 >/dev/null
    done
    for round in $(seq "$rounds"); do
        for which in q z; do
            say "flood: $(name_of $which), round $round"
            measure quiet $which "$work/$which-flood" --connections 10 --outstanding 16 --mix get=90,set=10 --rate "$rate"
            timeout $((${seconds%.*} + ${warmup%.*} + 60)) dotnet "$bench" flood --port "$(port_of $which)" --half-open "$half_open" \
                --never-read "$never_read" --eager "$eager" --seconds $((${seconds%.*} + ${warmup%.*} + 4)) >"$work/$which-flood/flood" &
            local flooding=$!
            sleep 2
            measure flooded $which "$work/$which-flood" --connections 10 --outstanding 16 --mix get=90,set=10 --rate "$rate" ||
                note "flood-failed $which 1"
            note "flood-rss $which $(rss_mib $which "$work/$which-flood" || echo 0)"
            if wait $flooding; then say "$(cat "$work/$which-flood/flood")"; else say "the flood met a server that was gone"; fi
        done
    done
    for which in q z; do halt $which "$work/$which-flood"; done
    echo "### A well-behaved client during a flood"
    echo
    echo "$rate requests/s over 10 connections, 90 % get, 10 % set; $half_open half-open connections, each replaced after a second, and" \
        "$((never_read + eager)) clients that ask for 100,000 bytes and never read, $eager of them before they have their session. µs."
    echo
    echo "| | p50 quiet | p50 flooded | p99 quiet | p99 flooded | ratio of the p99 | resident MiB | rounds without an answer |"
    echo "|---|---:|---:|---:|---:|---:|---:|---:|"
    for which in q z; do
        echo "| $(name_of $which) | $(column quiet $which 4 | stat %.0f) | $(column flooded $which 4 | stat %.0f)" \
            "| $(column quiet $which 5 | spread %.0f) | $(column flooded $which 5 | spread %.0f)" \
            "| $(paste -d' ' <(column flooded $which 5) <(column quiet $which 5) | awk 'NF == 2 { print $1 / $2 }' | spread %.1f)" \
            "| $(column flood-rss $which 3 | stat %.0f) | $(column flood-failed $which 3 | wc -l) |"
    done
    echo
}

echo "$(machine): $seconds s after $warmup s of warm-up, $rounds rounds," \
    "$warm s of mixed load before, $("$QUORATE" --version 2>/dev/null | head -1)."
echo
for part in rows start fill snapshot flood; do
    if wants $part; then $part; fi
done
echo "Load average at the end: $(cut -d' ' -f1 /proc/loadavg)."
