#!/bin/sh
# mnrig at a terminal (a pty): see operator_keys.py.  Left out where there is no Python.
set -u
cd "$(dirname "$0")/../.."
command -v python3 >/dev/null || { echo "operator: no python3: left out"; exit 0; }
T=$(mktemp -d "${TMPDIR:-/tmp}/mnrig-operator-XXXXXX")
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
python3 tests/cli/operator_keys.py "${B:-build}" "$T"
