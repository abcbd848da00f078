#!/bin/sh
# mnrig as a client of independent devices: pymodbus over TCP (the first pair), raw Python on a pseudo-terminal (the
# second).  Whatever becomes of each ninth reply, every value shown is the true one, and what failed is counted by kind.
# What is not installed is skipped, and said.
set -u
cd "$(dirname "$0")/../.."
rig=${B:-build}/mnrig
python=/usr/bin/python3
T=$(mktemp -d "${TMPDIR:-/tmp}/mnrig-devices-XXXXXX")
pids=
trap '[ -z "$pids" ] || kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
[ -x "$python" ] || { echo "devices: skipped, no $python"; exit 0; }

# start KIND MANNER: in the background, its address in $T/KIND-MANNER/port
start() {
    mkdir -p "$T/$1-$2"
    "$python" "tests/cli/device_$1.py" "$T/$1-$2" "$2" >"$T/$1-$2/log" 2>&1 &
    pids="$pids $!"
}
# probe KIND MANNER STATUS KIND-OF-FAILURE OPTIONS...: values, exit status, and a count of that kind (or of none)
probe() {
    D=$T/$1-$2 what="$1 $2" want=$3 failure=$4
    shift 4
    n=0; while [ ! -s "$D/port" ] && [ $n -lt 200 ]; do sleep 0.05; n=$((n + 1)); done
    XDG_RUNTIME_DIR=$D timeout 60 "$rig" probe "$@" >"$D/out" 2>&1
    got=$?
    {
        [ $got -eq "$want" ] || echo "exit status $got, want $want"
        grep -qE 'position +-4355 ' "$D/out" || echo "position is not -4355"
        grep -qE 'gross +(10\.0007|9\.999) N' "$D/out" || echo "gross is not what the device says"
        grep -qE 'net +(-1\.0001|-1\.001) N' "$D/out" || echo "net is not what the device says"
        [ -z "$failure" ] || grep -qE "[1-9][0-9]* $failure" "$D/out" || echo "no $failure counted"
        [ -n "$failure" ] || ! grep -qE ' [1-9][0-9]* (time-outs|garbled|refused|lost)' "$D/out" ||
            echo "failures counted"
    } >"$D/wrong"
    [ ! -s "$D/wrong" ] || { echo "FAILED: $what:"; cat "$D/wrong" "$D/out"; }
}
tcp() { probe tcp "$1" "$2" "$3" --bench config/benches/virtual_tcp.yaml --port "$(cat "$T/tcp-$1/port")"; }
rtu() { probe rtu "$1" "$2" "$3" --bench config/benches/virtual_em2rs_tlb.yaml --set "links/line/rtu=$T/rtu-$1/tty"; }

for m in fine unit short exception late trickle echo junk gone; do start rtu $m; done
for m in fine slow refusing; do start tcp $m; done
tries=
set -- fine 0 "" unit 1 garbled short 1 "(time-outs|garbled)" exception 1 refused late 1 time-outs trickle 1 time-outs \
    echo 1 garbled junk 1 "(garbled|time-outs)" gone 1 "(lost|time-outs)"
while [ $# -gt 0 ]; do
    rtu "$1" "$2" "$3" &
    tries="$tries $!"
    shift 3
done
ready() { [ -s "$T/tcp-fine/port" ] && [ -s "$T/tcp-slow/port" ] && [ -s "$T/tcp-refusing/port" ]; }
n=0
while ! ready && ! grep -q "no pymodbus" "$T/tcp-fine/log" && [ $n -lt 200 ]; do sleep 0.1; n=$((n + 1)); done
over_tcp="pymodbus skipped (install python3-pymodbus)"
if ready; then
    tcp fine 0 ""; tcp slow 0 ""; tcp refusing 1 refused
    over_tcp="pymodbus over TCP in 3"
elif ! grep -q "no pymodbus" "$T/tcp-fine/log"; then
    echo "FAILED: the pymodbus server does not start:"; cat "$T/tcp-fine/log"; exit 1
fi
wait $tries
cat "$T"/*/wrong | grep -q . && exit 1
echo "devices: a raw device on a line in 9 manners, $over_tcp: every value true, every failure counted"
