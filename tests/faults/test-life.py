#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The life of a new device from the first run on, live; the same traffic the same way however it comes; and names that
try to harm whoever reads them, in everything that shows them."""

import csv
import io
import json
import os
import signal
import socket
import subprocess
import time
import unittest

from faults import Daemon, elapsed, need_network_namespace

need_network_namespace('faults-life')

from harness import (LANSCOPECTL, PATIENCE, UNSAFE, Bus, arp_reply, ctl, dhcp_request, main, mdns_service, pcap, udp_frame,  # noqa: E402
                     wait_for)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


def mac_of(i):
    return '00:1b:a9:00:00:%02x' % i


def frames_of(i, name):
    mac, ip = mac_of(i), '192.0.2.%i' % i
    return [dhcp_request(mac, name, ip, b'udhcp 1.36'), arp_reply(mac, ip)] + \
        ([mdns_service(mac, ip, name, b'_ipp._tcp', name)] if len(name) < 64 else [])


class Live(unittest.TestCase):
    LEARNING = 6
    SETTLE = 3
    CONFIG = '[Alerts]\nSettleSec=%i\nLearningPeriodSec=%i\n' % (SETTLE, LEARNING)

    def setUp(self):
        # The kernel itself says nothing on this wire.
        for command in ('link add lan0 type veth peer name lan1', 'link set lan0 addrgenmode none',
                        'link set lan1 addrgenmode none', 'link set lan0 up', 'link set lan1 up', 'addr add 192.0.2.254/24 dev lan0'):
            self.assertEqual(run('ip', *command.split()).returncode, 0)
        self.addCleanup(run, 'ip', 'link', 'del', 'lan0')
        self.bus = Bus()
        self.addCleanup(self.bus.close)

    def send(self, frames):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as s:
            s.bind(('lan1', 0))
            for frame in frames:
                s.send(frame)

    def alerts(self, daemon):
        return [a['mac'] for a in daemon.json('alerts', '--all')]

    def test_it_sends_nothing(self):
        """Not a frame leaves the interface, whatever is seen, asked or told, from start to end."""
        def sent():
            with open('/sys/class/net/lan0/statistics/tx_packets') as f:
                return int(f.read())

        subprocess.run(['mount', '-t', 'sysfs', 'sysfs', '/sys'], check=True)  # that of this network
        for backend, mode in (('ebpf', 'host'), ('pcap', 'gateway'), ('pcap', 'span')):
            with self.subTest(backend=backend, mode=mode):
                before = sent()
                daemon = Daemon(self.bus, '--interface=lan0', '--backend=' + backend, '--mode=' + mode, database=None,
                                config=self.CONFIG)
                self.addCleanup(daemon.cleanup)
                daemon.wait_up()
                self.assertEqual(daemon.status()['Backend'], backend)
                self.send([frame for i in range(1, 9) for frame in frames_of(i, b'thing-%i' % i)])
                wait_for(lambda: len([d for d in daemon.json('list') if not d['self']]) == 8, 'the devices')
                for verb in (['explain', '192.0.2.1'], ['label', '192.0.2.1', 'one'], ['alerts', '--all'], ['export'], ['stop'],
                             ['start'], ['forget', '192.0.2.2']):
                    self.assertEqual(daemon.ctl(*verb).returncode, 0, verb)
                time.sleep(self.SETTLE + 2)
                self.assertEqual(daemon.end(), 0)
                self.assertEqual(sent(), before)
        # It can be seen when something is sent.
        before = sent()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b'', ('192.0.2.99', 9))
        wait_for(lambda: sent() > before, 'the question for 192.0.2.99')

    def test_learning_then_one_alert_a_device(self):
        daemon = Daemon(self.bus, '--interface=lan0', config=self.CONFIG)
        self.addCleanup(daemon.cleanup)
        daemon.wait_up()
        began = time.monotonic()
        events = os.path.join(self.bus.folder, 'events')
        with open(events, 'wb') as output:
            monitor = subprocess.Popen([LANSCOPECTL, 'monitor', '--json=short'], env=self.bus.env(), stdout=output)
            self.addCleanup(monitor.wait)
            self.addCleanup(monitor.terminate)

            def told():
                with open(events) as f:
                    lines = [json.loads(line) for line in f if line.endswith('\n')]
                return [e['alert']['mac'] for e in lines if e['event'] == 'alert']

            for i in (1, 2):
                self.send(frames_of(i, b'known-%i' % i))
            self.send([arp_reply(mac_of(3), '192.0.2.3')])  # never says a name
            wait_for(lambda: len([d for d in daemon.json('list') if not d['self']]) == 3, 'the devices')
            wait_for(lambda: time.monotonic() - began > self.LEARNING + 1, 'the learning period')
            for i in (1, 2):
                self.send(frames_of(i, b'known-%i' % i))
            self.assertEqual(self.alerts(daemon), [])

            # One that says its name is told at once, one that does not when its time is over.
            self.send([arp_reply(mac_of(12), '192.0.2.12')] + frames_of(11, b'new-one'))
            wait_for(lambda: mac_of(12) in told(), 'the alert')
            self.assertEqual(told(), [mac_of(11), mac_of(12)])
            for _ in range(3):
                self.send(frames_of(11, b'new-one') + frames_of(12, b'late'))
                time.sleep(0.3)
            self.assertEqual(sorted(self.alerts(daemon)), [mac_of(11), mac_of(12)])
            self.assertEqual(sorted(told()), [mac_of(11), mac_of(12)])

            first = daemon.json('alerts')[0]['id']
            self.assertEqual(daemon.ctl('ack', str(first)).returncode, 0)
            for how in (signal.SIGTERM, signal.SIGKILL):
                daemon.end(how)
                daemon.start()
                daemon.wait_up()
                for i in (1, 2, 3, 11, 12):
                    self.send(frames_of(i, b'known-%i' % i))
                time.sleep(self.SETTLE + 1)
                self.assertEqual(sorted(self.alerts(daemon)), [mac_of(11), mac_of(12)])
                self.assertNotIn(first, [a['id'] for a in daemon.json('alerts')])
            self.assertEqual(sorted(told()), [mac_of(11), mac_of(12)])
        self.assertEqual(daemon.end(), 0, daemon.log())

    def test_a_flood_on_the_wire(self):
        config = self.CONFIG + '[Inventory]\nMaxDevices=2000\n'
        for backend in 'auto', 'pcap':
            daemon = Daemon(self.bus, '--interface=lan0', '--backend=' + backend, database=None, config=config)
            self.addCleanup(daemon.cleanup)
            daemon.wait_up()
            self.send(frames_of(1, b'labelled') + frames_of(2, b'trusted'))
            wait_for(lambda: len(daemon.json('list')) >= 3, 'the devices')
            self.assertEqual(daemon.ctl('label', mac_of(1), 'mine').returncode, 0)
            self.assertEqual(daemon.ctl('trust', mac_of(2)).returncode, 0)
            slowest = 0
            for begin in range(0, 50000, 5000):
                self.send(arp_reply('02:ba:d0:00:%02x:%02x' % divmod(i, 256), '192.0.2.%i' % (i % 100 + 100))
                          for i in range(begin, begin + 5000))
                took, _ = elapsed(daemon.status)
                slowest = max(slowest, took)
            status = daemon.status()
            devices = {d['mac']: d for d in daemon.json('list')}
            self.assertLessEqual(len(devices), 2000)
            self.assertEqual(devices[mac_of(1)]['label'], 'mine')
            self.assertTrue(devices[mac_of(2)]['trusted'])
            self.assertLess(status['Statistics']['store.alerts'], 200)
            print('%s: %i devices, slowest answer %.2f s, at most %.1f MiB' % (
                backend, len(devices), slowest, daemon.resident()[1] / (1 << 20)))
            self.assertLess(slowest, 60)
            self.assertLess(daemon.resident()[1], 128 << 20)
            self.assertEqual(daemon.end(), 0, daemon.log())


NAMES = [
    b'\x1b]0;owned\x07\x1b[2J\x1b[31mred', b'two\nlines\r\nand\ttabs', b'evil\xe2\x80\xaegnp.exe', b'=HYPERLINK("x")',
    b'+1+1', b'@SUM(1)', b'-2', b'<b>bold</b> & \'"', b'not utf-8 \xff\xfe\x80', b'c1 \xc2\x9b31m', b'nul \0 byte',
    b'A' * 255, b'%s%n%d', b'zero\xe2\x80\x8bwidth\xef\xbb\xbf', b'"},{"mac":"x"', b',;\t|', b'\xf0\x9f\x98\x80 emoji',
]
CONTROL = set(range(32)) - {10} | set(range(127, 160))


def hostile_frames():
    frames = []
    for i, name in enumerate(NAMES):
        frames += frames_of(i + 1, name)
        frames.append(udp_frame(mac_of(i + 1), '01:00:5e:7f:ff:fa', '192.0.2.%i' % (i + 1), '239.255.255.250', 1900, 1900,
                                b'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\n'
                                b'SERVER: ' + name.replace(b'\n', b' ').replace(b'\r', b' ') * 4 + b'\r\n'
                                b'USN: uuid:' + name[:20].replace(b'\n', b'') + b'\r\n\r\n'))
    return frames + [arp_reply(mac_of(1), '192.0.2.1')] * 40


class Replay(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        self.capture = os.path.join(self.bus.folder, 'hostile.pcap')
        with open(self.capture, 'wb') as f:
            f.write(pcap(hostile_frames()))

    def service(self):
        daemon = Daemon(self.bus, '--replay=' + self.capture)
        self.addCleanup(daemon.cleanup)
        daemon.wait_up().wait_log('frames replayed')
        return daemon

    def assert_safe(self, text, what):
        found = UNSAFE.search(text)
        self.assertIsNone(found, '%s: %r' % (what, text[max(0, found.start() - 40):found.end() + 40] if found else ''))

    def test_names_do_no_harm_wherever_they_are_shown(self):
        daemon = self.service()
        with open(os.path.join(self.bus.folder, 'monitor'), 'w+b') as output:
            monitor = subprocess.Popen([LANSCOPECTL, 'monitor'], env=self.bus.env(), stdout=output)
            self.addCleanup(monitor.wait)
            self.addCleanup(monitor.terminate)
            time.sleep(0.5)
            for i in range(len(NAMES)):
                self.assertEqual(daemon.ctl('trust', mac_of(i + 1)).returncode, 0)
            daemon.ctl('label', mac_of(1), 'label \x1b[31m\u202e')
            time.sleep(1.5)
            output.seek(0)
            shown = output.read().decode()
        self.assertIn('changed', shown)
        self.assert_safe(shown, 'monitor')
        for verb in (('list', '--no-legend'), ('alerts',), ('status', '--verbose'), ('networks',), ('analyze', self.capture)):
            p = daemon.ctl(*verb)
            self.assertIn(p.returncode, (0, 1), p.stderr)
            self.assert_safe(p.stdout + p.stderr, verb)
            if verb[0] == 'list':
                self.assertEqual(len(p.stdout.splitlines()), len(NAMES))
        for i in range(len(NAMES)):
            for verb in 'device', 'explain':
                p = daemon.ctl(verb, mac_of(i + 1))
                self.assertEqual(p.returncode, 0, p.stderr)
                self.assert_safe(p.stdout, (verb, NAMES[i]))
        self.assert_safe(daemon.log(), 'log')
        self.assertEqual(daemon.log().count('new_device'), len(NAMES))

    def test_json_is_whole_and_csv_holds_no_formula(self):
        daemon = self.service()
        for verb in (('list',), ('alerts',), ('status',), ('networks',), ('device', mac_of(1)), ('explain', mac_of(2))):
            text = daemon.ctl(*verb, '--json=short').stdout
            json.loads(text)
            self.assertFalse(CONTROL & {ord(c) for c in text}, verb)
        self.assertEqual(len(json.loads(daemon.ctl('export', '--format', 'json').stdout)), len(NAMES))
        rows = list(csv.reader(io.StringIO(daemon.ctl('export', '--format', 'csv', text=False).stdout.decode(), newline='')))
        self.assertEqual(len(rows), len(NAMES) + 1)
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        for row in rows:
            for cell in row:
                self.assertFalse(cell.startswith(('=', '+', '-', '@', '\t', '\r')), cell)
                self.assertFalse(CONTROL & {ord(c) for c in cell}, repr(cell))

    def test_the_same_traffic_gives_the_same_whichever_way(self):
        def analyze(source, output, **options):
            p = ctl('analyze', output, source, text=False, **options)
            self.assertEqual(p.returncode, 0, p.stderr)
            return p.stdout.replace(source.encode(), b'the file', 1) if output == '--stats' else p.stdout

        with open(self.capture, 'rb') as f:
            content = f.read()
        for output in '--facts', '--devices', '--alerts', '--stats':
            once = analyze(self.capture, output)
            self.assertTrue(once)
            self.assertEqual(analyze(self.capture, output), once)
            self.assertEqual(analyze('-', output, input=content), once)
        devices = {d['mac']: d for d in map(json.loads, analyze(self.capture, '--devices').splitlines())}
        served = {d['mac']: d for d in json.loads(self.service().ctl('export', '--format', 'json').stdout)}
        self.assertEqual(set(devices), set(served))
        for mac, device in devices.items():
            for key in ('name', 'hostname', 'ipv4', 'ipv6', 'vendor', 'type', 'category', 'model', 'os', 'confidence',
                        'first_seen', 'last_seen', 'services', 'traffic'):
                self.assertEqual(served[mac].get(key), device.get(key), (mac, key))


main()
