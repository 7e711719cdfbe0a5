# What compare.sh and ensemble.sh share: what they need, the notes of a run, and medians of them. Sourced; q is Quorate, z is ZooKeeper. $results
# is the file that has the notes, a line each: KEY q|z VALUE...

me=$(basename "$0")
die() { echo "$me: $*" >&2; exit 2; }
say() { echo "$me: $*" >&2; }

# prepare: the programs that it takes are there, and so is the folder $work; $mine is it if it is to be deleted
prepare() {
    [ -x "${ZKLOAD:-}" ] || die "ZKLOAD must name the load generator"
    [ -x "${ZOOKEEPER:-}" ] || die "ZOOKEEPER must name the launcher of the real ZooKeeper"
    mine=
    [ -n "$work" ] || { work=$(mktemp -d "${TMPDIR:-/tmp}/quorate-${me%.sh}.XXXXXX"); mine=$work; }
    mkdir -p "$work"
    results=$work/results
    : >"$results"
}

# publish: $QUORATE is a binary, if need be of these sources
publish() {
    if [ -z "${QUORATE:-}" ]; then
        say "publishing Quorate"
        dotnet publish "$here/../hosts/quorate" -c Release -o "$work/quorate" >&2
        QUORATE=$work/quorate/quorate
    fi
    [ -x "$QUORATE" ] || die "QUORATE must name a published binary"
}

# machine: when, where and how busy
machine() {
    echo "Measured $(date -u +%Y-%m-%d) on $(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)), Linux $(uname -r)," \
        "load average $(cut -d' ' -f1 /proc/loadavg) at the beginning"
}

name_of() { [ "$1" = q ] && echo Quorate || echo ZooKeeper; }
# field NAME JSON: a number out of a line of JSON
field() { grep -oE "\"$1\":-?[0-9.]+" <<<"$2" | head -1 | cut -d: -f2; }
note() { echo "$*" >>"$results"; }
# costs JSON: CPU us per request, cores used by others
costs() {
    awk -v cpu="$(field server_cpu_s "$1")" -v ops="$(field ops "$1")" -v other="$(field other_cpu_s "$1")" -v seconds="$seconds" \
        'BEGIN { printf "%.2f %.2f", ops ? 1e6 * cpu / ops : 0, other / seconds }'
}

# column KEY q|z N: the values of a column, one a line
column() { awk -v k="$1" -v w="$2" -v n="$3" '$1 == k && $2 == w { print $n }' "$results"; }
# spread: median (min-max) of the lines; stat: the median alone; both with awk's format $1
middle='function middle(a, n,   i, j, t) { for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] < a[j-1]; j--) { t = a[j]; a[j] = a[j-1]; a[j-1] = t }
        return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2 }'
spread() { awk -v f="$1" "$middle"' { a[++n] = $1 } END { if (!n) { print "-"; exit } m = middle(a, n); printf f " (" f "–" f ")", m, a[1], a[n] }'; }
stat() { awk -v f="$1" "$middle"' { a[++n] = $1 } END { if (!n) print "-"; else printf f, middle(a, n) }'; }
# ratios KEY N: Quorate's value by ZooKeeper's of the same round
ratios() { paste -d' ' <(column "$1" q "$2") <(column "$1" z "$2") | awk 'NF == 2 && $2 { print $1 / $2 }'; }
# least, most: of the lines
least() { sort -n | head -1; }
most() { sort -n | tail -1; }

# wants PART: whether $parts names it
wants() { case ,$parts, in *,$1,*) return 0 ;; *) return 1 ;; esac; }
