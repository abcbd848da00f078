#!/bin/sh
# mnrig latency, --realtime and the timing in a run's record, against mnbench; then three scenarios in real time.
set -u
cd "$(dirname "$0")/../.."
B=${B:-build}
T=$(mktemp -d "${TMPDIR:-/tmp}/mnrig-timing-XXXXXX")
bench_pid=
fails=0
trap '[ -z "$bench_pid" ] || kill "$bench_pid" 2>/dev/null; wait 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
fail() { echo "FAIL: $*"; fails=$((fails + 1)); }
# expect STATUS TEXT COMMAND...: the exit status, and TEXT on stdout or stderr
expect() {
    want=$1; text=$2; shift 2
    "$@" >"$T/out" 2>&1 </dev/null
    got=$?
    [ $got -eq "$want" ] || { fail "$* : exit $got, want $want"; cat "$T/out"; }
    grep -qF -- "$text" "$T/out" || { fail "$* : no '$text' in:"; cat "$T/out"; }
}
TCP=config/benches/virtual_tcp.yaml
PRESS=config/methods/press_10N_hold_5s.yaml
L="$B/mnrig latency"
# This machine may be busy with other tests: wide allowances where they are not what is tried.
WIDE="--set limits/max_lateness=5s --set tick/period=200ms --set devices/axis/timeout=5s --set devices/force/timeout=5s
      --set limits/max_age_axis=5s --set limits/max_age_force=5s --set limits/force_rate=90N/s --set proof/speed=1mm/s"

expect 0 "usage: mnrig latency" $L --help
expect 2 "--bench is needed" $L
expect 2 "--seconds '0.2': must be a number of 1 to 86400" $L --bench $TCP --seconds 0.2
expect 2 "--seconds 'long'" $L --bench $TCP --seconds long
expect 3 "no-such.yaml" $L --bench $TCP --method "$T/no-such.yaml"
expect 5 "cannot open tcp 127.0.0.1:1" $L --bench $TCP --port 1

"$B/mnbench" serve --tcp 0 --seed 5 --out "$T/world" --print-port "$T/port" --seconds 120 >"$T/bench.log" 2>&1 &
bench_pid=$!
n=0
while [ ! -s "$T/port" ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
PORT=$(sed -n 1p "$T/port")
expect 0 "nothing written" $L --bench $TCP --port "$PORT" --method $PRESS --seconds 2 $WIDE
grep -q "k 80 N/mm (the method's); force limit 15 N" "$T/out" || fail "the method's stiffness and limit are not used"
grep -q "^the file's settings hold: tick 200 ms (5 a second)" "$T/out" || fail "no answer"
expect 0 "k 250 N/mm (1 / compliance); force limit 20 N" $L --bench $TCP --port "$PORT" --seconds 1 $WIDE
expect 1 "max_lateness is 0.001 ms" $L --bench $TCP --port "$PORT" --seconds 1 --set limits/max_lateness=1us
expect 5 "'force' never answered: no reply from 'force' (unit 77" $L --bench $TCP --port "$PORT" --seconds 1 \
    --set devices/force/unit=77 $WIDE
[ "$(wc -l <"$T/world/writes.csv")" -eq 1 ] || { fail "latency wrote to a device:"; cat "$T/world/writes.csv"; }

# ---- not permitted: said before anything is opened or made
weak=
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then weak="setpriv --bounding-set=-all --inh-caps=-all"; fi
if ! $weak chrt -f 50 true 2>/dev/null; then
    expect 1 "--realtime: SCHED_FIFO is not permitted" $weak $L --bench $TCP --port "$PORT" --realtime
    expect 1 "setcap cap_sys_nice,cap_ipc_lock+ep" $weak "$B/mnrig" run --bench $TCP --port "$PORT" --method $PRESS \
        --batch b --specimen s --unattended --realtime -o "$T/runs"
    [ ! -e "$T/runs" ] || fail "a refused run left a folder"
fi

# ---- the record: of each distribution the counts of its steps add up
sed 's/hold: {time: 5 s/hold: {time: 0.2 s/; s/rapid: 8 mm/rapid: 3 mm/; s/retract: {speed: 5/retract: {speed: 3/' \
    $PRESS >"$T/press.yaml"
expect 0 "outcome: done" "$B/mnrig" run --bench $TCP --port "$PORT" --method "$T/press.yaml" --batch timing \
    --specimen t --unattended -o "$T/runs" --set limits/max_lateness=2s --set limits/weakest_part/load=500N \
    --set limits/max_age_axis=2s --set limits/max_age_force=2s --set proof/speed=2mm/s \
    --set limits/travel_hard/to=27mm --set limits/travel_hard/from=-9.7mm \
    --set devices/axis/timeout=1s --set devices/force/timeout=1s
awk '/^timing:/ { on = 1; next } /^[a-z]/ { on = 0 }
     on && /^  realtime: false/ { plain = 1 }
     on && /^    count:/ { want = $2 } on && /^    p99_9:/ { p = 1 }
     on && /^      [0-9.e+-]+ ms: / { sum += $3 }
     on && /^  [a-z_]+:$/ { if (want != "" && sum != want) bad++; sum = 0; want = ""; n++ }
     END { exit !(plain && p && n >= 6 && bad == 0) }' "$T"/runs/*/run.yaml ||
    fail "the distributions of run.yaml do not add up"
for name in tick_lateness axis_read force_read command_stop command_move command_home; do
    grep -q "^  $name:" "$T"/runs/*/run.yaml || fail "no timing/$name"
done
kill "$bench_pid"; wait "$bench_pid" 2>/dev/null; bench_pid=

B=$B sh tests/scenarios/realtime.sh || fail "real time"
[ $fails -eq 0 ] && echo "timing.sh: all good" || echo "timing.sh: $fails failed"
exit $((fails > 0))
