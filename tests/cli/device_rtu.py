#!/usr/bin/python3
"""device_rtu.py FOLDER MANNER -- Leadshine EM2RS (unit 1) and Laumas TLB (unit 2) on a pseudo-terminal, of nothing but
struct and a CRC.

MANNER, of each 9th reply: fine, unit (another unit's), short (its end is missing), exception (6), late (150 ms),
trickle (a byte each 15 ms), echo (another count than was asked for), junk (before it); gone: once, at the 30th
request, the terminal goes away and another is there.  The numbers are typed from the devices' tables (docs/reference/mnbench.md).
Prints the terminal's link into FOLDER/port; ends after 60 s.
"""
import os
import select
import struct
import sys
import time
import tty

AXIS = {0x1003: 0x0042, 0x1014: 0xFFFF, 0x1015: 0xEEFD, 0x2203: 0, 0x0179: 0x0009}  # enabled, homed; -4355 pulses
AXIS.update({0x0145 + i: 0 for i in range(10)})
AXIS.update({0x0145: 0xA2, 0x0147: 0x27, 0x0149: 0x25, 0x014D: 0x26})
CELL = {6: 0x0900, 7: 0, 8: 9999, 9: 0, 10: 1001, 13: 0x040F}  # stable, net negative: 9.999 N, -1.001 N
CELL.update({0: 105, 1: 7, 2: 0, 3: 0})  # firmware, type


def crc(frame):
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


def answer(frame):
    """The reply to one whole request, without its CRC; None where nobody answers."""
    unit, function, address, count = struct.unpack(">BBHH", frame[:6])
    device = {1: AXIS, 2: CELL}.get(unit)
    if device is None:
        return None
    if function != 3:
        return bytes([unit, function | 0x80, 1])
    if any(a not in device for a in range(address, address + count)):
        return bytes([unit, 0x83, 2])
    return struct.pack(">BBB%dH" % count, unit, 3, 2 * count, *(device[a] for a in range(address, address + count)))


def spoil(reply, manner):
    """What is sent instead, and after how long."""
    if manner == "unit":
        reply = bytes([reply[0] + 5]) + reply[1:]
    elif manner == "exception":
        reply = bytes([reply[0], 0x83, 6])
    elif manner == "echo":
        reply = reply[:2] + bytes([reply[2] + 2]) + reply[3:] + b"\x12\x34"
    whole = reply + crc(reply)
    if manner == "short":
        return whole[:-3], 0.0
    if manner == "junk":
        return b"\x00\xff\x55" + whole, 0.0
    return whole, 0.15 if manner == "late" else 0.0


def new_terminal(path):
    ours, theirs = os.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    os.symlink(os.ttyname(theirs), path + ".new")
    os.rename(path + ".new", path)
    return ours, theirs


def main():
    folder, manner = sys.argv[1:]
    path = os.path.join(folder, "tty")
    ours, theirs = new_terminal(path)
    with open(os.path.join(folder, "port"), "w", encoding="ascii") as f:
        f.write(path + "\n")
    got, asked, end = b"", 0, time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([ours], [], [], 0.02)[0]:
            got = b""  # a silence ends a frame
            continue
        got += os.read(ours, 300)
        if len(got) < 8 or crc(got[:6]) != got[6:8]:
            continue
        reply, got, asked = answer(got[:8]), b"", asked + 1
        if reply is None:
            continue
        if manner == "gone" and asked == 30:
            old = ours, theirs
            ours, theirs = new_terminal(path)  # first, so that there is one at every moment
            os.close(old[0])
            os.close(old[1])
        elif asked % 9 or manner in ("fine", "gone"):
            os.write(ours, reply + crc(reply))
        elif manner == "trickle":
            for byte in reply + crc(reply):
                os.write(ours, bytes([byte]))
                time.sleep(0.015)
        else:
            whole, delay = spoil(reply, manner)
            time.sleep(delay)
            os.write(ours, whole)


main()
