#!/bin/sh
# What happens in real time when a program dies, a cable is pulled or the disk gives out while the axis moves: judged on
# the virtual bench's truth log.  The cases run side by side, each with a bench of its own.
set -u
cd "$(dirname "$0")/../.."
B=${B:-build}
R="$B/mnrig"
T=$(mktemp -d "${TMPDIR:-/tmp}/mnrig-kill-XXXXXX")
trap 'kill $(cat "$T"/*/pids 2>/dev/null) 2>/dev/null; umount "$T/small/disk" 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
TCP=config/benches/virtual_tcp.yaml
RTU=config/benches/virtual_rtu.yaml
LEASH=config/benches/virtual_em2rs_tlb.yaml

# Patient, for a busy machine: what is shown here is what happens without mnrig, or by its other limits.  The budgets
# want it slower and on a softer specimen for that.
PATIENT="--set limits/max_age_axis=600ms --set limits/max_age_force=600ms --set limits/max_lateness=300ms"
sed 's/hold: {time: 5 s/hold: {time: 0.3 s/; s/      speed: 1 mm\/s /      speed: 0.5 mm\/s /; s/stiffness: 80 N/stiffness: 40 N/' \
    config/methods/press_10N_hold_5s.yaml >"$T/press.yaml"

# Each case has a folder $D, says `fail`s into $D/failed, and notes the processes it started.
fail() { echo "FAIL: $(basename "$D"): $*" >>"$D/failed"; }
has() { grep -qF -- "$2" "$1" || { fail "no '$2' in $1:"; head -15 "$1" >>"$D/failed"; }; }
note_pid() { echo "$1" >>"$D/pids"; }
await() { # FILE WORDS SECONDS: until the file has them
    n=0
    while ! grep -q "$2" "$1" 2>/dev/null; do
        n=$((n + 1)); [ $n -lt $(($3 * 20)) ] || { fail "no '$2' after $3 s"; cat "$1" >>"$D/failed"; return 1; }
        sleep 0.05
    done
}
bench() { # NAME OPTIONS: mnbench serve, its logs in $D/NAME; sets BENCH (process) and AT (port or pty)
    name=$1; shift
    "$B/mnbench" serve --print-port "$D/$name.port" --out "$D/$name" --seconds 120 "$@" >"$D/$name.log" 2>&1 &
    BENCH=$!
    note_pid $BENCH
    await "$D/$name.port" . 10
    AT=$(sed -n 1p "$D/$name.port")
}
end_bench() { kill -TERM "$BENCH" 2>/dev/null; wait "$BENCH" 2>/dev/null; }
press() { # OPTIONS: starts mnrig run as RIG, its output in $D/out, its folder in $D/runs
    mkdir -p "$D/lock"
    MN_LOCK_DIR="$D/lock" "$R" run --method "$T/press.yaml" --batch kill --specimen s --unattended --specimen-number 3 --plain \
        $PATIENT -o "$D/runs" "$@" >"$D/out" 2>&1 </dev/null &
    RIG=$!
    note_pid $RIG
}
# The same, until it presses with 1 N or more.  A serial line of a machine that has too much else to do may trip it
# before that: it is then begun again.
press_hard() {
    for try in 1 2 3 4; do
        rm -rf "$D/runs"
        press "$@"
        while kill -0 $RIG 2>/dev/null; do
            ! grep -qs '^<insert|z:[0-9.]*|F:[1-9]' "$D/out" || return 0
            sleep 0.05
        done
        wait $RIG
    done
    fail "it never came to press:"; tail -5 "$D/out" >>"$D/failed"
    return 1
}
ended() { # STATUS: mnrig ends by itself with this status
    wait "$RIG"
    got=$?
    [ $got -eq "$1" ] || { fail "mnrig ended with $got, not $1:"; tail -5 "$D/out" >>"$D/failed"; }
}
# truth LOG: last time anything was heard, the last movement after it (s), how far it ran on (um), the force then, the most (N)
truth() {
    awk -F, 'NR > 1 { t[NR] = $1; x[NR] = $2; f[NR] = $3; q[NR] = $10; if ($3 > most) most = $3 } END {
        first = NR; while (first > 2 && q[first - 1] == q[NR]) first--
        last = NR; while (last > first && (x[last] - x[NR]) ^ 2 < 0.01 && (x[last - 1] - x[NR]) ^ 2 < 0.01) last--
        printf "%.3f %.3f %.1f %.3f %.3f\n", t[first], t[last] - t[first], x[NR] - x[first], f[first], most }' "$1/truth.csv"
}
stops_within() { # SECONDS MICROMETRES: after the last word it heard; 40 N/mm (0.5 mm/s 0.31 s + 1.25 um) = 6.3 N, the budget of a dead PC
    truth "$D/world" >"$D/truth"
    awk -v s="$1" -v um="$2" '{ exit !($2 >= 0 && $2 <= s && $3 <= um && $5 <= $4 + 6.3) }' "$D/truth" ||
        fail "the axis did not stop within $1 s and $2 um: $(cat "$D/truth")"
    sed "s/^/$(basename "$D"): heard until, moved on for s and um, N, most N: /" "$D/truth" >>"$D/told"
}
is_recovered() { # the run that was interrupted: what is there is made readable, and said
    RUN=$(echo "$D"/runs/*)
    has "$RUN/run.yaml" "cause: not finished"
    tail -c 37 "$RUN/samples.csv" >"$D/end"      # and, as after a power cut, half a row
    cat "$D/end" | head -c 20 >>"$RUN/samples.csv"
    "$R" verify "$RUN" >"$D/verify" 2>&1; [ $? -eq 1 ] || fail "verify of an interrupted run is not 1"
    has "$D/verify" "mnrig recover"
    "$R" recover "$RUN" >"$D/recover" 2>&1 || fail "recover failed: $(cat "$D/recover")"
    has "$D/recover" "20 bytes at the end cut"
    has "$D/recover" "lost: what came after, at most 200 ms"
    "$R" verify "$RUN" >"$D/verify" 2>&1 || fail "verify failed: $(cat "$D/verify")"
    has "$D/verify" "(recovered)"
    rows=$(($(wc -l <"$RUN/samples.csv") - 1))
    has "$RUN/recovered.yaml" "rows: $rows"
    [ -s "$RUN/samples.csv.torn" ] || fail "the torn end was not kept"
    # the rows reach up to the kill, less what the recorder's thread had not written (200 ms, and a busy machine)
    heard=$(cut -d' ' -f1 "$D/truth"); end=$(awk -F, -v t="$heard" 'NR > 1 && $1 <= t { x = $2 } END { print x }' "$D/world/truth.csv")
    kept=$(tail -1 "$RUN/samples.csv" | cut -d, -f4)
    awk -v a="$kept" -v b="$end" 'BEGIN { exit !(b - a <= 400 && a - b <= 2) }' || fail "the last row is at $kept um, the axis was at $end um"
    "$R" recover "$RUN" >"$D/recover" 2>&1 || fail "recover once more failed"
    has "$D/recover" "was recovered before"
}

# ---- kill -9 of mnrig in motion
killed() { # SECONDS MICROMETRES OPTIONS
    s=$1; um=$2; shift 2
    press_hard "$@" || return
    RUN=$(echo "$D"/runs/*)
    "$R" recover "$RUN" >"$D/early" 2>&1; [ $? -eq 1 ] || fail "recover of a run that goes on is not 1: $(cat "$D/early")"
    has "$D/early" "a program still writes to it"
    kill -KILL $RIG; wait $RIG 2>/dev/null
    sleep 1
    end_bench
    stops_within "$s" "$um"
    is_recovered
}
killed_tcp() { # the drive's watchdog of 300 ms, and 5 ms to come down from 0.5 mm/s at 100 mm/s2
    bench world --tcp 0 --seed 23 && killed 0.33 170 --bench $TCP --port "$AT"
}
killed_rtu() { bench world --rtu pty --seed 29 && killed 0.33 170 --bench $RTU --set "links/line/rtu=$AT"; }
killed_leash() { # no watchdog: it goes to the end of its leash, 0.5 mm/s x 0.35 s = 175 um
    bench world --config config/benches/mnbench_em2rs_tlb.yaml --rtu pty --seed 31 &&
        killed 0.45 177 --bench $LEASH --set "links/line/rtu=$AT"
}

# ---- kill -9 of the bench, which comes back: STOP is the first word to the new one, and nothing moves there
bench_killed() {
    bench world --tcp 0 --seed 37 || return
    press_hard --bench $TCP --port "$AT" || return
    kill -KILL $BENCH; wait $BENCH 2>/dev/null
    bench again --tcp "$AT" --seed 37
    ended 6
    end_bench
    has "$D/out" "SAFETY TRIP link"
    has "$(echo "$D"/runs/*/run.yaml)" "complete: false"
    awk -F, 'NR > 1 && $2 == 1 { if (!n++) stop = $4 == 124 && $5 == 225; if ($4 == 124 && $5 == 103) moves = 1 }
        END { exit !(stop && !moves) }' "$D/again/writes.csv" || fail "the new bench was told: $(head -5 "$D/again/writes.csv")"
    "$R" verify "$D"/runs/* >"$D/verify" 2>&1 || fail "verify: $(cat "$D/verify")"
}

# ---- the cable is pulled: everything in between stands still (SIGSTOP) or is gone (SIGKILL)
pulled() { # SIGNAL CAUSES
    bench world --tcp 0 --seed 41 || return
    "$B/mnbench" proxy --listen tcp:0 --to tcp:127.0.0.1:"$AT" --print-port "$D/proxy.port" >"$D/proxy.log" 2>&1 &
    proxy=$!
    note_pid $proxy
    await "$D/proxy.port" . 10
    press_hard --bench $TCP --port "$(sed -n 1p "$D/proxy.port")" || return
    kill -"$1" $proxy
    ended 6
    kill -KILL $proxy 2>/dev/null; wait $proxy 2>/dev/null
    end_bench
    grep -qE "SAFETY TRIP ($2).*NOT seen to stop" "$D/out" || { fail "no trip of $2:"; tail -5 "$D/out" >>"$D/failed"; }
    stops_within 0.33 170
    has "$(echo "$D"/runs/*/run.yaml)" "stop_not_proven: true"
    "$R" verify "$D"/runs/* >"$D/verify" 2>&1 || fail "verify: $(cat "$D/verify")"
}
pulled_still() { pulled STOP "link|axis_age|force_age|bus_failures"; }
pulled_gone() { pulled KILL "link"; }

# ---- the disk gives out
judge_disk() { # REASON
    ended 6
    end_bench
    grep -qE "SAFETY TRIP recorder: $1: axis stopped" "$D/out" || { fail "no trip by the recorder for '$1':"; tail -5 "$D/out" >>"$D/failed"; }
}
file_limit() { # files may be no larger than 24 KiB: about 250 rows
    bench world --tcp 0 --seed 43 || return
    (ulimit -f 48; press --bench $TCP --port "$AT"; ended 6)
    RIG=; end_bench
    has "$D/out" "SAFETY TRIP recorder: File too large: axis stopped"
    RUN=$(echo "$D"/runs/*)
    has "$RUN/run.yaml" 'cause: "recorder: File too large"'
    has "$RUN/events.csv" "recorder: File too large" # the other file still took it
    "$R" recover "$RUN" >"$D/recover" 2>&1 || fail "recover: $(cat "$D/recover")"
    grep -qE "lost: what came after the disk had failed|nothing to do" "$D/recover" || # the limit may fall between two rows
        fail "recover says: $(cat "$D/recover")"
    "$R" verify "$RUN" >"$D/verify" 2>&1 || fail "verify: $(cat "$D/verify")"
    rows=$(($(wc -l <"$RUN/samples.csv") - 1))
    [ $rows -gt 150 ] || fail "only $rows rows are left"
}
folder_removed() {
    bench world --tcp 0 --seed 47 || return
    press_hard --bench $TCP --port "$AT" || return
    rm -rf "$D/runs"
    judge_disk "its files were removed"
    has "$D/out" "the outcome could not be recorded"
}
small() { # a disk that is read-only, then one of 28 KiB, if we may mount one
    mkdir -p "$D/disk"
    mount -t tmpfs -o ro mnrig-test "$D/disk" 2>/dev/null || { echo "small: not root, no small disk" >>"$D/told"; return; }
    bench world --tcp 0 --seed 53 || return
    ln -s "$D/disk" "$D/runs"
    press --bench $TCP --port "$AT"
    ended 3
    has "$D/out" "Read-only file system"
    mount -o remount,rw,size=28k "$D/disk"
    press --bench $TCP --port "$AT"
    judge_disk "No space left on device"
    RUN=$(echo "$D"/disk/*)
    rows=$(($(wc -l <"$RUN/samples.csv") - 1))
    [ $rows -gt 50 ] || fail "only $rows rows are left"
    mount -o remount,size=1m "$D/disk" && "$R" recover "$RUN" >"$D/recover" 2>&1 || fail "recover: $(cat "$D/recover")"
    "$R" verify "$RUN" >"$D/verify" 2>&1 || fail "verify: $(cat "$D/verify")"
    umount "$D/disk"
}

run_cases() {
    cases=
    for c in "$@"; do
        mkdir -p "$T/$c"
        (D=$T/$c; "$c") &
        cases="$cases $!"
    done
    wait $cases
}
run_cases killed_tcp killed_rtu killed_leash bench_killed pulled_still
run_cases pulled_gone file_limit folder_removed small
cat "$T"/*/told 2>/dev/null
if cat "$T"/*/failed 2>/dev/null; then echo "kill.sh: failed"; exit 1; fi
echo "kill.sh: all good"
