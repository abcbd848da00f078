#!/bin/sh
# rig.sh -- measures the controller beside the bare thing and prints its section of docs/reference/benchmarks.md.  Run
# by "make bench" (bench.sh).  usage: rig.sh BUILD_FOLDER
set -eu
B=$1
export LC_ALL=C
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT
"$B/mnbench" serve --tcp 0 --seed 3 --print-port "$dir/port" --seconds 600 >/dev/null 2>&1 &
server=$!
n=0
while [ ! -s "$dir/port" ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
port=$(head -1 "$dir/port")
MN_LOCK_DIR=$dir
export MN_LOCK_DIR

"$B/tests/perf/rig" transactions "$port" >"$dir/transactions"
mkdir "$dir/ticks" "$dir/record"
"$B/tests/perf/rig" ticks "$port" "$dir/ticks" >"$dir/tick"
"$B/tests/perf/rig" recorder "$dir/record" >"$dir/recorder"

value() { awk -v n="$1" '{ for (i = 1; i < NF; i++) if ($i == n) print $(i + 1) }' "$2"; }
# of a column: the k-th smallest for the median, and the 95 % interval of the median (order statistics, sign test)
spread() { sort -g | awk '{ x[NR] = $1 } END { n = NR; h = 0.98 * sqrt(n); lo = int(n / 2 - h); hi = int(n / 2 + h + 1.5)
    if (lo < 1) lo = 1; if (hi > n) hi = n
    m = n % 2 ? x[(n + 1) / 2] : (x[n / 2] + x[n / 2 + 1]) / 2; printf "%.4g %.4g %.4g", m, x[lo], x[hi] }'; }
sum() { value "$1" "$2" | awk '{ s += $1 } END { printf "%d", s }'; }
largest() { value "$1" "$2" | sort -g | tail -1; }
met() { awk -v x="$1" -v rel="$2" -v bound="$3" 'BEGIN { print (rel == "<" ? x <= bound : x >= bound) ? "met" : "**not met**" }'; }

blocks=$(grep -c '^block' "$dir/transactions")
set -- $(value ratio "$dir/transactions" | spread); ratio=$1 ratio_lo=$2 ratio_hi=$3
set -- $(value bus "$dir/transactions" | spread); bus=$1
set -- $(value bare "$dir/transactions" | spread); bare=$1
set -- $(value row_us "$dir/recorder" | spread); row=$1 row_hi=$3
set -- $(value writer_us "$dir/recorder" | spread); writer=$1
set -- $(value cpu_us "$dir/tick" | spread); tick_cpu=$1
missed=$(sum missed "$dir/tick") bare_missed=$(sum bare_missed "$dir/tick")
set -- $(value p99_us "$dir/tick" | spread); p99=$1
set -- $(value bare_p99_us "$dir/tick" | spread); bare_p99=$1
cat <<END
## The bench's controller

On the loopback against \`mnbench serve\`, which answers in its own time. Blocks of both sides in turn ($blocks of 50 transactions, 24 of 1 s of ticks); the median of the blocks'
ratios with its 95 % interval.

| what | mnrig | bare | ratio or cost | goal | |
|---|---|---|---|---|---|
| Modbus TCP transactions a second, 24 registers: \`struct bus\` against libmodbus alone | $bus | $bare | $ratio ($ratio_lo to $ratio_hi) | >= 0.95 | $(met "$ratio" '>' 0.95) |
| tick at 200 Hz with two links at 200 polls a second and the recorder, against a loop that only wakes: deadlines missed | $missed of $(sum ticks "$dir/tick") | $bare_missed of $(sum bare_ticks "$dir/tick") | | none more | $(met "$missed" '<' "$bare_missed") |
| ... lateness, p99 (median of the blocks), largest, us | $p99, $(largest max_us "$dir/tick") | $bare_p99, $(largest bare_max_us "$dir/tick") | | | |
| ... CPU of a whole tick, us | $tick_cpu | | | | |
| recorder: CPU of the tick's thread for a row, us | $row | | up to $row_hi | <= 5 | $(met "$row" '<' 5) |
| ... CPU of its writer's thread for a row, us | $writer | | | | |
END
