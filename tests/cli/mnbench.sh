#!/bin/sh
# mnbench from the command line: exit statuses, messages, the port file, logs closed on SIGTERM.
set -eu
bench=${B:-build}/mnbench
dir=$(mktemp -d "${TMPDIR:-/tmp}/mnbench-cli-XXXXXX")
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || :; rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

# expect STATUS TEXT ARGUMENTS...: exit status, and TEXT in what is printed
expect() {
    want=$1; text=$2; shift 2
    got=0; "$bench" "$@" >"$dir/text" 2>&1 || got=$?
    [ "$got" = "$want" ] || { cat "$dir/text"; fail "mnbench $* ended with $got, not $want"; }
    grep -qF -- "$text" "$dir/text" || { cat "$dir/text"; fail "mnbench $*: no '$text'"; }
}
expect 2 "usage: mnbench COMMAND"
expect 0 "usage: mnbench serve" serve --help
expect 2 "did you mean 'mnbench serve'?" sevre
expect 2 "unknown option '--prot'" serve --prot 1
expect 2 "option '--tcp' needs a value" serve --tcp
expect 2 "--tcp '65536': must be an integer from 0 to 65535" serve --tcp 65536
expect 2 "baud 12345: no such speed" serve --rtu pty --baud 12345
expect 2 "parity 'X': must be N, E or O" serve --rtu pty --parity X
expect 2 "--pace 'yes': must be on or off" serve --pace yes
expect 2 "--seconds 'soon': must be 0.1 to 1e6 seconds" serve --seconds soon
expect 2 "unexpected argument 'x'" serve x
expect 3 "/none.yaml" serve --config /none.yaml
printf 'at 2 s: explode\n' >"$dir/faults"
expect 3 "faults:1: 'explode': unknown fault" serve --faults "$dir/faults"
expect 5 "cannot open serial port '/dev/none'" serve --rtu /dev/none
expect 0 "ends after 0.2 s" serve --tcp 0 --seconds 0.2
expect 0 "Modbus RTU on /dev/pts/" serve --rtu pty --idle-exit 0.1

"$bench" serve --tcp 0 --rtu pty --seconds 30 --out "$dir/out" --print-port "$dir/port" >"$dir/text" &
pid=$!
i=0
while [ ! -e "$dir/port" ]; do i=$((i + 1)); [ $i -lt 100 ] || fail "no port file"; sleep 0.05; done
grep -qx '[1-9][0-9]*' "$dir/port" || fail "no port in $(cat "$dir/port")"
grep -qx '/dev/pts/[0-9]*' "$dir/port" || fail "no pty in $(cat "$dir/port")"
expect 5 "cannot serve Modbus TCP on 127.0.0.1:" serve --tcp "$(head -n 1 "$dir/port")"
kill -TERM "$pid"
wait "$pid" || fail "SIGTERM: status $?"
pid=
for f in truth writes; do [ -s "$dir/out/$f.csv" ] || fail "no $f.csv"; done
expect 3 "exists: logs are never overwritten" serve --out "$dir/out"

# the proxy
to=tcp:127.0.0.1:502
expect 0 "usage: mnbench proxy" proxy --help
expect 2 "--listen is needed" proxy --to $to
expect 2 "--to is needed" proxy --listen pty
expect 2 "--listen 'tcp:x': must be tcp:PORT (0 to 65535) or pty" proxy --listen tcp:x --to $to
expect 2 "--to 'tcp:502': must be tcp:HOST:PORT or serial:PATH" proxy --listen pty --to tcp:502
expect 2 "--to 'serial:': must be tcp:HOST:PORT" proxy --listen pty --to serial:
expect 2 "--link names a pty: it goes with --listen pty" proxy --listen tcp:0 --link "$dir/tty" --to $to
expect 2 "baud 12345: no such speed" proxy --listen pty --to $to --baud 12345
expect 2 "parity '?': must be N, E or O" proxy --listen pty --to $to --parity even
expect 2 "--pace 'slow': must be on or off" proxy --listen pty --to $to --pace slow
expect 2 "unknown option '--fork'" proxy --fork x
printf 'at 1 s: drop reply\nat 1 s: wrong transaction reply\n' >"$dir/faults"
expect 3 "faults: wrong transaction: RTU has none" proxy --listen pty --to $to --faults "$dir/faults"
printf 'when force > 3 N: drop reply\n' >"$dir/faults"
expect 3 "faults:1: a fault of the line cannot be triggered by force" proxy --listen pty --to $to --faults "$dir/faults"
expect 5 "cannot open serial port '/dev/none'" proxy --listen tcp:0 --to serial:/dev/none
expect 0 "mnbench: proxy on 127.0.0.1:" proxy --listen tcp:0 --to $to --seconds 0.1 --transcript "$dir/wire.csv"
[ "$(cat "$dir/wire.csv")" = "time_s,connection,number,direction,unit,function,address,value,bytes,fault" ] || fail "wire.csv"
expect 3 "wire.csv: cannot be written: File exists" proxy --listen tcp:0 --to $to --transcript "$dir/wire.csv"
expect 0 ", not paced)" proxy --listen pty --pace off --to $to --idle-exit 0.1

# killed: what was true until then is there, under its name, with whole lines
rm "$dir/port"
"$bench" serve --tcp 0 --seconds 30 --out "$dir/killed" --print-port "$dir/port" >"$dir/text" &
pid=$!
i=0
while [ ! -e "$dir/port" ]; do i=$((i + 1)); [ $i -lt 100 ] || fail "no port file"; sleep 0.05; done
sleep 0.1
kill -KILL "$pid"
wait "$pid" 2>/dev/null || :
pid=
[ "$(ls "$dir/killed" | tr '\n' ' ')" = "faults.csv truth.csv writes.csv " ] || fail "a killed bench left $(ls "$dir/killed")"
[ "$(wc -l <"$dir/killed/truth.csv")" = 2 ] || fail "truth.csv of a killed bench: $(cat "$dir/killed/truth.csv")"
echo "mnbench: command line passed"
