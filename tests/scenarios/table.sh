#!/bin/sh
# The scenarios' results as a Markdown table, and the cases nearest to their bounds.  usage: table.sh FILE.csv
# FILE.csv: SCENARIO_TABLE=FILE.csv build/tests/rig/run scenarios
set -eu
[ $# -eq 1 ] || { echo "usage: table.sh FILE.csv" >&2; exit 2; }
awk '
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
function keep(what, x, bound, name) {
    if (x == "" || bound == "" || bound + 0 <= 0) return
    sum[what]++
    if (x / bound > worst[what]) { worst[what] = x / bound; where[what] = name }
}
NR == 1 { print "| scenario | state | what | cause | STOP ms / bound | stands ms / bound | ran on um / bound | overshoot N / bound | rows held against the truth |"
          print "|---|---|---|---|---|---|---|---|---|"; next }
{ split_row($0)
  printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", cell[1], cell[2], cell[3], cell[4], of(cell[5], cell[6], "%.1f"),
         of(cell[7], cell[8], "%.1f"), of(cell[9], cell[10], "%.1f"), of(cell[11], cell[12], "%.2f"), cell[13]
  name = cell[1] ", " cell[2]
  keep("STOP", cell[5], cell[6], name); keep("time to stand", cell[7], cell[8], name)
  keep("run-on", cell[9], cell[10], name); keep("overshoot", cell[11], cell[12], name)
  files[cell[1]] = 1; rows += cell[13]; cases++ }
END { for (f in files) n++
      printf "\n%d cases of %d files, %d logged rows held against the truth.  Nearest to their bounds:\n", cases, n, rows
      split("STOP,time to stand,run-on,overshoot", order, ",")
      for (i = 1; i <= 4; i++) if (sum[order[i]]) printf "- %s: %.0f %% (%s); %d cases have a bound above 0\n", order[i], 100 * worst[order[i]], where[order[i]], sum[order[i]] }
' "$1"
