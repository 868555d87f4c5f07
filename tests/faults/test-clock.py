#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The clock is set, forward and back, by seconds and by years, and the machine sleeps: no device goes, comes or is told of for that,
nothing is dropped as old, and the service goes on with the time that it is.

A preloaded library (clock-shim.c, LANSCOPE_CLOCK_SHIM) moves the clocks of the service alone.
"""

import mmap
import os
import signal
import struct
import time

from faults import Daemon, OnWire, need_network_namespace, run, skip

if not os.path.exists(os.environ.get('LANSCOPE_CLOCK_SHIM', '')):
    skip('clock-shim.so is not built, or no library can be preloaded')
need_network_namespace('faults-clock')

from harness import arp_reply, dhcp_request, main, wait_for  # noqa: E402

HOUR, DAY, YEAR = 3600, 86400, 365 * 86400
DEVICES = 5


def mac_of(i):
    return '00:1b:a9:00:00:%02x' % i


class Clock(OnWire):
    def setUp(self):
        super().setUp()
        self.assertEqual(run('ip', 'addr', 'add', '192.0.2.254/24', 'dev', 'lan0').returncode, 0)
        path = os.path.join(self.bus.folder, 'clock')
        with open(path, 'w+b') as f:
            f.truncate(4096)
            self.offsets = mmap.mmap(f.fileno(), 4096)
        self.real = self.boot = self.marks = 0
        self.environment = {'LD_PRELOAD': os.environ['LANSCOPE_CLOCK_SHIM'], 'CLOCK_SHIM': path}

    def start(self, backend, **keywords):
        self.events = os.path.join(self.bus.folder, 'eve.json')
        self.daemon = Daemon(self.bus, '--interface=lan0', '--backend=' + backend, **self.environment, **keywords,
                             config=self.CONFIG + '[Output]\nEventLog=%s\nEventTypes=all\n' % self.events)
        self.addCleanup(self.daemon.cleanup)
        self.daemon.wait_up()
        self.say()
        wait_for(lambda: len(self.alerts()) >= DEVICES, 'the alerts')
        self.assertEqual(self.daemon.ctl('label', mac_of(1), 'mine').returncode, 0)
        self.devices = {d['mac']: d['id'] for d in self.daemon.json('list')}

    def set(self, real, boot=0):
        """Both clocks, seconds ahead of those of the machine."""
        self.real, self.boot = real, boot
        self.offsets[:16] = struct.pack('=qq', int(real * 10**9), int(boot * 10**9))

    def say(self, first=1, last=DEVICES):
        for i in range(first, last + 1):
            self.wire.send(dhcp_request(mac_of(i), b'host-%i' % i, '192.0.2.%i' % i, b'udhcp'))
            self.wire.send(arp_reply(mac_of(i), '192.0.2.%i' % i))

    def wait_read(self):
        """Nothing is left that was sent before: it would be stamped with the time after."""
        self.marks += 1
        mark = '192.0.2.%i' % (200 + self.marks)
        self.wire.send(arp_reply(mac_of(2), mark))
        wait_for(lambda: any(mark in d['ipv4'] for d in self.daemon.json('list')), 'the last frame to be read')

    def alerts(self):
        return [(a['kind'], a['mac'], a['count']) for a in self.daemon.json('alerts', '--all')]

    def ids(self):
        return {d['mac']: d['id'] for d in self.daemon.json('list')}

    def last_seen(self):
        """Seconds behind what the service takes for now."""
        return {d['mac']: d['last_seen'] - (time.time() + self.real) for d in self.daemon.json('list')}

    def check(self, told):
        """All devices are there, are online, were seen just now, and nothing was told."""
        def seen():
            self.say()
            return all(abs(self.last_seen()[mac_of(i)]) < 120 for i in range(1, DEVICES + 1))
        wait_for(seen, 'the devices to be seen now')
        wait_for(lambda: {d['presence'] for d in self.daemon.json('list')} == {'online'}, 'the devices to be online')
        self.assertEqual(self.ids(), self.devices)
        self.assertEqual({d['mac']: d['label'] for d in self.daemon.json('list')}[mac_of(1)], 'mine')
        self.assertEqual(sorted(self.alerts()), sorted(told))

    def events_of(self, device):
        with open(self.events) as f:
            return sum('"src_device":{"id":"%s"' % device in line for line in f)

    def check_goes_on(self, i):
        """What is new is told in time: the engine's clock runs; and in events, which know the devices."""
        before = self.events_of(self.devices[mac_of(1)])
        self.say(i, i)
        wait_for(lambda: ('new_device', mac_of(i), 1) in self.alerts(), 'the alert of a new device')

        def told():
            self.say(1, 1)
            return self.events_of(self.devices[mac_of(1)]) > before
        wait_for(told, 'an event of a device')

    def steps(self, backend):
        self.start(backend)
        told = self.alerts()
        i = 100
        for step in (YEAR, -YEAR, 20 * YEAR, -10 * YEAR, -10 * YEAR, 5, -5, 2 * DAY, -2 * DAY, 120, -120, -30 * YEAR, 30 * YEAR):
            with self.subTest(step=step):
                self.set(self.real + step)
                self.check(told)
                if abs(step) >= 60:
                    wait_for(lambda: 'set %s by' % ('back' if step < 0 else 'forward') in self.daemon.log(), 'the log to say so')
                i += 1
                self.check_goes_on(i)
                told = self.alerts()
                self.devices = self.ids()
        self.assertEqual(self.real, 0)
        self.daemon.end(signal.SIGKILL)
        self.daemon.start()
        self.daemon.wait_up()
        self.check(told)
        self.assertEqual(self.daemon.end(), 0)

    def test_steps_by_libpcap(self):
        self.steps('pcap')

    def test_steps_by_ebpf(self):
        self.steps('auto')

    def test_started_with_the_clock_of_the_factory(self):
        """A machine without a battery: it is 1970 until the network tells the time."""
        self.set(-time.time() + HOUR)
        self.start('pcap')
        told = self.alerts()
        self.set(0)
        self.check(told)
        self.check_goes_on(100)
        told = self.alerts()
        self.devices = self.ids()
        self.assertEqual(self.daemon.end(), 0)
        self.set(-time.time() + HOUR)  # and again, with what is in the database dated in the future
        self.daemon.start()
        self.daemon.wait_up()
        self.check(told)
        self.set(0)
        self.check(told)
        self.assertEqual(self.daemon.end(), 0)

    def test_sleep(self):
        """Both clocks go on while the machine sleeps: time has passed, and devices were not heard."""
        self.start('pcap')
        told = self.alerts()
        for seconds in 600, 8 * HOUR, 3 * DAY:
            with self.subTest(seconds=seconds):
                self.wait_read()
                os.kill(self.daemon.process.pid, signal.SIGSTOP)
                self.say(2, 2)  # what the kernel holds from before
                self.set(self.real + seconds, self.boot + seconds)
                time.sleep(0.5)
                os.kill(self.daemon.process.pid, signal.SIGCONT)
                self.say(1, 1)

                def asleep():
                    presence = {d['mac']: d['presence'] for d in self.daemon.json('list')}
                    return presence[mac_of(1)] == 'online' and (seconds < HOUR or presence[mac_of(3)] == 'offline')
                wait_for(asleep, 'those that were not heard since to be away')
                self.assertNotIn('The clock was set', self.daemon.log())
                self.check(told)
        self.check_goes_on(100)
        self.assertEqual(self.daemon.end(), 0)

    def test_a_disk_that_is_full_when_the_clock_is_set(self):
        folder = os.path.join(self.bus.folder, 'small')
        os.mkdir(folder)
        self.assertEqual(run('mount', '-t', 'tmpfs', '-o', 'size=2M', 'tmpfs', folder).returncode, 0)
        self.addCleanup(run, 'umount', '-l', folder)
        self.start('pcap', database='small/x.db')
        told = self.alerts()
        filler = os.path.join(folder, 'filler')
        with open(filler, 'wb', buffering=0) as f:
            try:
                while True:
                    f.write(b'x' * 4096)
            except OSError:
                pass
        while self.daemon.ctl('label', mac_of(2), 'x' * 250 + str(time.monotonic())).returncode == 0:
            pass
        self.set(YEAR)
        self.say()
        wait_for(lambda: 'cannot be saved' in ' '.join(self.daemon.status()['Problems']), 'the service to say so')
        self.assertEqual(self.ids(), self.devices)
        os.unlink(filler)
        wait_for(lambda: self.daemon.status()['Problems'] == [], 'the end of the trouble')
        self.check(told)
        self.assertEqual(self.daemon.end(), 0)


main()
