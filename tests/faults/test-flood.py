#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ten thousand devices, and fifty thousand addresses that somebody invents: everything stays bounded."""

import os
import signal
import struct
import tempfile
import unittest

from faults import Daemon, elapsed
from harness import PATIENCE, Bus, arp_reply, dhcp_request, main, mdns_service, wait_for

MIB = 1 << 20
DEVICES, INVENTED = 10000, 50000
LIMIT = 16384  # MaxDevices= as it comes


def device_mac(i):
    return '00:1b:a9:00:%02x:%02x' % divmod(i, 256)


def device_ip(i):
    return '10.1.%i.%i' % (i // 250, i % 250 + 1)


def invented_mac(i):
    return '02:ba:d0:%02x:%02x:%02x' % (i >> 16, i >> 8 & 255, i & 255)


def write(path, frames, start, per_second):
    """A capture written frame by frame: all in one piece would take as much memory as what is measured."""
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, frame in enumerate(frames):
            f.write(struct.pack('<IIII', start + i // per_second, i % per_second, len(frame), len(frame)) + frame)


def many_devices():
    for i in range(DEVICES):
        mac, ip, name = device_mac(i), device_ip(i), b'printer-%i' % i
        yield dhcp_request(mac, name, ip, b'udhcp 1.36')
        yield arp_reply(mac, ip)
        yield mdns_service(mac, ip, b'Printer %i' % i, b'_ipp._tcp', name)


def flood():
    for i in range(INVENTED):
        yield arp_reply(invented_mac(i), '10.2.%i.%i' % (i // 250 % 250, i % 250 + 1))


class Flood(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bus = Bus()
        cls.addClassCleanup(cls.bus.close)
        cls.folder = tempfile.TemporaryDirectory(prefix='lanscope-flood-')
        cls.addClassCleanup(cls.folder.cleanup)
        cls.devices, cls.flood = (os.path.join(cls.folder.name, n) for n in ('devices.pcap', 'flood.pcap'))
        write(cls.devices, many_devices(), 1700000000, 300)
        write(cls.flood, flood(), 1700001000, 500)

    def run_replay(self, path):
        daemon = Daemon(self.bus, '--replay=' + path, start=False)
        self.addCleanup(daemon.cleanup)
        daemon.start()
        return daemon

    def work(self, daemon):
        """CPU seconds, of the service and of all clients that have ended."""
        with open('/proc/%d/stat' % daemon.process.pid) as f:
            ticks = sum(map(int, f.read().rsplit(')', 1)[1].split()[11:13]))
        times = os.times()
        return ticks / os.sysconf('SC_CLK_TCK') + times.children_user + times.children_system

    def test_ten_thousand_devices_and_a_flood(self):
        daemon = self.run_replay(self.devices)
        seconds, _ = elapsed(daemon.wait_up)
        self.assertLess(seconds, PATIENCE)
        # A client is answered while traffic comes in.
        seconds, _ = elapsed(daemon.status)
        self.assertLess(seconds, PATIENCE)
        daemon.wait_log('frames replayed')
        status = daemon.status()
        self.assertEqual(status['DeviceCount'], DEVICES)
        self.measure('with 10,000 devices', daemon)

        work = self.work(daemon)
        seconds, listed = elapsed(daemon.ctl, 'list', '--no-legend', '--no-pager')
        work = self.work(daemon) - work
        print('list of %i devices: %.2f s, %.2f s of work' % (DEVICES, seconds, work))
        self.assertLess(work, 2)
        self.assertEqual((listed.returncode, len(listed.stdout.splitlines())), (0, DEVICES), listed.stderr)
        self.assertLess(seconds, PATIENCE)
        seconds, exported = elapsed(daemon.ctl, 'export', '--format', 'csv')
        print('export: %.2f s' % seconds)
        self.assertEqual((exported.returncode, len(exported.stdout.splitlines())), (0, DEVICES + 1), exported.stderr)
        self.measure('after list and export', daemon)

        for i in range(0, DEVICES, 1000):
            self.assertEqual(daemon.ctl('label', device_mac(i), 'mine %i' % i).returncode, 0)
            self.assertEqual(daemon.ctl('trust', device_mac(i + 1)).returncode, 0)
        told = daemon.status()['Statistics']['store.alerts']
        self.assertLess(told, 400, 'a flood of new devices is not a flood of alerts')

        # What was set survives the crash, and then the flood.
        daemon.end(signal.SIGKILL)
        size = os.path.getsize(daemon.database)
        print('database: %.1f MiB' % (size / MIB))
        self.assertLess(size, 64 * MIB)
        daemon = self.run_replay(self.flood)
        seconds, _ = elapsed(daemon.wait_up)
        print('start with the database: %.2f s' % seconds)
        self.assertLess(seconds, PATIENCE)
        worst = 0
        while 'frames replayed' not in daemon.log():
            seconds, _ = elapsed(daemon.status)
            worst = max(worst, seconds)
        print('slowest answer in the flood: %.2f s' % worst)
        self.assertLess(worst, PATIENCE)
        status = daemon.status()
        self.assertLessEqual(status['DeviceCount'], LIMIT)
        self.assertLess(status['Statistics']['store.alerts'] - told, 400)
        self.measure('after 50,000 invented addresses', daemon)
        self.check_kept(daemon)

        self.assertEqual(daemon.end(), 0, daemon.log())
        size = os.path.getsize(daemon.database)
        print('database: %.1f MiB' % (size / MIB))
        self.assertLess(size, 128 * MIB)
        daemon.start()
        daemon.wait_up()
        self.check_kept(daemon)
        self.measure('after the flood again', daemon)

    def check_kept(self, daemon):
        devices = {d['mac']: d for d in daemon.json('list')}
        for i in range(0, DEVICES, 1000):
            self.assertEqual(devices[device_mac(i)]['label'], 'mine %i' % i)
            self.assertTrue(devices[device_mac(i + 1)]['trusted'])

    def measure(self, when, daemon):
        now, most = daemon.resident()
        print('resident %s: %.1f MiB, at most %.1f MiB' % (when, now / MIB, most / MIB))
        self.assertLess(most, 256 * MIB)


main()
