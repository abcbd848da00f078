#!/bin/sh
# make install, into a staging folder and under a prefix of its own; the installed programs in a folder that holds
# nothing of ours; a build from a source archive.  Works on a copy of the build folder, so that nothing there is compiled
# anew.
set -u
cd "$(dirname "$0")/../.."
top=$PWD
T=$(mktemp -d "${TMPDIR:-/tmp}/mn-install-XXXXXX")
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
failed=0 passed=0
# expect WHAT COMMAND...: the command succeeds
expect() {
    what=$1
    shift
    if "$@" >"$T/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what: $*"
        cat "$T/out"
    fi
}
unset MN_PATH

cp -a "${B:-build}" "$T/objects"
expect "staged install" make B="$T/objects" DESTDIR="$T/stage" PREFIX=/usr install
for f in bin/mnsim bin/mnrig bin/mnbench share/mn/config/studies/verification_p.yaml share/mn/data/README.md \
    share/doc/mn/README.md share/doc/mn/LICENSE share/doc/mn/docs/README.md; do
    expect "$f is installed" test -s "$T/stage/usr/$f"
done
expect "nothing outside the prefix" test "$(ls "$T/stage")" = usr

# A study of one's own in a folder of one's own: its parts are found by MN_PATH, and without it by the prefix.
mkdir "$T/own"
sed 's/^study:.*/study: moved/' config/studies/caffeine_patch.yaml >"$T/own/mine.yaml"
cd "$T/own" || exit 1
expect "parts by MN_PATH" env MN_PATH="$T/stage/usr/share/mn/config" "$T/stage/usr/bin/mnsim" check mine.yaml
cat >refused.sh <<'END'
! "$1" check mine.yaml 2>message && grep -q ' /usr/share/mn/config/drugs/' message
END
expect "without it the message names the prefix" sh refused.sh "$T/stage/usr/bin/mnsim"
expect "bench by MN_PATH" \
    env MN_PATH="$T/stage/usr/share/mn/config" "$T/stage/usr/bin/mnbench" serve --tcp 0 --seconds 0.2

cd "$top" || exit 1
expect "install under a prefix" make B="$T/objects" PREFIX="$T/prefix" install
cd "$T/own" || exit 1
expect "run with the prefix alone" "$T/prefix/bin/mnsim" run mine.yaml -o result
expect "its result is whole" test -s result/summary.yaml
expect "bench with the prefix alone" "$T/prefix/bin/mnbench" serve --tcp 0 --seconds 0.2
expect "bench files by their path" "$T/prefix/bin/mnrig" check "$T/prefix/share/mn/config/benches/virtual_tcp.yaml"

# A source archive has no .git: the commit is then unknown, and the build goes on.
cd "$top" || exit 1
mkdir "$T/archive"
if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
    git archive HEAD | tar -x -C "$T/archive"
else
    tar -c --exclude='./build*' --exclude=./demo-out . | tar -x -C "$T/archive"
fi
cd "$T/archive" || exit 1
expect "objects from an archive" env GIT_CEILING_DIRECTORIES="$T" make B=b b/base/provenance.o b/base/err.o
expect "the commit is unknown" test -f b/.commit-unknown
expect "help from an archive" make help

echo "install: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
