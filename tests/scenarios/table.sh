#!/bin/sh
# The scenarios' results as a Markdown table.  usage: table.sh [-a] FILE.csv
#   FILE.csv   of SCENARIO_TABLE=FILE.csv build/tests/rig/run scenarios
#   a row a file, its worst case of each: what was measured, of its bound; -a: a row a case
set -eu
all=0
[ "${1-}" != -a ] || { all=1; shift; }
[ $# -eq 1 ] || { echo "usage: table.sh [-a] FILE.csv" >&2; exit 2; }
awk -v all="$all" '
# One CSV row into cell[]: quotes hold commas.
function split_row(line,    i, c, n, q, text) {
    n = 1; text = ""; q = 0
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\"") q = !q
        else if (c == "," && !q) { cell[n++] = text; text = "" }
        else text = text c
    }
    cell[n] = text
    return n
}
function of(x, bound, form) { return x == "" ? "-" : sprintf(form, x) (bound == "" ? "" : " / " sprintf(form, bound)) }
# The case of a file that comes nearest to a bound of it (where all are 0: any); k counts the four things measured.
function worst(k, x, bound, form, r) {
    if (x == "" || bound == "") return
    r = bound + 0 > 0 ? x / bound : 0
    if (!((file, k) in most) || r > most[file, k]) { most[file, k] = r; text[file, k] = of(x, bound, form) }
    if (bound + 0 <= 0) return
    cases_with[k]++
    if (r > top[k]) { top[k] = r; where[k] = cell[1] ", " cell[2] }
}
NR == 1 {
    if (all) print "| scenario | state | what | row | STOP ms / bound | stands ms / bound | ran on um / bound | overshoot N / bound | rows held against the truth |\n|---|---|---|---|---|---|---|---|---|"
    next
}
{
    split_row($0)
    file = cell[1]
    if (!(file in cases)) order[++files] = file
    cases[file]++; rows += cell[13]; total++
    if (all)
        printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", cell[1], cell[2], cell[3], cell[4], of(cell[5], cell[6], "%.1f"),
            of(cell[7], cell[8], "%.1f"), of(cell[9], cell[10], "%.1f"), of(cell[11], cell[12], "%.2f"), cell[13]
    worst(1, cell[5], cell[6], "%.0f"); worst(2, cell[7], cell[8], "%.0f")
    worst(3, cell[9], cell[10], "%.0f"); worst(4, cell[11], cell[12], "%.2f")
}
END {
    if (!all) {
        print "| scenario | cases | STOP ms / bound | stands ms / bound | ran on um / bound | overshoot N / bound |\n|---|---|---|---|---|---|"
        for (i = 1; i <= files; i++) {
            f = order[i]
            printf "| %s | %d", f, cases[f]
            for (k = 1; k <= 4; k++) printf " | %s", (f, k) in text ? text[f, k] : "-"
            print " |"
        }
    }
    printf "\n%d cases of %d files, %d logged rows held against the truth. Nearest to their bounds:\n\n", total, files, rows
    split("STOP,time to stand,run-on,overshoot", name, ",")
    for (k = 1; k <= 4; k++) if (cases_with[k])
        printf "- %s: %.0f %% (%s); %d cases have a bound above 0\n", name[k], 100 * top[k], where[k], cases_with[k]
}' "$1"
