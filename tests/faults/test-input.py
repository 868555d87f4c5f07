#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input, each with a clear error, the right exit status, and nothing lost; and a machine that changes underneath."""

import gzip
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import tempfile
import unittest

from faults import RULES, Daemon, need_network_namespace, write_capture

need_network_namespace('faults-input')

from harness import LANSCOPED, PATIENCE, UNSAFE, Bus, arp_reply, ctl, dhcp_request, home_capture, main, pcap, wait_for  # noqa: E402

PRINTER, TWIN = '00:1b:a9:00:00:01', 'twin'


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, errors='replace', timeout=PATIENCE, **options)


class Case(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        self.capture = self.file('home.pcap', home_capture() + pcap([arp_reply(PRINTER, '192.0.2.1')] * 30, 1700000010)[24:])

    def file(self, name, content):
        path = os.path.join(self.bus.folder, name)
        with open(path, 'wb') as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        return path

    def daemon(self, *options, replay=True, **keywords):
        if replay:
            options = ('--replay=' + self.capture, *options)
        daemon = Daemon(self.bus, *options, **keywords)
        self.addCleanup(daemon.cleanup)
        return daemon

    def up(self, *options, **keywords):
        daemon = self.daemon(*options, **keywords).wait_up()
        if keywords.get('replay', True):
            daemon.wait_log('frames replayed')
        return daemon

    def assert_ends(self, daemon, status, *says):
        self.assertEqual(daemon.process.wait(PATIENCE), status, daemon.log())
        for text in says:
            self.assertIn(text, daemon.log())
        for line in daemon.log().splitlines():
            self.assertIsNone(UNSAFE.search(line), line)


class Configuration(Case):
    GOOD = '[Capture]\nMode=gateway\n'

    def test_mistakes_are_told_with_file_and_line_and_the_rest_counts(self):
        text = '[Capture]\nMode=gateway\nColour=red\n[Nonsense]\nA=1\n[Inventory]\nMaxDevices=-5\n[Alerts\nSettleSec=1\n'
        daemon = self.up(config=text)
        for line in (3, 4, 7, 8):
            self.assertEqual(daemon.log().count('%s:%i:' % (daemon.config, line)), 1, daemon.log())
        self.assertEqual(daemon.status()['Mode'], 'gateway')

    def test_garbage_keeps_the_defaults(self):
        for garbage in (bytes(range(256)) * 64, b'\0' * 4096, b'[Capture]\nMode=' + b'x' * 200000 + b'\nMode=span\n',
                        '[Capture]\nMode=\x1b[31mred\u202e\n'.encode(), b'=' * 10000, b'[' * 10000):
            with self.subTest(garbage=garbage[:20]):
                daemon = self.up(config=garbage)
                self.assertIn(daemon.config, daemon.log())
                self.assertIn(daemon.status()['Mode'], ('host', 'span'))
                for line in daemon.log().splitlines():
                    self.assertIsNone(UNSAFE.search(line), repr(line))
                    self.assertLess(len(line), 1500)
                self.assertEqual(daemon.end(), 0)

    def test_a_file_that_is_not_there_or_not_a_file(self):
        self.assert_ends(self.daemon('--config=/nonexistent/x.conf'), 1, '/nonexistent/x.conf')
        self.assert_ends(self.daemon('--config=/'), 1, 'configuration /')

    def test_a_broken_file_at_a_hangup_keeps_what_was(self):
        daemon = self.up(config=self.GOOD)
        daemon.write_config('[Capture]\nMode=sideways\nInterface=a/b\n')
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log(daemon.config + ':2:')
        os.unlink(daemon.config)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log('Not reloaded')
        self.assertEqual(len(daemon.json('list')), 4)


class Rules(Case):
    def rules(self, content):
        folder = tempfile.mkdtemp(dir=self.bus.folder)
        for name in os.listdir(RULES):
            shutil.copy(os.path.join(RULES, name), folder)
        with open(os.path.join(folder, '99-bad.conf'), 'wb') as f:
            f.write(content)
        return folder

    def test_bad_rules_are_told_and_the_good_ones_stay(self):
        for bad in (b'[Rule x]\nNonsense=1\n', os.urandom(65536), b'\0' * 100, b'[' + b'a' * 100000 + b']\n',
                    b'[Rule y]\nMatch=' + b'*' * 50000 + b'\nType=printer\n', b'[Rule z]\nType=no-such-type\n'):
            with self.subTest(bad=bad[:20]):
                daemon = self.up(rules=self.rules(bad))
                self.assertIn('99-bad.conf', daemon.log())
                self.assertLess(len(daemon.log().splitlines()), 40)
                self.assertEqual({d['mac']: d['type'] for d in daemon.json('list')}[PRINTER], 'printer')
                self.assertEqual(daemon.end(), 0)

    def test_rules_without_end_are_bounded_and_told(self):
        rules = b''.join(b'[many-%i]\nMatch=dhcp.hostname many-%i\nType=printer\nConfidence=50\n' % (i, i) for i in range(60000))
        daemon = self.up(rules=self.rules(rules))
        self.assertIn('99-bad.conf', daemon.log())
        self.assertLess(daemon.resident()[1], 128 << 20)


class Database(Case):
    def kept(self, daemon):
        return {d['mac']: d['label'] for d in daemon.json('list')}.get(PRINTER)

    def labelled(self):
        daemon = self.up()
        self.assertEqual(daemon.ctl('label', PRINTER, 'mine').returncode, 0)
        self.assertEqual(daemon.end(), 0)
        return daemon

    def test_a_newer_one_is_refused_and_left_as_it_is(self):
        daemon = self.labelled()
        with sqlite3.connect(daemon.database) as database:
            database.execute('PRAGMA user_version = 999')
        database.close()
        with open(daemon.database, 'rb') as f:
            before = f.read()
        daemon.start()
        self.assert_ends(daemon, 1, daemon.database, 'newer lanscope')
        with open(daemon.database, 'rb') as f:
            self.assertEqual(f.read(), before)

    def test_a_damaged_one_is_moved_aside_and_told(self):
        for damage in (b'not a database at all' * 500, None, b'\0' * 8192):
            daemon = self.labelled()
            size = os.path.getsize(daemon.database)
            with open(daemon.database, 'r+b') as f:
                if damage is None:  # the head is right, the rest is not
                    f.seek(4096)
                    f.write(os.urandom(size - 4096))
                else:
                    f.write(damage.ljust(size, b'x'))
            daemon.start()
            daemon.wait_up().wait_log('frames replayed')
            aside = [n for n in os.listdir(self.bus.folder) if n.startswith('test.db.damaged-')]
            self.assertTrue(aside, daemon.log())
            self.assertIn(aside[0].split('-')[0], daemon.log())
            self.assertEqual(len(daemon.json('list')), 4)
            self.assertEqual(daemon.end(), 0)
            for name in os.listdir(self.bus.folder):
                if name.startswith('test.db'):
                    os.unlink(os.path.join(self.bus.folder, name))

    def test_another_programs_file_is_left_alone(self):
        path = os.path.join(self.bus.folder, 'other.db')
        with sqlite3.connect(path) as database:
            database.execute('CREATE TABLE mine (x)')
            database.execute('PRAGMA user_version = 3')
        database.close()
        self.assert_ends(self.daemon(database='other.db'), 1, path, 'another program')

    def test_a_second_service_is_refused(self):
        first = self.up()
        other = Bus()
        self.addCleanup(other.close)
        second = Daemon(other, '--replay=' + self.capture, '--database=' + first.database, database=None)
        self.addCleanup(second.cleanup)
        self.assert_ends(second, 1, 'another lanscoped is using it')
        self.assertEqual(len(first.json('list')), 4)

    def test_where_nothing_can_be_written(self):
        folder = os.path.join(self.bus.folder, 'readonly')
        os.mkdir(folder)
        self.assertEqual(run('mount', '-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder).returncode, 0)
        self.addCleanup(run, 'umount', folder)
        self.assert_ends(self.daemon(database='readonly/x.db'), 1, 'readonly/x.db')
        self.assert_ends(self.daemon(database='missing/x.db'), 1, 'missing/x.db', 'directory must exist')
        os.mkdir(os.path.join(self.bus.folder, 'folder.db'))
        self.assert_ends(self.daemon(database='folder.db'), 1, 'folder.db')

    def test_a_full_disk_refuses_changes_and_recovers(self):
        folder = os.path.join(self.bus.folder, 'small')
        os.mkdir(folder)
        self.assertEqual(run('mount', '-t', 'tmpfs', '-o', 'size=1M', 'tmpfs', folder).returncode, 0)
        self.addCleanup(run, 'umount', '-l', folder)
        daemon = self.up(database='small/x.db')
        self.assertEqual(daemon.ctl('label', PRINTER, 'before').returncode, 0)
        with open(os.path.join(folder, 'filler'), 'wb', buffering=0) as f:
            try:
                while True:
                    f.write(b'x' * 4096)
            except OSError:  # which is what it is for
                pass
        told = 'before'
        for i in range(50):  # what room the log has left is used up first
            p = daemon.ctl('label', PRINTER, 'full %i ' % i + 'x' * 100)
            if p.returncode != 0:
                break
            told = 'full %i ' % i + 'x' * 100
        self.assertEqual(p.returncode, 1)
        self.assertIn('full', p.stderr)
        self.assertEqual(self.kept(daemon), told)
        os.unlink(os.path.join(folder, 'filler'))
        self.assertEqual(daemon.ctl('label', PRINTER, 'after').returncode, 0)
        daemon.end(signal.SIGKILL)
        daemon.start()
        daemon.wait_up()
        self.assertEqual(self.kept(daemon), 'after')
        daemon.end()


class Captures(Case):
    def test_unreadable_ones(self):
        record = struct.pack('<IIII', 1700000000, 0, 0x7fffffff, 0x7fffffff)
        whole = home_capture()
        bad = {
            'empty.pcap': (b'', 0),
            'garbage.pcap': (os.urandom(5000), 0),
            'text.pcap': (b'hello\n' * 100, 0),
            'cut.pcap': (whole[:-5], 7),
            'huge.pcap': (whole + record + b'x' * 100, 8),
            'header.pcap': (whole[:20], 0),
            'half.pcap.gz': (gzip.compress(whole)[:-30], 1),
        }
        for name, (content, readable) in bad.items():
            with self.subTest(name=name):
                path = self.file(name, content)
                p = ctl('analyze', '--facts', path)
                self.assertEqual(p.returncode, 1)
                self.assertIn(name, p.stderr)
                if readable:
                    self.assertTrue(p.stdout)
                self.assertLess(len(p.stderr.splitlines()), 5, p.stderr)
                daemon = Daemon(self.bus, '--replay=' + path, '--replay-exit', database=None)
                self.addCleanup(daemon.cleanup)
                self.assert_ends(daemon, 1, path)
        for path in ('/nonexistent.pcap', '/'):
            p = ctl('analyze', path)
            self.assertEqual((p.returncode, p.stdout), (1, ''))
            self.assertIn(path, p.stderr)

    def test_one_bad_file_does_not_hide_the_others(self):
        p = ctl('analyze', '--devices', '/nonexistent.pcap', self.capture)
        self.assertEqual(p.returncode, 1)
        self.assertEqual(len(p.stdout.splitlines()), 4)

    def test_the_clock_of_a_capture_goes_backwards(self):
        frames = [arp_reply('00:1b:a9:00:00:%02x' % i, '192.0.2.%i' % i) for i in range(1, 30)]
        back = pcap(frames, 1700000000) + pcap(frames, 1600000000)[24:] + pcap(frames, 1700000100)[24:] + pcap(frames, 0)[24:]
        path = self.file('back.pcap', back)
        p = ctl('analyze', '--devices', path)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertEqual(len(p.stdout.splitlines()), 29)
        self.capture = path
        daemon = self.up()
        self.assertEqual(len(daemon.json('list')), 29)
        alerts = [a['mac'] for a in daemon.json('alerts', '--all')]
        self.assertEqual(len(alerts), len(set(alerts)))
        self.assertEqual(daemon.end(), 0)


class Client(Case):
    def test_what_is_not_there_or_ambiguous(self):
        daemon = self.up()
        for arguments, status, says in (
                (('device', 'nobody'), 1, 'nobody'), (('device', '00:00:00:00:00:09'), 1, '00:00:00:00:00:09'),
                (('label', TWIN, 'x'), 1, '192.0.2.4'), (('forget', TWIN), 1, '192.0.2.3'), (('mode', 'bridge'), None, 'bridge'),
                (('type', PRINTER, 'no-such-type'), None, 'no-such-type'), (('ack', '99999'), 1, 'does not exist'),
                (('ack', 'x'), 2, 'x'), (('label', PRINTER, 'x' * 5000), 1, ''), (('frobnicate',), 2, 'frobnicate'),
                (('list', '--no-such-option'), 2, 'no-such-option'), (('device',), 2, ''), (('device', '\x1b[31m'), 1, ''),
                (('label', PRINTER, '\udcff\udcfe'), None, '')):
            with self.subTest(arguments=arguments):
                p = daemon.ctl(*arguments)
                self.assertIn(p.returncode, (1, 2) if status is None else (status,), p.stdout + p.stderr)
                self.assertIn(says, p.stderr)
                self.assertTrue(p.stderr)
                self.assertIsNone(UNSAFE.search(p.stderr), repr(p.stderr))
                self.assertEqual(p.stdout, '')
        self.assertEqual({d['mac']: d['label'] for d in daemon.json('list')}[PRINTER], '')

    def test_the_bus_goes_away(self):
        daemon = self.up()
        self.bus.process.terminate()
        self.bus.process.wait()
        self.assert_ends(daemon, 1, 'bus is gone')
        p = daemon.ctl('list')
        self.assertEqual(p.returncode, 1)
        self.assertTrue(p.stderr)


class Machine(Case):
    """Interfaces that change while the service listens."""

    def interface(self, name='lan0', peer='lan1'):
        for command in ('link add %s type veth peer name %s' % (name, peer), 'link set %s up' % name, 'link set %s up' % peer):
            self.assertEqual(run('ip', *command.split()).returncode, 0)
        self.addCleanup(run, 'ip', 'link', 'del', name)

    def state(self, daemon):
        return [(i['Name'], i['State']) for i in daemon.status()['Interfaces']]

    def send(self, *frames, interface='lan1'):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as s:
            s.bind((interface, 0))
            for frame in frames:
                s.send(frame)

    def hears(self, daemon, i):
        mac = '00:1b:a9:00:00:%02x' % i

        def heard():
            self.send(arp_reply(mac, '192.0.2.%i' % i))
            return any(d['mac'] == mac for d in daemon.json('list'))
        wait_for(heard, 'device %i' % i)

    def test_an_interface_goes_away_comes_back_and_changes(self):
        for backend in ('auto', 'pcap'):
            with self.subTest(backend=backend):
                self.interface()
                daemon = self.up('--interface=lan0', '--backend=' + backend, replay=False, database=None)
                self.hears(daemon, 1)
                run('ip', 'link', 'set', 'lan0', 'down')
                run('ip', 'link', 'set', 'lan0', 'up')
                self.hears(daemon, 2)
                run('ip', 'addr', 'add', '192.0.2.200/24', 'dev', 'lan0')
                wait_for(lambda: any(d['self'] and '192.0.2.200' in d['ipv4'] for d in daemon.json('list')), 'the new address')
                run('ip', 'addr', 'flush', 'dev', 'lan0')
                self.hears(daemon, 3)
                run('ip', 'link', 'set', 'lan0', 'address', '00:1b:a9:00:00:77')
                wait_for(lambda: any(d['self'] and '00:1b:a9:00:00:77' in d['addresses'] for d in daemon.json('list')),
                         'the new hardware address')
                run('ip', 'link', 'set', 'lan0', 'down')
                run('ip', 'link', 'set', 'lan0', 'name', 'other0')
                wait_for(lambda: self.state(daemon) == [('lan0', 'waiting')], 'the old name to be waited for')
                run('ip', 'link', 'set', 'other0', 'name', 'lan0')
                run('ip', 'link', 'set', 'lan0', 'up')
                self.hears(daemon, 4)
                run('ip', 'link', 'del', 'lan0')
                wait_for(lambda: self.state(daemon) == [('lan0', 'waiting')], 'the state')
                self.interface()
                self.hears(daemon, 5)
                self.assertEqual(len([d for d in daemon.json('list') if d['self']]), 1)
                self.assertEqual(daemon.end(), 0, daemon.log())
                run('ip', 'link', 'del', 'lan0')

    def test_an_interface_that_flaps(self):
        """Up and down, gone and back, a hundred times, under traffic: it is heard afterwards, and nothing is left over."""
        for backend in ('auto', 'pcap'):
            with self.subTest(backend=backend):
                self.interface()
                daemon = self.up('--interface=lan0', '--backend=' + backend, replay=False, database=None)
                self.hears(daemon, 1)
                descriptors = '/proc/%i/fd' % daemon.process.pid
                before, resident = len(os.listdir(descriptors)), daemon.resident()[0]
                for i in range(100):
                    run('ip', 'link', 'set', 'lan0', 'down')
                    run('ip', 'link', 'set', 'lan0', 'up')
                    try:
                        self.send(*[arp_reply('00:1b:a9:00:01:%02x' % i, '192.0.2.%i' % (i + 1))] * 20)
                    except OSError:  # it is down at the other end, for a moment
                        pass
                    if i % 10 == 9:
                        run('ip', 'link', 'del', 'lan0')
                        self.interface()
                        self.assertEqual(daemon.ctl('status').returncode, 0)
                self.hears(daemon, 2)
                self.assertEqual(self.state(daemon), [('lan0', 'capturing')])
                wait_for(lambda: len(os.listdir(descriptors)) <= before + 2, 'descriptors to be closed')
                self.assertLess(daemon.resident()[0], resident + (24 << 20))
                self.assertLess(len(daemon.log()), 1 << 20)
                self.assertEqual(len([d for d in daemon.json('list') if d['self']]), 1)
                self.assertEqual(daemon.end(), 0, daemon.log())
                run('ip', 'link', 'del', 'lan0')

    def test_without_rights_each_step_of_the_ladder_says_why(self):
        self.interface()
        os.chmod(self.bus.folder, 0o777)
        daemon = self.daemon('--interface=lan0', replay=False, database=None,
                             prefix=('setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'))
        self.assert_ends(daemon, 1, 'CAP_NET_RAW', 'CAP_BPF')

    def test_an_interface_that_is_not_there_is_waited_for(self):
        daemon = self.up('--interface=nowhere0', replay=False, database=None)
        self.assertEqual(self.state(daemon), [('nowhere0', 'waiting')])
        self.assertEqual(daemon.json('list'), [])
        p = run(LANSCOPED, '--interface=a b')
        self.assertEqual(p.returncode, 2)


main()
