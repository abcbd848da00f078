#!/bin/sh
# Runs every command of the ```sh blocks in README, tutorial, how-to and explanation, each document in a scratch folder
# that looks like the checkout, and fails when one fails.  Also: every relative link in the documents leads to a file,
# and every document stands in the index.
set -u
cd "$(dirname "$0")/../.."
top=$PWD
case ${B:-build} in /*) objects=$B ;; *) objects=$top/${B:-build} ;; esac
T=$(mktemp -d "${TMPDIR:-/tmp}/mn-docs-XXXXXX")
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
failed=0 commands=0 links=0

# The commands of a document, one a line.  Left out by name: what installs, builds, or would run these tests again.
commands_of() {
    awk '/^```sh$/ {on = 1; next} /^```/ {on = 0} on' "$1" |
        grep -vE '^(make|make (demo|test|deps|install)( .*)?|git clone .*|cd .*|sudo .*)$'
}

# A script that runs them in order as somebody at a terminal would: one shell, and after a server is started in the
# background its port is there before the next command is typed.
script_of() {
    echo 'set -e'
    # $(jobs -p) is empty in dash, so a server would outlive a command that fails
    echo 'trap '\''jobs -p >.jobs; while read -r p; do kill "$p" 2>/dev/null || :; done <.jobs'\'' EXIT'
    echo 'trap '\''exit 1'\'' INT TERM'
    commands_of "$1" | while IFS= read -r line; do
        printf 'command=%s\n' "$(printf '%s' "$line" | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/")"
        printf 'echo "\$ $command"\n%s\n' "$line"
        port=$(printf '%s' "$line" | sed -n 's/.*--print-port \([^ ]*\) .*&$/\1/p')
        [ -z "$port" ] || printf 'n=0; while [ ! -s %s ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done\n' "$port"
    done
}

# once DOCUMENT NAME: in a scratch folder of its own
once() {
    rm -rf "$T/$2"
    mkdir "$T/$2"
    for f in config data docs README.md; do ln -s "$top/$f" "$T/$2/$f"; done
    ln -s "$objects" "$T/$2/build"
    (cd "$T/$2" && timeout 180 sh "$T/$2.sh") >"$T/out" 2>&1 </dev/null
}
# The bench runs in real time and stops when it gets late: on a computer that is busy elsewhere that is no failure of the
# document, so it is tried again.
was_busy() { grep -qE '(SAFETY TRIP|failed +tripped:) (lateness|axis_age|force_age|link)' "$T/out"; }

run_document() {
    name=$(echo "$1" | tr / _)
    script_of "$1" >"$T/$name.sh"
    commands=$((commands + $(commands_of "$1" | grep -c .)))
    for try in 1 2 3; do
        once "$1" "$name" && return 0
        was_busy || break
        echo "docs: $1: the bench was late on a busy computer (try $try of 3)"
    done
    failed=$((failed + 1))
    echo "FAILED: a command of $1; the last is:"
    cat "$T/out"
}

# check_links FILE: ](target) without scheme and anchor is a file or folder beside FILE
check_links() {
    for target in $(grep -o '](\([^)]*\))' "$1" | sed 's/^](//; s/)$//; s/#.*//' | grep -v '^[a-z]*:'); do
        links=$((links + 1))
        [ -e "$(dirname "$1")/$target" ] && continue
        failed=$((failed + 1))
        echo "FAILED: $1: link to $target leads nowhere"
    done
}

for document in README.md docs/tutorial/*.md docs/how-to/*.md docs/explanation/*.md; do
    [ -z "$(commands_of "$document")" ] || run_document "$document"
done
for document in *.md docs/*.md docs/*/*.md data/*.md config/*/*.md tests/*/*.md; do
    check_links "$document"
done
for document in docs/*/*.md; do
    grep -qF "](${document#docs/})" docs/README.md && continue
    failed=$((failed + 1))
    echo "FAILED: $document is not in the index docs/README.md"
done
echo "docs: $commands commands and $links links tried, $failed failed"
[ "$failed" -eq 0 ] && [ "$commands" -gt 0 ] && [ "$links" -gt 0 ]
