#!/bin/bash
# The .NET client beside the Java client, in alternation, at one Quorate server on 127.0.0.1: gets of 100 bytes; prints Markdown.
#
#   [QUORATE=path] bench/client.sh [options]
#
#   QUORATE        the server's binary; without it hosts/quorate as it was built last
#   --shapes LIST  clients x outstanding (50x10)
#   --seconds S    each measurement (4)     --warmup S   before each (3)
#   --rounds R     A B pairs (4)            --port P     the server's (23100)
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)

. "$here/figures.sh"

shapes=50x10 seconds=4 warmup=3 rounds=4 port=23100
while [ $# -gt 0 ]; do
    [ "$1" = --help ] && { sed -n '2,9p' "$0" | sed 's/^# \{0,1\}//'; exit 0; }
    [ $# -ge 2 ] || die "$1 wants a value"
    case $1 in
    --shapes | --seconds | --warmup | --rounds | --port) declare "${1#--}=$2" ;;
    *) die "unknown option $1 (try --help)" ;;
    esac
    shift 2
done

jars=/usr/share/java
classpath=$(printf '%s:' "$jars"/{zookeeper,zookeeper-jute,slf4j-api,slf4j-nop,netty-all}.jar)
command -v javac >/dev/null && [ -f "$jars/zookeeper.jar" ] || die "needs a JDK and Debian's libzookeeper-java"
bench=$here/bin/Release/net10.0/Quorate.Bench.dll
[ -f "$bench" ] || dotnet build "$here" -c Release -v q >&2
if [ -n "${QUORATE:-}" ]; then
    server=("$QUORATE")
else
    server=(dotnet "$here/../hosts/quorate/bin/Release/net10.0/quorate.dll")
    [ -f "${server[1]}" ] || dotnet build "$here/../hosts/quorate" -c Release -v q >&2
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/quorate-client.XXXXXX")
results=$work/results
: >"$results"
javac -nowarn -cp "$classpath" -d "$work" "$here/java/ClientLoad.java"
"${server[@]}" serve --dataDir "$work/data" --clientPort "$port" --maxClientCnxns 0 >"$work/log" 2>&1 &
serving=$!
trap 'kill $serving 2>/dev/null; wait $serving 2>/dev/null || true; rm -rf "$work"' EXIT

dotnet_client() { dotnet "$bench" client --port "$port" --clients "$1" --outstanding "$2" --warmup "$warmup" --seconds "$seconds"; }
java_client() { java -cp "$classpath$work" ClientLoad "$port" "$1" "$2" "$warmup" "$seconds"; }

# one WHICH SHAPE: the figures of one run, and how busy the machine was
one() {
    local which=$1 clients=${2%x*} outstanding=${2#*x} line
    line=$("${which}_client" "$clients" "$outstanding")
    say "$which $2: $line"
    note "$which $2 $(awk '{ print $2, $4 }' <<<"$line") $(cut -d' ' -f1 /proc/loadavg)"
}

dotnet_client 10 10 >/dev/null   # the server's code is compiled on the way
for shape in ${shapes//,/ }; do
    for round in $(seq "$rounds"); do
        one dotnet "$shape"
        one java "$shape"
    done
done

quotients() { awk '{ print $1 / $2 }'; }
# pairs COLUMN SHAPE: the values of the two clients, round by round
pairs() { paste -d' ' <(column dotnet "$2" "$1") <(column java "$2" "$1"); }
echo "Measured $(date -u +%Y-%m-%d) on $(nproc) cores, $rounds pairs of $seconds s after $warmup s of warm-up;" \
    "load average over a minute $(awk '{ print $5 }' "$results" | sort -n | sed -n '1p;$p' | paste -sd- | sed 's/-/ to /')."
echo
echo "| clients × outstanding | .NET gets/s | Java gets/s | ratio | .NET CPU µs/get | Java's | CPU ratio |"
echo "|---|---:|---:|---:|---:|---:|---:|"
for shape in ${shapes//,/ }; do
    echo "| ${shape/x/ × } | $(pairs 3 "$shape" | cut -d' ' -f1 | spread %.0f) | $(pairs 3 "$shape" | cut -d' ' -f2 | spread %.0f)" \
        "| **$(pairs 3 "$shape" | quotients | stat %.2f)** ($(pairs 3 "$shape" | quotients | spread %.2f | sed 's/.*(//') " \
        "| $(pairs 4 "$shape" | cut -d' ' -f1 | stat %.2f) | $(pairs 4 "$shape" | cut -d' ' -f2 | stat %.2f)" \
        "| $(pairs 4 "$shape" | quotients | spread %.2f) |"
done
