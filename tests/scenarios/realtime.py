"""One scenario in real time, judged on the proxy's transcript of what the devices were sent.

usage: realtime.py BUILD FOLDER tcp|rtu|em2rs CAUSE

mnrig talks through 'mnbench proxy' (over TCP or a pseudo-terminal; em2rs: the second pair of devices, on a
pseudo-terminal) to 'mnbench serve'.  In the middle of an insert the
cause comes.  From the first reply that shows it (or, for a key or a signal, from the last request on the wire when it
was sent; for a link that was reset, or a cable pulled and put back, from the first request on the new one) STOP must be the first thing written to the
drive, at most 3 requests later on its line.  Allowances are wide, so that a busy machine does not add causes of its
own: 50 Hz, ages and freshness of 3 s, watchdog 1 s.  Prints one line; exit status 0 when all holds, 1 when not,
77 when something else stopped the run first.
"""
import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time

AXIS, CELL = 1, 2
STATE, INPUTS = 0, 5              # MOON'S SCL: the block from register 0; its inputs in it
SAMPLE = 0x3300                   # DAD141: gross, net, qualifier
EM2RS_ALARM, EM2RS_INPUTS = 0x2203, 0x0179
TLB_SAMPLE, TLB_NEGATIVE = 6, 0x80  # status, gross as a size, net
STOP = {"tcp": (124, 0xE1), "rtu": (124, 0xE1), "em2rs": (0x6002, 0x40)}
BENCH = {"tcp": "virtual_tcp.yaml", "rtu": "virtual_rtu.yaml", "em2rs": "virtual_em2rs_tlb.yaml"}
DEVICES = ("moons_scl.yaml", "flintec_dad141.yaml", "leadshine_em2rs.yaml", "laumas_tlb.yaml")
LIMIT_N = 15.0
MOST = 3                          # requests
RESET_S = {"tcp": 8.5, "rtu": 8.5, "em2rs": 8.0}  # in the middle of search or insert
LINE = {"reset": "at %g s: reset\n", "cable": "at %g s: refuse 0.7 s\nat %g s: reset\n"}
CAUSES = {"estop": "estop", "force": "force_push|force_rate|saturation|overshoot", "door": "door",
          "alarm": "drive_alarm", "reset": "link", "cable": "link"}
FAULTS = {"estop": "when force > 4 N: estop", "force": "when force > 4 N: jump force +44 N",
          "door": "when force > 4 N: open door", "alarm": "when force > 4 N: alarm 0x80"}
SIGNALS = {"sigterm": signal.SIGTERM, "sighup": signal.SIGHUP, "sigint": signal.SIGINT}
STATUS = {"sigterm": 7, "sighup": 7, "sigint": 7, "key": 7}
SETTINGS = ["limits/max_lateness=900 ms", "limits/max_age_axis=3 s", "limits/max_age_force=3 s",
            "limits/travel_hard/to=27 mm", "limits/travel_hard/from=-9.7 mm",
            "axis/watchdog_time=1 s", "limits/weakest_part/load=400 N", "devices/axis/timeout=800 ms",
            "devices/force/timeout=800 ms", "devices/force/poll=20 ms", "axis/settle=1 s", "proof/speed=1 mm/s"]
FAST = SETTINGS[-3:-2]            # not where the two devices share a line


class Wrong(Exception):
    """An invariant is broken."""


class NotTried(Exception):
    """Something else stopped the run before the cause came: the machine is too busy even for wide allowances."""


def wait_for(what, seconds, test):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = test()
        if got:
            return got
        time.sleep(0.005)
    raise Wrong("no %s within %g s" % (what, seconds))


def lines_of(path):
    """The whole lines that a growing file holds."""
    try:
        with open(path, encoding="ascii", errors="replace") as f:
            text = f.read()
    except FileNotFoundError:
        return []
    return text[: text.rfind("\n") + 1].splitlines()


class Bench:
    """Server, proxy and mnrig, each ended again."""

    def __init__(self, build, folder, link, cause):
        self.folder, self.cause, self.processes = folder, cause, []
        self.wire = os.path.join(folder, "wire.csv")
        self.screen = os.path.join(folder, "screen")
        mnbench, mnrig = os.path.join(build, "mnbench"), os.path.join(build, "mnrig")
        with open(os.path.join(folder, "faults"), "w", encoding="ascii") as f:
            f.write(FAULTS.get(cause, "") + "\n")
        with open(os.path.join(folder, "line"), "w", encoding="ascii") as f:
            f.write(LINE.get(cause, "").replace("%g", "%g" % RESET_S[link]))
        pair = ["--config", "config/benches/mnbench_em2rs_tlb.yaml"] if link == "em2rs" else []
        port = self.start([mnbench, "serve", "--tcp", "0", "--seed", "41", "--faults", "faults", *pair], "port")[0]
        listen = ["--listen", "tcp:0"] if link == "tcp" else ["--listen", "pty", "--link", os.path.join(folder, "tty")]
        own = self.start([mnbench, "proxy", *listen, "--to", "tcp:127.0.0.1:" + port, "--transcript", self.wire,
                          "--faults", "line"], "proxy")[0]
        bench = self.patient_bench(BENCH[link])
        how = ["--port", own] if link == "tcp" else ["--set", "links/line/rtu=" + os.path.join(folder, "tty")]
        for s in SETTINGS:
            if link != "em2rs" or s not in FAST:
                how += ["--set", s]
        self.rig = subprocess.Popen(
            [mnrig, "run", "--plain", "--bench", bench, "--method",
             self.slow_method(), "--batch", "realtime", "--specimen", cause, "-o",
             os.path.join(folder, "runs"), *how],
            stdin=subprocess.PIPE, stdout=open(self.screen, "wb"), stderr=subprocess.STDOUT)
        self.processes.append(self.rig)

    def patient_bench(self, name):
        """A copy of a bench whose devices may repeat themselves for longer: samples come late on a busy machine."""
        os.makedirs(os.path.join(self.folder, "devices"))
        shutil.copy("config/benches/" + name, self.folder)
        for device in DEVICES:
            with open("config/benches/devices/" + device, encoding="utf-8") as f:
                text = re.sub(r"(freshness:.*within: )\d+ ms", r"\1 3 s", f.read())
            with open(os.path.join(self.folder, "devices", device), "w", encoding="utf-8") as f:
                f.write(text)
        return os.path.join(self.folder, name)

    def slow_method(self):
        """With positions that may be seconds old, a fast move could run on beyond the hard limits: refused."""
        path = os.path.join(self.folder, "press.yaml")
        with open("config/methods/press_10N_hold_5s.yaml", encoding="utf-8") as f:
            text = f.read().replace("rapid: 8 mm/s", "rapid: 3 mm/s").replace("retract: {speed: 5", "retract: {speed: 3")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def start(self, command, name):
        told = os.path.join(self.folder, name + ".told")
        arguments = [os.path.join(self.folder, a) if a in ("faults", "line") else a for a in command]
        self.processes.append(subprocess.Popen([*arguments, "--print-port", told, "--seconds", "120"],
                                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return wait_for("port of " + name, 20, lambda: lines_of(told))

    def close(self):
        for p in reversed(self.processes):
            if p.poll() is None:
                p.terminate()
                try:
                    p.wait(10)
                except subprocess.TimeoutExpired:
                    p.kill()

    def press(self, key):
        self.rig.stdin.write(key.encode())
        self.rig.stdin.flush()

    def state(self):
        """State and force as shown last."""
        shown = [m for m in (re.match(r"<(\w+)\|z:[^|]*\|F:([-\d.]+)", x) for x in lines_of(self.screen)) if m]
        if self.rig.poll() is not None:
            raise Wrong("mnrig ended: " + " / ".join(lines_of(self.screen)[-3:]))
        return (shown[-1].group(1), float(shown[-1].group(2))) if shown else ("", 0.0)

    def is_pressing(self, force):
        name, now = self.state()
        if name in ("tripped", "ended"):
            raise NotTried("it " + name)
        return name == "insert" and now > force

    def arm(self):
        wait_for("first samples", 20, lambda: self.state()[0] == "waiting" and self.state()[1] != 0.0)
        end = time.monotonic() + 20
        while self.state()[0] == "waiting":
            if time.monotonic() > end:
                raise Wrong("it never armed")
            self.press("a")
            time.sleep(0.4)

    def events(self):
        runs = os.path.join(self.folder, "runs")
        return "\n".join(lines_of(os.path.join(runs, os.listdir(runs)[0], "events.csv")))

    def finish(self):
        """The operator ends a run that has tripped; the exit status."""
        end = time.monotonic() + 30
        while self.rig.poll() is None and time.monotonic() < end:
            try:
                if self.state()[0] in ("tripped", "stopped"):
                    self.press("q")
            except (Wrong, BrokenPipeError):
                break
            time.sleep(0.1)
        return self.rig.wait(20)


def frames(path):
    """The transcript's rows, with the reply's data where there is any."""
    rows = []
    for row in csv.DictReader(lines_of(path)):
        raw = bytes.fromhex(row["bytes"] or "")
        is_tcp = len(raw) > 7 and raw[2:4] == b"\0\0" and int.from_bytes(raw[4:6], "big") == len(raw) - 6
        body = raw[7:] if is_tcp else raw[1:]
        row["data"] = body[2 : 2 + body[1]] if row["direction"] == "reply" and body[:1] == b"\x03" else b""
        rows.append(row)
    return rows


def shows(cause, request, data):
    """Does this reply tell of the cause?"""
    where = (int(request["unit"]), int(request["address"]))
    if where == (CELL, TLB_SAMPLE) and len(data) == 10 and cause == "force":
        return not data[1] & TLB_NEGATIVE and int.from_bytes(data[2:6], "big") / 1000.0 > LIMIT_N
    if where == (AXIS, EM2RS_ALARM) and len(data) == 2:
        return cause in ("estop", "alarm") and data != b"\0\0"
    if where == (AXIS, EM2RS_INPUTS) and len(data) == 2:
        return cause == "estop" and not data[1] & 1 or cause == "door" and not data[1] & 8
    if cause == "force":
        return where == (CELL, SAMPLE) and len(data) == 10 and \
            int.from_bytes(data[:4], "big", signed=True) / 10000.0 > LIMIT_N
    if where != (AXIS, STATE) or len(data) != 48:
        return False
    inputs = int.from_bytes(data[2 * INPUTS : 2 * INPUTS + 2], "big")
    alarm = int.from_bytes(data[:4], "big")
    return {"estop": not inputs & 1 or alarm, "door": not inputs & 8, "alarm": alarm}[cause]


def first_shown(rows, link, cause):
    """Where in the transcript the cause is known from."""
    if cause in LINE:  # the first row of a connection that was not there before
        old = {r["connection"] for r in rows if float(r["time_s"]) < RESET_S[link]}
        return next((i for i, r in enumerate(rows) if r["connection"] not in old), None)
    asked = {}
    for i, r in enumerate(rows):
        if r["direction"] == "request":
            asked[r["number"]] = r
        elif r["data"] and shows(cause, asked[r["number"]], r["data"]):
            return i
    return None


def is_write(r):
    return r["direction"] == "request" and int(r["unit"] or 0) == AXIS and int(r["function"] or 0) in (5, 6, 15, 16)


def judge(rows, link, known):
    """Requests on the drive's connection from there to STOP, STOP counted (over TCP the transmitter has its own)."""
    if known is None:
        raise Wrong("the cause is not in the transcript")
    first = next((r for r in rows[known:] if is_write(r)), None)
    if first is None:
        raise Wrong("no STOP at all")
    if (int(first["address"]), int(first["value"] or 0)) != STOP[link]:
        raise Wrong("the first write to the drive is %s = %s, not STOP" % (first["address"], first["value"]))
    between = [r for r in rows[known:] if r["direction"] == "request" and r["connection"] == first["connection"] and
               int(r["number"]) <= int(first["number"])]
    if len(between) > MOST:
        raise Wrong("STOP came %d requests later" % len(between))
    return len(between)


def trial(bench, link, cause):
    bench.arm()
    known = None
    if cause in STATUS:
        wait_for("insert under load", 60, lambda: bench.is_pressing(2.0))
        with open(bench.wire, "rb") as f:  # quickly: what comes until the key is sent counts against it
            known = f.read().count(b"\n") - 1
        if cause == "key":
            bench.press(" ")
        else:
            bench.rig.send_signal(SIGNALS[cause])
    else:
        wait_for("trip", 60, lambda: bench.state()[0] == "tripped")
    status = bench.finish()
    bench.close()  # the transcript is whole then
    rows = frames(bench.wire)
    trip = re.search(r",trip,(\w+),.(\w+) at", bench.events())
    if trip and not (re.fullmatch(CAUSES.get(cause, "none"), trip.group(1)) and
                     trip.group(2) in ("approach", "insert")):
        raise NotTried("%s tripped in %s" % trip.groups())
    later = judge(rows, link, known if known is not None else first_shown(rows, link, cause))
    if status != STATUS.get(cause, 6):
        raise Wrong("exit status %d" % status)
    return later


def main():
    build, folder, link, cause = sys.argv[1:]
    bench = None
    try:
        bench = Bench(build, folder, link, cause)
        later = trial(bench, link, cause)
        print("realtime %s %s: STOP %d request%s later" % (link, cause, later, "" if later == 1 else "s"))
        return 0
    except NotTried as e:
        print("realtime %s %s: not tried: %s" % (link, cause, e))
        return 77
    except Wrong as e:
        print("realtime %s %s: FAILED: %s" % (link, cause, e))
        return 1
    finally:
        if bench:
            bench.close()


if __name__ == "__main__":
    sys.exit(main())
