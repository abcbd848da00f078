#!/bin/sh
# Scenarios in real time (realtime.py), judged on the proxy's transcript: STOP is the first thing written to the drive
# after the cause, at most 3 requests later.  usage: realtime.sh [long [ROUNDS [LOOPS [CAUSE...]]]]
#   without an argument   three of them at once, some seconds: part of make test
#   long                  every cause (or those named) over TCP, over a pseudo-terminal, and on the second pair there,
#                         ROUNDS times (1), with LOOPS busy loops (3) beside
# Needs /usr/bin/python3; without it nothing is tried, and that is said.
set -u
cd "$(dirname "$0")/../.."
build=${B:-build}
python=/usr/bin/python3
[ -x "$python" ] || { echo "realtime: skipped, no $python"; exit 0; }
T=$(mktemp -d "${TMPDIR:-/tmp}/mnrig-realtime-XXXXXX")
loops=
trap '[ -z "$loops" ] || kill $loops 2>/dev/null; wait 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 1' INT TERM

# one LINK CAUSE: again when the machine was too busy for the cause to come at all, three times at most
one() {
    got=77 tries=0
    while [ $got -eq 77 ] && [ $tries -lt 3 ]; do
        tries=$((tries + 1))
        mkdir -p "$T/$1-$2-$tries"
        MN_LOCK_DIR="$T/$1-$2-$tries" timeout 150 \
            "$python" tests/scenarios/realtime.py "$build" "$T/$1-$2-$tries" "$1" "$2"
        got=$?
    done
    echo "$1 $2 $got" >>"$T/results"
}

case ${1:-short} in
short)
    one tcp estop & one em2rs force & one rtu cable &
    wait ;;
long)
    rounds=${2:-1} busy=${3:-3}
    if [ $# -gt 3 ]; then shift 3; causes=$*; else causes="estop force door alarm reset cable sigterm sighup sigint key"; fi
    i=0
    while [ $i -lt "$busy" ]; do (while :; do :; done) & loops="$loops $!"; i=$((i + 1)); done
    round=0
    while [ $round -lt "$rounds" ]; do
        round=$((round + 1))
        for link in tcp rtu em2rs; do
            for cause in $causes; do
                one $link $cause
                rm -rf "$T/$link"-*
            done
        done
    done ;;
*)  echo "usage: realtime.sh [long [ROUNDS [LOOPS [CAUSE...]]]]" >&2; exit 2 ;;
esac
all=$(grep -c . "$T/results") held=$(grep -c ' 0$' "$T/results") failed=$(grep -c ' 1$' "$T/results")
echo "realtime: $held of $all held, $failed failed, $((all - held - failed)) not tried"
[ "$failed" -eq 0 ] && [ "$held" -gt 0 ]
