# What compare.sh and ensemble.sh share: the notes of a run, and medians of them. Sourced; q is Quorate, z is ZooKeeper. $results is the file
# that has the notes, a line each: KEY q|z VALUE...

me=$(basename "$0")
die() { echo "$me: $*" >&2; exit 2; }
say() { echo "$me: $*" >&2; }

name_of() { [ "$1" = q ] && echo Quorate || echo ZooKeeper; }
# field NAME JSON: a number out of a line of JSON
field() { grep -oE "\"$1\":-?[0-9.]+" <<<"$2" | head -1 | cut -d: -f2; }
note() { echo "$*" >>"$results"; }

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
