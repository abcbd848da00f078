#!/bin/sh
# Independent clients against mnbench: raw Python over RTU on a terminal, both pairs, direct and through the proxy;
# pymodbus over TCP.  What is not installed is skipped, and said.
set -eu
cd "$(dirname "$0")/../.."
bench=${B:-build}/mnbench
python=/usr/bin/python3
dir=$(mktemp -d "${TMPDIR:-/tmp}/mnbench-peers-XXXXXX")
pids=
trap '[ -z "$pids" ] || kill $pids 2>/dev/null || :; rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
[ -x "$python" ] || { echo "peers: skipped, no $python"; exit 0; }
# start NAME ARGUMENTS...: in the background, its port into $dir/NAME
start() {
    name=$1; shift
    "$bench" "$@" --seconds 60 --print-port "$dir/$name" >"$dir/$name.text" 2>&1 &
    pids="$pids $!"
    i=0
    while [ ! -e "$dir/$name" ]; do
        i=$((i + 1))
        [ $i -lt 100 ] || { cat "$dir/$name.text"; fail "$name"; }
        sleep 0.05
    done
}
start first serve --tcp 0 --rtu pty
start second serve --rtu pty --baud 19200 --config config/benches/mnbench_em2rs_tlb.yaml --seed 7
start behind serve --rtu pty --pace off --seed 3
start between proxy --listen pty --to "serial:$(cat "$dir/behind")" --transcript "$dir/wire.csv"
"$python" tests/cli/peer_rtu.py "$(sed -n 2p "$dir/first")" scl_dad141 || fail "raw RTU client, first pair"
"$python" tests/cli/peer_rtu.py "$(cat "$dir/second")" em2rs_tlb || fail "raw RTU client, second pair"
"$python" tests/cli/peer_rtu.py "$(cat "$dir/between")" scl_dad141 || fail "raw RTU client through the proxy"
grep -q ',request,1,6,124,110,0106007C006E' "$dir/wire.csv" || fail "no homing in the transcript"
got=0
"$python" tests/cli/peer_tcp.py "$(head -n 1 "$dir/first")" || got=$?
case $got in
0)  echo "peers: raw RTU on both pairs, through the proxy, and pymodbus over TCP passed" ;;
77) echo "peers: raw RTU on both pairs and through the proxy passed; pymodbus skipped (install python3-pymodbus)" ;;
*)  fail "pymodbus client" ;;
esac
