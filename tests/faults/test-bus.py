#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What clients do to the service: nonsense to every method, not reading, many at once, and no descriptors left.

LANSCOPE_FAULTS_SECONDS: how long nonsense is sent (20), LANSCOPE_FAULTS_SEED: which.
"""

import os
import random
import resource
import select
import struct
import time
import xml.etree.ElementTree as ElementTree

from faults import Daemon, OnWire, need_network_namespace, run

need_network_namespace('faults-bus')

from harness import LANSCOPED, PATIENCE, arp_reply, dhcp_request, main, wait_for  # noqa: E402
import wire  # noqa: E402
from wire import CALL, Connection, Refused, message, split  # noqa: E402

NAME, ROOT, MANAGER = 'org.lanscope1', '/org/lanscope1', 'org.lanscope1.Manager'
DEVICE = 'org.lanscope1.Device'
SECONDS = float(os.environ.get('LANSCOPE_FAULTS_SECONDS', '20'))
SEED = int(os.environ.get('LANSCOPE_FAULTS_SEED', '0')) or random.SystemRandom().randrange(1, 1 << 32)
DEVICES = 40
# AddressSanitizer keeps what was freed for a while, 256 MiB of it.
with open(LANSCOPED, 'rb') as program:
    GROWTH = (280 if b'__asan_init' in program.read() else 24) << 20


def mac_of(i):
    return '00:1b:a9:00:%02x:%02x' % divmod(i, 256)


class Case(OnWire):
    def start(self, *options, **keywords):
        self.daemon = Daemon(self.bus, '--interface=lan0', *options, config=self.CONFIG, **keywords)
        self.addCleanup(self.daemon.cleanup)
        self.daemon.wait_up()
        for i in range(1, DEVICES + 1):
            self.wire.send(dhcp_request(mac_of(i), b'host-%i' % i, '192.0.2.%i' % i, b'udhcp'))
            self.wire.send(arp_reply(mac_of(i), '192.0.2.%i' % i))
        self.root = self.connect()
        wait_for(lambda: len(self.devices()) >= DEVICES, 'the devices')

    def connect(self, timeout=PATIENCE):
        connection = Connection(self.bus.address, timeout)
        self.addCleanup(connection.close)
        return connection

    def manager(self, member, signature='', values=(), connection=None):
        return (connection or self.root).call(NAME, ROOT, MANAGER, member, signature, values)

    def devices(self):
        return self.manager('ListDevices', 'a{sv}', [[]])[0]

    def statistics(self):
        return self.root.call(NAME, ROOT, 'org.freedesktop.DBus.Properties', 'Get', 'ss', [MANAGER, 'Statistics'])[0]

    def descriptors(self):
        return len(os.listdir('/proc/%i/fd' % self.daemon.process.pid))

    def answer_time(self):
        began = time.monotonic()
        self.root.call(NAME, ROOT, 'org.freedesktop.DBus.Peer', 'Ping')
        return time.monotonic() - began

    def end(self):
        self.assertEqual(self.daemon.end(), 0, self.daemon.log())


class Nonsense(Case):
    """Messages that the bus lets through and no client would send, to every method of every interface; and what is none."""

    def introspect(self, path):
        xml = self.root.call(NAME, path, 'org.freedesktop.DBus.Introspectable', 'Introspect')[0]
        for interface in ElementTree.fromstring(xml).iter('interface'):
            for method in interface.iter('method'):
                yield (path, interface.get('name'), method.get('name'),
                       ''.join(a.get('type') for a in method.iter('arg') if a.get('direction', 'in') == 'in'))

    def targets(self):
        device = self.devices()[0]
        return [t for path in (ROOT, device['Path'], device['Network']) for t in self.introspect(path)]

    # Of text that arguments are made of: what they are, nearly are, and are not.
    WORDS = ('', 'host', 'span', 'lan0', 'devices', 'alerts', 'json', 'csv', 'printer', 'port_scan', 'tcp', '192.0.2.1/33', 'bytes',
             '192.0.2.1', '::', mac_of(1), mac_of(2), '%s%n', '\x1b[2J', 'é' * 300, 'x' * 5000, "'; DROP TABLE devices; --",
             '../../../etc/passwd', '"', 'day', '-1', '2' * 40, MANAGER, DEVICE, 'Evidence', 'Statistics')
    KEYS = ('Presence', 'Category', 'Type', 'Trusted', 'Network', 'Limit', 'After', 'Unacknowledged', 'Kind', 'Severity', 'Device',
            'Since', 'Ids', 'Peer', 'Note', 'Expires', 'Address', 'Port', 'Protocol', 'State', 'Active', 'Sort', 'Span', 'Until',
            'Peers', 'Colour', '')
    PATHS = ('/', ROOT, ROOT + '/device/0000000000000001', ROOT + '/device/x', ROOT + '/network/ffffffffffffffff', '/a' * 400)

    def number(self, code):
        bits = 8 * struct.calcsize(wire.FIXED[code])
        value = self.random.choice((0, 1, 2, self.random.getrandbits(bits), (1 << bits) - 1, 1 << (bits - 1), 1000, 10001)) % (1 << bits)
        if code == 'b':
            return value & 1
        if code == 'd':
            return self.random.choice((0.0, -1.0, float('nan'), float('inf'), 1e308))
        return value - (1 << bits) if code in 'nix' and value >> (bits - 1) else value

    def signature(self, depth=0):
        """A random complete type. The specification allows 32 arrays and 32 structs in each other."""
        choice = self.random.random()
        if depth > 6 or choice < .6:
            return self.random.choice('ybnqiuxtdsogv')
        if choice < .8:
            return 'a' + self.signature(depth + 1)
        if choice < .9:
            return '(' + ''.join(self.signature(depth + 1) for _ in range(self.random.randint(1, 4))) + ')'
        return 'a{' + self.random.choice('sutyo') + self.signature(depth + 1) + '}'

    def value(self, kind, depth=0):
        code = kind[0]
        if code in wire.FIXED:
            return self.number(code)
        if code == 's':
            return self.random.choice(self.WORDS)
        if code == 'o':
            return self.random.choice(self.PATHS + tuple(self.known))
        if code == 'g':
            return self.random.choice(('', 'a{sv}', 's', '(' * 30 + 'y' + ')' * 30))
        if code == 'v':
            inner = 'v' if depth < 40 and self.random.random() < .3 else self.signature(depth + 4)
            return inner, self.value(inner, depth + 1)
        if kind == 'a{sv}':
            return [(self.random.choice(self.KEYS), self.value('v', depth + 1)) for _ in range(self.random.choice((0, 1, 1, 2, 5)))]
        if code == 'a':
            most = 3000 if depth == 0 and self.random.random() < .02 else max(0, 4 - depth)
            return [self.value(kind[1:], depth + 1) for _ in range(self.random.randint(0, most))]
        return tuple(self.value(inner, depth + 1) for inner in split(kind[1:-1]))

    def near(self, signature):
        """Nearly what the method takes."""
        types = split(signature)
        if self.random.random() < .5 or not types:
            types.insert(self.random.randint(0, len(types)), self.signature())
        else:
            types[self.random.randrange(len(types))] = self.signature()
        return ''.join(types)

    def send_one(self, connection, target):
        path, interface, member, signature = target
        how = self.random.random()
        if how < .35:
            signature = self.near(signature)
        elif how < .45:
            signature = ''.join(self.signature() for _ in range(self.random.randint(0, 5)))
        elif how < .5:
            interface = self.random.choice((None, DEVICE, MANAGER, 'org.example', 'org.freedesktop.DBus.Properties'))
        elif how < .55:
            path = self.random.choice(self.PATHS)
        values = [self.value(kind) for kind in split(signature)]
        connection.send_call(NAME, path, interface, member, signature, values, flags=self.random.choice((0, 0, 0, 1, 2, 4, 7)))

    # What would stop what is being tested, or is about nothing but the bus.
    LEFT_OUT = ('StopCapture', 'SetMode', 'Forget')

    def drain(self, connection):
        while select.select([connection], [], [], 0)[0]:
            connection.receive()
            for fd in connection.fds:
                os.close(fd)
            connection.fds = []

    def nonsense(self, targets, deadline):
        connection, sent, begun = self.connect(), 0, 0
        while time.monotonic() < deadline:
            try:
                if begun == 0:
                    connection = self.connect()
                for _ in range(20):
                    self.send_one(connection, self.random.choice(targets))
                    sent += 1
                connection.wait(connection.send_call(NAME, ROOT, 'org.freedesktop.DBus.Peer', 'Ping'))
                self.drain(connection)
                begun += 1
            except (ConnectionError, BrokenPipeError):  # the bus found one of them wrong
                begun = 0
            if begun % 10 == 0:
                self.assertLess(self.answer_time(), PATIENCE)
                self.assertIsNone(self.daemon.process.poll(), self.daemon.log())
        return sent

    def garbage(self, deadline):
        """Bytes that are no messages, to the bus; and messages that were damaged on their way."""
        sent = 0
        while time.monotonic() < deadline:
            connection = Connection(self.bus.address)
            try:
                for _ in range(5):
                    data = bytearray(message(CALL, 7, {wire.PATH: ROOT, wire.INTERFACE: MANAGER, wire.MEMBER: 'ListAlerts',
                                                       wire.DESTINATION: NAME}, 'a{sv}', [[('Limit', ('u', 1))]]))
                    for _ in range(self.random.randint(1, 4)):
                        data[self.random.randrange(len(data))] = self.random.getrandbits(8)
                    connection.send(bytes(data) if self.random.random() < .8 else self.random.randbytes(500))
                    sent += 1
            except OSError:  # which is what the bus does about it
                pass
            connection.close()
            self.assertIsNone(self.daemon.process.poll(), self.daemon.log())
        return sent

    def test_nonsense_to_every_method(self):
        self.random = random.Random(SEED)
        self.start()
        targets = [t for t in self.targets() if t[2] not in self.LEFT_OUT]
        self.known = [d['Path'] for d in self.devices()[:5]]
        self.assertGreater(len({t[2] for t in targets}), 20)
        self.daemon.ctl('label', mac_of(DEVICES), 'kept')
        warm = self.nonsense(targets, time.monotonic() + SECONDS / 4)
        before, resident = self.descriptors(), self.daemon.resident()[0]
        sent = warm + self.nonsense(targets, time.monotonic() + SECONDS / 2) + self.garbage(time.monotonic() + SECONDS / 4)
        print('seed %i: %i messages, %.1f MiB before, %.1f after' % (SEED, sent, resident / 2**20, self.daemon.resident()[0] / 2**20))
        wait_for(lambda: self.descriptors() <= before + 2, 'descriptors to be closed: %i before, %i now' % (before, self.descriptors()), 60)
        self.assertLess(self.daemon.resident()[0], resident + GROWTH)
        self.assertEqual(len(self.devices()), len({d['Path'] for d in self.devices()}))
        for word in ('AddressSanitizer', 'runtime error', 'Assertion'):
            self.assertNotIn(word, self.daemon.log())
        self.wire.send(arp_reply('00:1b:a9:00:77:77', '192.0.2.250'))
        wait_for(lambda: any('00:1b:a9:00:77:77' in d['Addresses'] for d in self.devices()), 'a new device')
        self.end()


class Silent(Case):
    """Clients that ask and do not read."""

    def flood(self, connection, calls):
        """Calls with large answers until nothing more goes in."""
        connection.socket.setblocking(False)
        sent = 0
        try:
            for _ in range(calls):
                connection.send_call(NAME, ROOT, MANAGER, 'ListDevices', 'a{sv}', [[]])
                sent += 1
        except (BlockingIOError, BrokenPipeError, ConnectionError):
            pass
        return sent

    def test_clients_that_never_read(self):
        self.start()
        silent = [self.connect() for _ in range(10)]
        for connection in silent:
            connection.call_bus('AddMatch', 's', ["type='signal',sender='%s'" % NAME])
        before = self.descriptors()
        for connection in silent:
            self.flood(connection, 2000)
        slowest = 0
        for i in range(100):  # while everything that happens is signalled to those, too
            self.wire.send(dhcp_request(mac_of(i % DEVICES + 1), b'renamed-%i' % i, '192.0.2.%i' % (i % DEVICES + 1), b'udhcp'))
            slowest = max(slowest, self.answer_time())
        print('slowest answer %.2f s, at most %.1f MiB' % (slowest, self.daemon.resident()[1] / 2**20))
        self.assertLess(slowest, PATIENCE)
        self.assertLess(self.daemon.resident()[1], 256 << 20)
        for connection in silent:
            connection.close()
        wait_for(lambda: self.descriptors() <= before, 'descriptors to be closed')
        self.assertEqual(self.daemon.ctl('label', mac_of(1), 'alive').returncode, 0)
        self.end()

    def test_readers_that_do_not_read_what_they_asked_for(self):
        """An export is a pipe of its own: who leaves it full gets no more of them, and others do."""
        self.start()
        greedy, fds = self.connect(), []
        refused = None
        for _ in range(64):
            try:
                self.manager('Export', 'ssa{sv}', ['devices', 'json', []], greedy)
            except Refused as error:
                refused = error
                break
        fds, greedy.fds = greedy.fds, []
        self.assertLess(self.answer_time(), PATIENCE)
        self.assertEqual(len(self.manager('Export', 'ssa{sv}', ['devices', 'csv', []], self.connect())), 1)
        for fd in fds:
            os.close(fd)
        self.assertTrue(refused is None or refused.name.endswith('LimitsExceeded'), refused)
        self.end()

    def test_a_bus_that_stands_still(self):
        """Nothing grows while nobody takes what is said; what happened meanwhile is there afterwards."""
        self.start()
        resident = self.daemon.resident()[0]
        os.kill(self.bus.process.pid, 19)
        try:
            for second in range(15):
                for i in range(1, DEVICES + 1):
                    self.wire.send(dhcp_request(mac_of(i), b'name-%i-%i' % (i, second), '192.0.2.%i' % i, b'udhcp'))
                for i in range(200):
                    self.wire.send(arp_reply('00:1b:a9:01:%02x:%02x' % (second, i), '192.0.2.%i' % (i + 1)))
                time.sleep(0.5)
        finally:
            os.kill(self.bus.process.pid, 18)
        wait_for(lambda: len(self.devices()) >= DEVICES + 15 * 200, 'the devices')
        print('%.1f MiB before, %.1f at most' % (resident / 2**20, self.daemon.resident()[1] / 2**20))
        self.assertLess(self.daemon.resident()[1], resident + (96 << 20))
        self.end()


class Many(Case):
    CLIENTS = 200

    def test_two_hundred_clients(self):
        """Each asks, reads, and hears the signals; none waits for long, and the service goes on hearing the network."""
        self.start()
        clients = [self.connect() for _ in range(self.CLIENTS)]
        for client in clients:
            client.call_bus('AddMatch', 's', ["type='signal',sender='%s'" % NAME])
        before, calls = self.descriptors(), [('ListDevices', 'a{sv}', [[]]), ('ListAlerts', 'a{sv}', [[]]),
                                             ('FindDevice', 's', [mac_of(3)]), ('ListFlows', 'a{sv}', [[('Limit', ('u', 10))]])]
        began, slowest = time.monotonic(), 0
        for turn in range(8):
            asked = []
            for i, client in enumerate(clients):
                asked.append((time.monotonic(), client, client.send_call(NAME, ROOT, MANAGER, *calls[(i + turn) % len(calls)])))
            self.wire.send(arp_reply('00:1b:a9:02:00:%02x' % turn, '192.0.2.200'))
            for begin, client, serial in asked:
                try:
                    client.wait(serial)
                except Refused as error:
                    # A lawful answer of whoever asks polkit, or who is root, for too many at a time.
                    self.assertTrue(error.name.endswith('LimitsExceeded'), error)
                slowest = max(slowest, time.monotonic() - begin)
        print('%i calls in %.1f s, slowest answer %.2f s' % (8 * self.CLIENTS, time.monotonic() - began, slowest))
        self.assertLess(slowest, PATIENCE)
        wait_for(lambda: sum('00:1b:a9:02:00:' in a for d in self.devices() for a in d['Addresses']) == 8, 'what came meanwhile')
        for client in clients:
            client.call_bus('GetId')
            client.close()
        heard = [sum(member == 'InterfacesAdded' for member, _, _ in client.signals) for client in clients]
        self.assertGreater(min(heard), 0)
        wait_for(lambda: self.descriptors() <= before, 'descriptors to be closed')
        self.end()


class Descriptors(Case):
    """No more files can be opened."""

    def limit(self, n):
        pid = self.daemon.process.pid
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (n, resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]))

    def exported(self):
        connection = self.connect()
        self.manager('Export', 'ssa{sv}', ['devices', 'json', []], connection)
        with os.fdopen(connection.fds.pop(), 'rb') as f:
            return len(f.read())

    def test_without_descriptors_it_refuses_and_recovers(self):
        for backend in ('auto', 'pcap'):
            with self.subTest(backend=backend):
                self.start('--backend=' + backend, database='%s.db' % backend)
                self.assertEqual(self.daemon.ctl('label', mac_of(1), 'before').returncode, 0)
                before = self.descriptors()
                self.limit(3)  # no new one could be lower, for those are taken
                self.assertRaises(Refused, self.exported)
                # Who needs none is served, and the change is on the disk.
                self.assertGreaterEqual(len(self.devices()), DEVICES)
                self.assertEqual(self.daemon.ctl('label', mac_of(1), 'meanwhile').returncode, 0)
                run('ip', 'link', 'set', 'lan0', 'down')
                run('ip', 'link', 'set', 'lan0', 'up')
                with self.assertRaises(Refused) as caught:
                    self.manager('Reload')
                self.assertIn('all stays as it was', str(caught.exception))
                self.assertLess(self.answer_time(), PATIENCE)
                self.limit(1024)
                self.assertGreater(self.exported(), 100)
                mac = '00:1b:a9:03:00:01'

                def hears():
                    self.wire.send(arp_reply(mac, '192.0.2.201'))
                    return any(mac in d['Addresses'] for d in self.devices())
                wait_for(hears, 'the network to be heard again')
                wait_for(lambda: self.descriptors() <= before + 2, 'descriptors to be closed')
                self.daemon.end(9)
                self.daemon.start()
                self.daemon.wait_up()
                self.assertEqual({d['mac']: d['label'] for d in self.daemon.json('list')}[mac_of(1)], 'meanwhile')
                self.end()

    def test_a_capture_that_finds_no_descriptor_begins_later(self):
        self.start('--backend=pcap')
        run('ip', 'link', 'del', 'lan0')
        wait_for(lambda: self.daemon.status()['Interfaces'][0]['State'] == 'waiting', 'the interface to be missed')
        self.limit(3)
        for command in ('link add lan0 type veth peer name lan1', 'link set lan0 up', 'link set lan1 up'):
            self.assertEqual(run('ip', *command.split()).returncode, 0)
        wait_for(lambda: self.daemon.status()['Interfaces'][0]['State'] == 'failed', 'the failure')
        self.assertIn('lan0: cannot capture', self.daemon.log())
        self.limit(1024)
        wait_for(lambda: self.daemon.status()['Interfaces'][0]['State'] == 'capturing', 'the capture')
        self.end()


main()
