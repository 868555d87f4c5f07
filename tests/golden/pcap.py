# SPDX-License-Identifier: LGPL-2.1-or-later
"""Captures of Ethernet as pcap files in little endian. A frame: (time in us since the epoch, its bytes, the length that is told)."""

import struct

START = 1700000000000000  # of what a scenario tells


def read(path):
    """The frames of such a file; of others none."""
    with open(path, 'rb') as f:
        data = f.read()
    if len(data) < 24 or struct.unpack('<I', data[:4])[0] != 0xa1b2c3d4 or struct.unpack('<I', data[20:24])[0] != 1:
        return
    at = 24
    while at + 16 <= len(data):
        seconds, us, captured, length = struct.unpack('<IIII', data[at:at + 16])
        yield seconds * 1000000 + us, data[at + 16:at + 16 + captured], length
        at += 16 + captured


def write(path, frames):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for time, frame, length in frames:
            f.write(struct.pack('<IIII', time // 1000000, time % 1000000, len(frame), length) + frame)


def of_scenario(frames):
    """Frames of scenarios.py: (seconds, bytes), in any order."""
    return [(START + round(time * 1000000), frame, len(frame)) for time, frame in sorted(frames, key=lambda pair: pair[0])]
