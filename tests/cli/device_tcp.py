#!/usr/bin/python3
"""device_tcp.py FOLDER MANNER -- pymodbus as MOON'S SCL (unit 1) and DAD141 (unit 2) over TCP, its port in FOLDER/port.

MANNER: fine; slow (each 9th answer 40 ms later); refusing (each 9th request: exception 2).
Exit status 77: no pymodbus.
The numbers are typed from the devices' tables (docs/reference/mnbench.md), not taken from any file of this project.
"""
import asyncio
import logging
import os
import sys
import time
import types

for name in ("serial", "serial_asyncio"):
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].create_serial_connection = None
try:
    from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
    from pymodbus.server.async_io import ModbusTcpServer
except ImportError as why:
    print("no pymodbus server:", why)
    sys.exit(77)

AXIS = {i: 0 for i in range(24)}
AXIS.update({3: 0x0009, 5: 0x0009, 10: 0xFFFF, 11: 0xEEFD})  # enabled, in position; -4355 counts
AXIS.update({334: 0, 335: 120, 392: 0, 393: 1, 394: 0, 395: 300, 396: 0, 397: 1})
CELL = {0x2034: 0x00D7, 0x2035: 0x2621, 0x2106: 2}
CELL.update({0x3300: 0x0001, 0x3301: 0x86A7, 0x3302: 0xFFFF, 0x3303: 0xD8EF, 0x3304: 0x0010})  # 9.9999 N, -1.0001 N


class Block(ModbusSparseDataBlock):
    asked = 0

    def getValues(self, address, count=1):
        Block.asked += 1
        if manner == "slow" and Block.asked % 9 == 0:
            time.sleep(0.04)
        return super().getValues(address, count)

    def validate(self, address, count=1):
        if manner == "refusing" and (Block.asked + 1) % 9 == 0:
            Block.asked += 1
            return False  # answered by exception 2
        return super().validate(address, count)


async def main():
    slaves = {n: ModbusSlaveContext(hr=Block(dict(values)), zero_mode=True) for n, values in ((1, AXIS), (2, CELL))}
    server = ModbusTcpServer(ModbusServerContext(slaves=slaves, single=False), address=("127.0.0.1", 0))
    task = asyncio.ensure_future(server.serve_forever())
    while not server.server or not server.server.sockets:
        await asyncio.sleep(0.01)
    with open(os.path.join(folder, "port.new"), "w", encoding="ascii") as f:
        f.write("%d\n" % server.server.sockets[0].getsockname()[1])
    os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
    await asyncio.wait([task], timeout=60)


folder, manner = sys.argv[1:]
logging.disable(logging.CRITICAL)
asyncio.run(main())
