#!/usr/bin/python3
"""peer_rtu.py TERMINAL PAIR -- a Modbus RTU client of nothing but struct and a CRC, against mnbench on a terminal."""
import os
import select
import struct
import sys
import termios
import time
import tty


def crc(frame):
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


class Line:
    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd, termios.TCSANOW)

    def hear(self, seconds):
        """What comes until nothing has come for 30 ms (the first byte within `seconds`)."""
        got = b""
        while select.select([self.fd], [], [], 0.03 if got else seconds)[0]:
            got += os.read(self.fd, 300)
        return got

    def ask(self, unit, pdu, seconds=1.0):
        frame = bytes([unit]) + pdu
        os.write(self.fd, frame + crc(frame))
        got = self.hear(seconds)
        if not got:
            return None
        assert got[-2:] == crc(got[:-2]), "bad CRC in " + got.hex()
        assert got[0] == unit, "unit %d answered" % got[0]
        return got[1:-2]

    def read(self, unit, address, count):
        got = self.ask(unit, struct.pack(">BHH", 3, address, count))
        assert got[:2] == bytes([3, 2 * count]) and len(got) == 2 + 2 * count, got.hex()
        return got[2:]

    def write(self, unit, address, value):
        request = struct.pack(">BHH", 6, address, value)
        assert self.ask(unit, request) == request

    def write_many(self, unit, address, words):
        head = struct.pack(">BHH", 16, address, len(words))
        got = self.ask(unit, head + bytes([2 * len(words)]) + struct.pack(">%dH" % len(words), *words))
        assert got == head, got.hex()


def wait_for(what, condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "no " + what
        time.sleep(0.02)


def identity(line):
    assert line.read(247, 0xF000, 8) == b"MNBENCH".ljust(16, b"\0")


def refusals(line):
    assert line.ask(1, bytes([0x2B, 0x0E, 1, 0])) == b"\xab\x01"
    assert line.ask(1, struct.pack(">BHH", 3, 0xEEEE, 1)) == b"\x83\x02"
    assert line.ask(2, struct.pack(">BHH", 3, 0, 126)) == b"\x83\x03"
    assert line.ask(99, struct.pack(">BHH", 3, 0, 1), 0.1) is None
    os.write(line.fd, b"\x01\x03\x00\x00\x00\x01\x00\x00")  # bad CRC
    assert line.hear(0.1) == b""


def first_pair(line):
    def status():
        return struct.unpack(">I", line.read(1, 2, 4 // 2))[0]

    def position():
        return struct.unpack(">i", line.read(1, 10, 2))[0]

    line.write_many(1, 348, [0, 480])  # 10 mm/s
    line.write(1, 124, 0x9F)
    line.write(1, 124, 0x6E)
    wait_for("homing", lambda: status() >> 24 & 1 and not status() & 0x410)
    assert position() == 0
    line.write_many(1, 350, list(struct.unpack(">2H", struct.pack(">i", 4321))))
    line.write(1, 124, 0x67)
    wait_for("move", lambda: position() == 4321 and not status() & 0x10)
    gross, net, qualifier = struct.unpack(">iiH", line.read(2, 0x3300, 5))
    assert abs(gross) < 300 and abs(net) < 300 and not qualifier & 3
    assert abs(struct.unpack(">f", line.read(2, 0x2000, 2))[0]) < 0.03


def second_pair(line):
    def status():
        return struct.unpack(">H", line.read(1, 0x1003, 1))[0]

    def position():
        return struct.unpack(">i", line.read(1, 0x1014, 2))[0]

    def run(mode, pulses, rpm):
        high, low = struct.unpack(">2H", struct.pack(">i", pulses))
        line.write_many(1, 0x6200, [mode, high, low, rpm, 100, 100, 0, 0x10])

    line.write(1, 0x000F, 1)
    line.write(1, 0x6002, 0x20)
    wait_for("homing", lambda: status() & 0x44 == 0x40)
    run(1, 4321, 120)
    wait_for("move", lambda: position() == 4321 and not status() & 4)
    run(0x41, -321, 120)
    wait_for("way back", lambda: position() == 4000 and not status() & 4)
    for _ in range(10):  # a dead man's jog
        line.write(1, 0x1801, 0x4001)
        time.sleep(0.001)
    wait_for("end of jog", lambda: not status() & 4)
    assert 5000 < position() < 12000  # 10 pulses a ms
    flags, gross, net, peak = struct.unpack(">HIII", line.read(2, 6, 7))
    assert gross < 60 and net < 60 and peak < 60 and not flags & 0x40F, (flags, gross, net, peak)
    assert line.read(2, 13, 1) == b"\x04\x0f"
    assert line.ask(2, struct.pack(">BHH", 6, 5, 8)) == b"\x86\x01"


def main():
    line = Line(sys.argv[1])
    identity(line)
    refusals(line)
    {"scl_dad141": first_pair, "em2rs_tlb": second_pair}[sys.argv[2]](line)


main()
