# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of lanscopectl share: running it, a private bus, and captures made of bytes.

Called as: test-x.py LANSCOPECTL [LANSCOPED [SOURCE]]
"""

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import buses  # noqa: E402
from patience import PATIENCE, wait_for  # noqa: E402, F401

LANSCOPECTL = os.path.abspath(sys.argv[1])
LANSCOPED = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else None
SOURCE = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else None
SKIPPED = 77

# What must never reach a terminal: control characters, C1, bidirectional overrides and marks.
UNSAFE = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


def environment(**extra):
    env = {k: v for k, v in os.environ.items() if k not in ('NO_COLOR', 'PAGER', 'COLUMNS', 'LC_ALL', 'LANG', 'LESS')}
    env.update({'LC_ALL': 'C.UTF-8', 'TZ': 'UTC', 'TERM': 'xterm',
                'DBUS_SYSTEM_BUS_ADDRESS': 'unix:path=/nonexistent/lanscope-test'})
    env.update(extra)
    return env


def ctl(*args, env=None, stdin=subprocess.DEVNULL, text=True, timeout=PATIENCE, **kwargs):
    return subprocess.run([LANSCOPECTL, *args], env=env or environment(), capture_output=True, text=text, timeout=timeout,
                          stdin=stdin if 'input' not in kwargs else None, **kwargs)


def verbs():
    """Names and synopses of all verbs, as --help has them."""
    help_text = ctl('--help').stdout
    part = help_text.split('Verbs:\n')[1].split('\n\n')[0]
    return {line.split()[0]: line for line in part.splitlines()}


def on_terminal(*args, columns=80, env=None):
    """Runs it on a terminal of its own; output and exit status."""
    import pty
    pid, fd = pty.fork()
    if pid == 0:
        try:
            os.execve(LANSCOPECTL, [LANSCOPECTL, *args], environment(COLUMNS=str(columns), **(env or {})))
        finally:
            os._exit(127)
    out = b''
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(fd)
    return out.decode().replace('\r\n', '\n'), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def columns_of(line):
    """Columns that it takes, as far as these tests have wide characters."""
    return sum(2 if '\u4e00' <= c <= '\u9fff' else 1 for c in line)


class Bus:
    """A private system bus on which everybody may do everything."""

    def __init__(self):
        if not shutil.which('dbus-daemon'):
            print('skipped: dbus-daemon is not installed')
            sys.exit(SKIPPED)
        self.folder = tempfile.mkdtemp(prefix='lanscope-cli-')
        os.chmod(self.folder, 0o755)
        self.process, self.address = buses.start_private(self.folder, stderr=subprocess.DEVNULL)

    def env(self, **extra):
        return environment(DBUS_SYSTEM_BUS_ADDRESS=self.address, **extra)

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


class Service:
    """lanscoped, replaying a capture on a private bus."""

    def __init__(self, bus, capture, alerts=None):
        """`alerts`: how many to wait for; without it one a device, which is more than some captures give."""
        self.bus = bus
        self.alerts = alerts
        self.capture = os.path.join(bus.folder, 'capture.pcap')
        with open(self.capture, 'wb') as f:
            f.write(capture)
        self.start()

    def start(self):
        self.log = open(os.path.join(self.bus.folder, 'log'), 'a+')
        self.process = subprocess.Popen(
            [LANSCOPED, '--bus=' + self.bus.address, '--replay=' + self.capture,
             '--rules=' + os.path.join(SOURCE, 'data', 'rules')], stdout=self.log, stderr=self.log, env=self.bus.env())
        wait_for(self.is_ready, 'the end of the capture')

    def is_ready(self):
        if self.process.poll() is not None:
            self.log.seek(0)
            raise AssertionError('lanscoped has ended:\n' + self.log.read())
        p = ctl('status', '-j', env=self.bus.env())
        if p.returncode != 0:
            return False
        # The alerts come last, for they wait for the devices to say their names.
        status = json.loads(p.stdout)
        return 0 < status['DeviceCount'] and \
            status['Statistics']['store.alerts'] >= (status['DeviceCount'] if self.alerts is None else self.alerts)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


# Captures.

def mac(text):
    return bytes.fromhex(text.replace(':', ''))


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp_frame(source_mac, destination_mac, source_ip, destination_ip, source_port, destination_port, payload):
    udp = struct.pack('>HHHH', source_port, destination_port, 8 + len(payload), 0) + payload
    head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 1, 0, 255, 17, 0,
                       socket.inet_aton(source_ip), socket.inet_aton(destination_ip))
    head = head[:10] + struct.pack('>H', checksum(head)) + head[12:]
    return mac(destination_mac) + mac(source_mac) + b'\x08\x00' + head + udp


def ipv6_udp_frame(source_mac, destination_mac, source_ip, destination_ip, source_port, destination_port, payload):
    """Its checksum is not looked at."""
    udp = struct.pack('>HHHH', source_port, destination_port, 8 + len(payload), 0) + payload
    return mac(destination_mac) + mac(source_mac) + b'\x86\xdd' + struct.pack('>IHBB', 6 << 28, len(udp), 17, 64) + \
        socket.inet_pton(socket.AF_INET6, source_ip) + socket.inet_pton(socket.AF_INET6, destination_ip) + udp


def dhcp_request(client, hostname, requested, vendor_class=b''):
    """A DHCPREQUEST with options 12, 50, 53, 55 and, if given, 60."""
    options = b'\x35\x01\x03' + b'\x32\x04' + socket.inet_aton(requested) + b'\x37\x03\x01\x03\x06'
    options += bytes([12, len(hostname)]) + hostname
    if vendor_class:
        options += bytes([60, len(vendor_class)]) + vendor_class
    body = struct.pack('>BBBBIHH', 1, 1, 6, 0, 0x1234, 0, 0) + b'\0' * 16 + mac(client) + b'\0' * 10 + b'\0' * 192
    return udp_frame(client, 'ff:ff:ff:ff:ff:ff', '0.0.0.0', '255.255.255.255', 68, 67,
                     body + b'\x63\x82\x53\x63' + options + b'\xff')


def arp_reply(source, ip):
    return mac('ff:ff:ff:ff:ff:ff') + mac(source) + b'\x08\x06' + struct.pack('>HHBBH', 1, 0x800, 6, 4, 2) + \
        mac(source) + socket.inet_aton(ip) + mac(source) + socket.inet_aton(ip)


def dns_name(*labels):
    return b''.join(bytes([len(label)]) + label for label in labels) + b'\0'


def mdns_service(source, ip, instance, service, host):
    """An mDNS announcement of one service: PTR, SRV, and the host's address."""
    def record(name, kind, data):
        return name + struct.pack('>HHIH', kind, 1, 120, len(data)) + data
    kind = dns_name(*service.split(b'.'), b'local')
    full = dns_name(instance, *service.split(b'.'), b'local')
    home = dns_name(host, b'local')
    answers = record(kind, 12, full) + record(full, 33, struct.pack('>HHH', 0, 0, 631) + home) + \
        record(home, 1, socket.inet_aton(ip))
    return udp_frame(source, '01:00:5e:00:00:fb', ip, '224.0.0.251', 5353, 5353,
                     struct.pack('>HHHHHH', 0, 0x8400, 0, 3, 0, 0) + answers)


def pcap(frames, start=1700000000):
    """A capture with a frame a second."""
    out = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    for i, frame in enumerate(frames):
        out += struct.pack('<IIII', start + i, 123456, len(frame), len(frame)) + frame
    return out


HOSTILE_NAMES = [
    b'\x1b[31mred\x1b[0m',            # terminal colours
    b'\x1b]0;title\x07',              # a terminal's title
    b'=cmd|calc!A1',                  # a formula
    b'@SUM(1)',
    b'-2+3',
    b'<b>bold</b>&amp;"quotes\'',     # markup
    b'evil\xe2\x80\xaegnp.exe',       # right to left override
    b'c1\xc2\x9b2Jclear',             # CSI as one character
    b'not utf-8 \xff\xfe',
    b'comma, "quote"; semicolon',
    b'line\nbreak\r\nand tab\t',
    b'back\\slash',
    '客厅电视机'.encode(),
    b'a' * 200,
]


def hostile_capture():
    """One device a hostile name, said by DHCP and, where it fits a DNS label, by mDNS."""
    frames = []
    for i, name in enumerate(HOSTILE_NAMES):
        address, ip = '02:00:00:00:01:%02x' % i, '192.0.2.%d' % (i + 10)
        frames.append(dhcp_request(address, name, ip))
        frames.append(arp_reply(address, ip))
        if len(name) < 64:
            frames.append(mdns_service(address, ip, name, b'_ipp._tcp', name))
    return pcap(frames)


def home_capture():
    """A printer, a laptop, and two devices of one name."""
    return pcap([
        arp_reply('00:1b:a9:00:00:01', '192.0.2.1'),
        mdns_service('00:1b:a9:00:00:01', '192.0.2.1', b'Office', b'_ipp._tcp', b'printer'),
        dhcp_request('02:00:00:00:00:02', b'laptop', '192.0.2.2'),
        arp_reply('02:00:00:00:00:02', '192.0.2.2'),
        dhcp_request('02:00:00:00:00:03', b'twin', '192.0.2.3'),
        arp_reply('02:00:00:00:00:03', '192.0.2.3'),
        dhcp_request('02:00:00:00:00:04', b'twin', '192.0.2.4'),
        arp_reply('02:00:00:00:00:04', '192.0.2.4'),
    ])


def main():
    unittest.main(argv=sys.argv[:1], verbosity=2)
