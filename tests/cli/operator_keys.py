"""mnrig at a terminal: keys, type-ahead, Ctrl-C, Ctrl-Z, Ctrl-S, a hang-up, a suspended process, a reader that is stuck.
usage: operator_keys.py BUILD FOLDER  (run by operator.sh).  The virtual bench serves over TCP; every run is judged by its
run.yaml and events.csv."""
import fcntl, glob, os, pty, select, signal, subprocess, sys, time

BUILD, FOLDER = sys.argv[1], sys.argv[2]
BENCH = "config/benches/virtual_tcp.yaml"
# A busy machine must not be what is tested: late ticks and old samples are allowed here.
PATIENT = ["limits/max_lateness=2 s", "limits/max_age_axis=3 s", "limits/max_age_force=3 s",
           "limits/travel_hard/to=27 mm", "limits/travel_hard/from=-9.7 mm", "limits/weakest_part/load=5000 N",
           "load_cell/capacity=5000 N", "limits/bus_failures=50", "axis/watchdog_time=5 s", "devices/axis/timeout=2 s",
           "devices/force/timeout=2 s", "proof/speed=0.3 mm/s"]
failed = []


def check(ok, what):
    if not ok:
        failed.append(what)
        print("FAIL:", what)


def method():
    """Finds skin, so that it presses; with a short hold.  Slow: with positions that may be seconds old, a fast move could
    run on beyond the hard limits, and is refused."""
    path = FOLDER + "/press.yaml"
    with open("config/methods/press_10N_hold_5s.yaml") as f:
        text = f.read().replace("hold: {time: 5 s", "hold: {time: 0.5 s")
        text = text.replace("rapid: 8 mm/s", "rapid: 3 mm/s").replace("retract: {speed: 5", "retract: {speed: 3")
    with open(path, "w") as f:
        f.write(text)
    return path


def start_bench():
    port = FOLDER + "/port"
    p = subprocess.Popen([BUILD + "/mnbench", "serve", "--tcp", "0", "--seed", "11", "--out", FOLDER + "/world", "--print-port", port,
                          "--seconds", "280"], stdout=subprocess.DEVNULL)
    for _ in range(100):
        if os.path.exists(port) and open(port).read().strip():
            return p, open(port).read().split()[0]
        time.sleep(0.1)
    sys.exit("mnbench did not start")


class Run:
    """One mnrig run, at a terminal of its own unless told otherwise."""

    def __init__(self, name, port, patient=True, typed_ahead=b"", more=()):
        self.name, self.text, self.shown = name, b"", b""
        args = [BUILD + "/mnrig", "run", "--bench", BENCH, "--port", port, "--method", method(), "--batch", "tty", "--specimen", name,
                "-o", FOLDER + "/runs", *more]
        for s in PATIENT if patient else []:
            args += ["--set", s]
        self.master, slave = pty.openpty()
        if typed_ahead:
            os.write(self.master, typed_ahead)
        self.process = subprocess.Popen(args, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, 0x540E, 0))  # TIOCSCTTY: its own terminal
        os.close(slave)

    def read(self, seconds):
        end = time.time() + seconds
        while time.time() < end:
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    new = os.read(self.master, 65536)
                    self.text, self.shown = self.text + new, self.shown + new
                except OSError:
                    return

    def wait_for(self, text, seconds=40):
        end = time.time() + seconds
        while text.encode() not in self.text and time.time() < end:
            self.read(0.1)
        found = text.encode() in self.text
        check(found, "%s: '%s' was not shown: ...%r" % (self.name, text, self.text[-300:]))
        self.text = b""
        return found

    def arm(self):
        """Once all is clear: an alarm that the last run's end left behind is reset first."""
        end = time.time() + 30
        while b"all clear: a = arm" not in self.text and time.time() < end:
            self.read(0.3)
            if self.text.rfind(b"reset a drive alarm") > self.text.rfind(b"all clear"):
                self.key(b"r")
        self.read(0.7)
        for _ in range(8):  # an edge before half a second of all clear is discarded
            self.key(b"a")
            self.read(0.6)
            if b"home" in self.text or b"enabling" in self.text:
                return
        check(False, self.name + ": it does not arm: ...%r" % self.text[-300:])

    def key(self, k):
        os.write(self.master, k)

    def status(self, seconds=30):
        end = time.time() + seconds
        while self.process.poll() is None and time.time() < end:
            self.read(0.1)
        if self.process.poll() is None:
            check(False, self.name + ": it does not end")
            self.process.kill()
        return self.process.wait()

    def file(self, name):
        found = glob.glob("%s/runs/*_tty_%s_*/%s" % (FOLDER, self.name, name))
        return open(found[0]).read() if found else ""


def a_type_ahead_key_does_not_arm(port):
    r = Run("ahead", port, typed_ahead=b"aaaa")
    r.wait_for("all clear: a = arm")
    r.read(1.5)
    check(b"home" not in r.text, "ahead: keys typed before the start armed it")
    r.key(b"q")
    check(r.status() == 7, "ahead: exit status")


def space_stops_steps_go_away_and_a_new_edge_goes_back(port):
    r = Run("steps", port)
    r.arm()
    r.wait_for("insert")
    r.key(b" ")
    r.wait_for("clear: u = one step away")
    r.key(b"u" * 40)  # as a slow line delivers a held key: one step, the rest is discarded
    r.read(1.5)
    check(r.file("events.csv").count("state,unloading,") == 1, "steps: queued keys made more than one step")
    r.key(b"u")
    r.read(1.5)
    check(r.file("events.csv").count("state,unloading,") == 2, "steps: a second key makes a second step")
    r.key(b"a")
    check(r.status() == 7, "steps: exit status")
    check("state: stopped" in r.file("run.yaml"), "steps: state: stopped")
    check('armed,"for the way back"' in r.file("events.csv"), "steps: the way back was not armed")
    check("state,finishing," in r.file("events.csv"), "steps: it did not go back")


def keys_of_the_terminal_stop(port):
    for name, key in (("ctrl-c", b"\x03"), ("ctrl-z", b"\x1a"), ("ctrl-backslash", b"\x1c")):
        r = Run(name, port)
        r.arm()
        r.wait_for("approach")
        r.key(key)
        check(r.status() == 7, name + ": exit status")
        check("stop proven" in r.file("events.csv"), name + ": the stop was not proven")


def a_hang_up_stops(port):
    r = Run("hangup", port)
    r.arm()
    r.wait_for("approach")
    os.close(r.master)
    check(r.process.wait(30) == 7, "hangup: exit status %s" % r.process.returncode)
    check("stop proven" in r.file("events.csv"), "hangup: the stop was not proven")


def a_stopped_terminal_does_not_hold_the_tick(port):
    r = Run("ctrl-s", port)
    r.arm()
    r.wait_for("approach")
    r.key(b"\x13")
    time.sleep(1.0)
    rows = r.file("samples.csv").count("\n")
    time.sleep(1.5)
    check(r.file("samples.csv").count("\n") > rows + 10, "ctrl-s: rows no longer come")
    r.key(b" ")  # stops although nothing can be shown
    time.sleep(1.5)
    check("stop proven" in r.file("events.csv"), "ctrl-s: the stop was not proven")
    r.key(b"q\x11")
    check(r.status() == 7, "ctrl-s: exit status")


def a_held_terminal_does_not_keep_the_outcome(port):
    r = Run("held", port)
    r.arm()
    r.wait_for("hold")
    r.key(b"\x13")
    end = time.time() + 40
    while "state: done" not in r.file("run.yaml") and time.time() < end:
        time.sleep(0.3)
    check("state: done" in r.file("run.yaml"), "held: the outcome waits for the terminal")
    probe = subprocess.run([BUILD + "/mnrig", "probe", "--bench", BENCH, "--port", port], capture_output=True, timeout=60)
    check(b"in use" not in probe.stderr, "held: the bench is kept: %r" % probe.stderr[-200:])
    r.key(b"\x11")
    check(r.status() == 0, "held: exit status")
    lines = [line.split(b"\n")[0] for line in r.shown.split(b"\r\x1b[K") if b" N  z " in line.split(b"\n")[0]]
    check(len(lines) > 10, "held: status lines are not found")
    check(max(map(len, lines), default=99) < 80, "held: a status line wraps: %r" % max(lines, key=len, default=b""))


def a_suspended_process_trips(port):
    r = Run("suspend", port, patient=False)
    r.arm()
    if not r.wait_for("approach"):
        r.process.kill()
        return
    r.process.send_signal(signal.SIGSTOP)
    time.sleep(1.0)
    r.process.send_signal(signal.SIGCONT)
    r.read(3.0)
    r.key(b"q")
    check(r.status() == 6, "suspend: exit status")
    events = r.file("events.csv")
    check(any("trip,%s," % c in events for c in ("lateness", "axis_age", "force_age", "drive_alarm", "link")),
          "suspend: no trip for it: " + events[-300:])


def a_stuck_reader_does_not_hold_the_run(port):
    args = [BUILD + "/mnrig", "run", "--bench", BENCH, "--port", port, "--method", method(), "--batch", "tty", "--specimen", "pipe",
            "--plain", "--unattended", "-o", FOLDER + "/runs"]
    for s in PATIENT:
        args += ["--set", s]
    p = subprocess.Popen(args, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    fcntl.fcntl(p.stdout.fileno(), 1031, 4096)  # F_SETPIPE_SZ: a small pipe, full after some 80 lines
    end, done = time.time() + 60, "not finished"
    while "not finished" in done and time.time() < end and p.poll() is None:
        time.sleep(0.3)
        found = glob.glob(FOLDER + "/runs/*_tty_pipe_*/run.yaml")
        done = open(found[0]).read() if found else "not finished"
    check("not finished" not in done, "pipe: the run did not end while nobody read its lines")
    p.stdout.read()
    check(p.wait(20) in (0, 6), "pipe: exit status")  # 6: on a machine that is too busy


bench, port = start_bench()
try:
    for test in (a_type_ahead_key_does_not_arm, space_stops_steps_go_away_and_a_new_edge_goes_back, keys_of_the_terminal_stop,
                 a_stopped_terminal_does_not_hold_the_tick, a_held_terminal_does_not_keep_the_outcome, a_suspended_process_trips, a_hang_up_stops,
                 a_stuck_reader_does_not_hold_the_run):
        began = time.time()
        test(port)
        print("  %s: %.0f s" % (test.__name__, time.time() - began))
finally:
    bench.terminate()
    bench.wait()
print("operator: " + ("all good" if not failed else "%d failed" % len(failed)))
sys.exit(bool(failed))
