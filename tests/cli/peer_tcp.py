#!/usr/bin/python3
"""peer_tcp.py PORT -- pymodbus as a client of mnbench's first pair over TCP; exit status 77 when it is not there."""
import struct
import sys
import time
import types

# pymodbus 3.0 imports these for serial lines; over TCP empty ones will do.
for name in ("serial", "serial_asyncio"):
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].create_serial_connection = None
try:
    from pymodbus.client import ModbusTcpClient
except ImportError as why:
    print("no pymodbus client:", why)
    sys.exit(77)


def words(got):
    assert not got.isError(), got
    return struct.pack(">%dH" % len(got.registers), *got.registers)


def main():
    client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]))
    assert client.connect()
    assert words(client.read_holding_registers(0xF000, 8, slave=247)).startswith(b"MNBENCH\0")
    assert client.read_holding_registers(0xEEEE, 1, slave=1).exception_code == 2
    assert not client.write_registers(348, [0, 480], slave=1).isError()
    for opcode in (0x9F, 0x6E):
        assert not client.write_register(124, opcode, slave=1).isError()
    until = time.monotonic() + 20
    status = 0
    while not status >> 24 & 1 or status & 0x410:  # homed, and neither moving nor homing
        assert time.monotonic() < until, "no homing"
        time.sleep(0.05)
        status = struct.unpack(">I", words(client.read_holding_registers(2, 2, slave=1)))[0]
    gross, net, qualifier = struct.unpack(">iiH", words(client.read_holding_registers(0x3300, 5, slave=2)))
    assert abs(gross) < 300 and abs(net) < 300 and not qualifier & 3
    assert words(client.read_input_registers(10, 2, slave=1)) == b"\0\0\0\0"
    client.close()


main()
