#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The database under a service that runs: no room, read-only, locked, damaged, taken away. What was acknowledged is there
afterwards, the service says what happened, goes on, and mends itself when it can."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time

from faults import Daemon, OnWire, need_network_namespace, run

need_network_namespace('faults-disk')

from harness import arp_reply, dhcp_request, main, wait_for  # noqa: E402

DEVICES = 20


def mac_of(i):
    return '00:1b:a9:00:%02x:%02x' % divmod(i, 256)


class Case(OnWire):
    def say(self, first, last):
        for i in range(first, last + 1):
            self.wire.send(dhcp_request(mac_of(i), b'host-%i' % i, '192.0.2.%i' % (i % 250), b'udhcp'))
            self.wire.send(arp_reply(mac_of(i), '192.0.2.%i' % (i % 250)))

    def make(self, database='test.db', **keywords):
        self.daemon = Daemon(self.bus, '--interface=lan0', '--backend=pcap', config=self.CONFIG, database=database, **keywords)
        self.addCleanup(self.daemon.cleanup)

    def start(self, database='test.db', **keywords):
        """Devices, told of in alerts; one is labelled, one alert acknowledged, one kind muted."""
        self.make(database, **keywords)
        self.daemon.wait_up()
        self.say(1, DEVICES)
        wait_for(lambda: len(self.alerts()) >= DEVICES, 'the alerts')
        self.acknowledged = sorted(self.alerts())[3]
        self.assertTrue(self.set_label('before'))
        self.good('trust', mac_of(2))
        self.good('ack', str(self.acknowledged))
        self.good('mute', '--kind=beaconing', '--note=ours')

    def good(self, *words):
        p = self.daemon.ctl(*words)
        self.assertEqual(p.returncode, 0, p.stderr)
        return p.stdout

    def alerts(self):
        return {a['id']: a for a in self.daemon.json('alerts', '--all')}

    def devices(self):
        return {d['mac']: d for d in self.daemon.json('list')}

    def set_label(self, text):
        """False: it was refused, and told so."""
        p = self.daemon.ctl('label', mac_of(1), text)
        if p.returncode == 0:
            self.label = text
        return p.returncode == 0

    def problems(self):
        return ' '.join(self.daemon.status()['Problems'])

    def check_kept(self, *, alerts=True):
        devices = self.devices()
        self.assertEqual(devices[mac_of(1)]['label'], self.label)
        self.assertTrue(devices[mac_of(2)]['trusted'])
        self.assertEqual([(e['kind'], e['note']) for e in self.daemon.json('exceptions')], [('beaconing', 'ours')])
        if alerts:
            self.assertTrue(self.alerts()[self.acknowledged]['acknowledged'])
            self.assertGreaterEqual(len(self.alerts()), DEVICES)

    def after_a_crash(self, **checks):
        self.daemon.end(signal.SIGKILL)
        self.daemon.start()
        self.daemon.wait_up()
        self.check_kept(**checks)

    def check_goes_on(self):
        """Clients are answered, the network is heard."""
        self.say(200, 200)
        wait_for(lambda: mac_of(200) in self.devices(), 'a new device')

    def recover(self):
        """The cause is gone: it mends itself, within half a minute."""
        wait_for(lambda: 'cannot be saved' not in self.problems(), 'the end of the trouble')
        wait_for(lambda: 'can be written again' in self.daemon.log(), 'the log to say so')


class Room(Case):
    def test_alerts_wait_for_room(self):
        folder = os.path.join(self.bus.folder, 'small')
        os.mkdir(folder)
        self.assertEqual(run('mount', '-t', 'tmpfs', '-o', 'size=2M', 'tmpfs', folder).returncode, 0)
        self.addCleanup(run, 'umount', '-l', folder)
        self.start('small/x.db')
        filler = os.path.join(folder, 'filler')
        with open(filler, 'wb', buffering=0) as f:
            try:
                while True:
                    f.write(b'x' * 4096)
            except OSError:
                pass
        for i in range(500):
            if not self.set_label('full %i ' % i + 'x' * 200):
                break
        self.say(100, 119)
        wait_for(lambda: 'full' in self.problems(), 'the service to say so')
        self.assertIn('cannot be saved', self.daemon.log())
        self.assertIn('cannot be saved', self.good('status'))
        self.check_goes_on()
        self.check_kept()
        os.unlink(filler)
        self.recover()
        wait_for(lambda: {mac_of(i) for i in range(100, 120)} <= {a['mac'] for a in self.alerts().values()}, 'the alerts that waited')
        self.assertTrue(self.set_label('after'))
        self.after_a_crash()
        self.assertLessEqual({mac_of(i) for i in range(100, 120)}, {a['mac'] for a in self.alerts().values()})
        self.assertEqual(self.daemon.status()['Statistics']['service.alerts_dropped'], 0)

    def test_a_disk_that_turns_read_only_and_comes_back(self):
        """As the kernel does to a file system in which it finds a mistake; then it is mounted anew."""
        if not shutil.which('mkfs.ext4') or not shutil.which('e2fsck'):
            self.skipTest('e2fsprogs is not installed')
        image, folder = os.path.join(self.bus.folder, 'image'), os.path.join(self.bus.folder, 'disk')
        os.mkdir(folder)
        with open(image, 'wb') as f:
            f.truncate(16 << 20)
        if run('mkfs.ext4', '-q', '-F', image).returncode != 0 or run('mount', '-o', 'loop', image, folder).returncode != 0:
            self.skipTest('no ext4 on a loop device here')
        self.addCleanup(run, 'umount', '-l', folder)
        self.start('disk/x.db')
        run('sync')
        run('mount', '-o', 'remount,abort', folder)
        self.assertFalse(self.set_label('refused'))
        self.say(100, 105)
        wait_for(lambda: 'cannot be saved' in self.problems(), 'the service to say so')
        self.check_goes_on()
        self.assertEqual(run('umount', '-l', folder).returncode, 0)
        # The repaired disk: a copy, for the kernel holds on to one that has open files.
        run('cp', image, image + '2')
        run('e2fsck', '-fy', image + '2')
        self.assertEqual(run('mount', '-o', 'loop', image + '2', folder).returncode, 0)
        wait_for(lambda: self.set_label('after'), 'changes to be saved again')
        wait_for(lambda: 'cannot be saved' not in self.problems(), 'the end of the trouble')
        self.check_kept()
        self.after_a_crash()


class Locked(Case):
    def lock(self):
        """Another process writes, and does not come to an end."""
        holder = subprocess.Popen(['python3', '-c', 'import sqlite3, sys\n'
                                   'd = sqlite3.connect(sys.argv[1], isolation_level=None)\n'
                                   'd.execute("BEGIN IMMEDIATE")\nprint("locked", flush=True)\nsys.stdin.read()', self.daemon.database],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (holder.kill(), holder.communicate()))
        self.assertEqual(holder.stdout.readline(), 'locked\n')
        return holder

    def test_by_another_process(self):
        self.start()
        holder = self.lock()
        self.assertFalse(self.set_label('refused'))
        self.say(100, 119)
        wait_for(lambda: 'another program' in self.problems(), 'the service to say so')
        self.check_goes_on()
        holder.communicate()
        self.recover()
        wait_for(lambda: {mac_of(i) for i in range(100, 120)} <= {a['mac'] for a in self.alerts().values()}, 'the alerts that waited')
        self.after_a_crash()

    def test_at_the_start(self):
        self.start()
        self.daemon.end(signal.SIGKILL)
        holder = self.lock()
        self.daemon.start()
        self.daemon.wait_up()
        self.check_kept()
        self.assertIn('another program', self.problems())
        holder.communicate()
        self.recover()
        self.assertTrue(self.set_label('after'))
        self.after_a_crash()


class Damage(Case):
    def damage(self, begin, end=None):
        size = os.path.getsize(self.daemon.database)
        with open(self.daemon.database, 'r+b') as f:
            f.seek(begin)
            f.write(os.urandom((end or size) - begin))

    def aside(self):
        return [n for n in os.listdir(self.bus.folder) if n.startswith('test.db.damaged-') and not n.endswith(('-wal', '-shm'))]

    def checkpoint(self):
        """All of the log into the file, and whatever the service remembers of it out of date."""
        d = sqlite3.connect(self.daemon.database)
        d.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        d.close()

    def make_it_look(self):
        """Something that reads and writes many pages."""
        self.daemon.ctl('label', mac_of(3), 'x')
        self.daemon.ctl('alerts', '--all')
        self.say(100, 110)

    def test_while_it_runs(self):
        """From the second page on: the alerts in it are gone, what memory holds is not."""
        self.start()
        self.checkpoint()
        self.damage(4096)
        with open(self.daemon.database, 'r+b') as f:  # the change counter: SQLite keeps nothing of what it has read (file format §1.3.6)
            f.seek(24)
            f.write(os.urandom(4))

        def mended():
            self.make_it_look()
            return bool(self.aside())
        wait_for(mended, 'the damaged file to be moved aside')
        wait_for(lambda: 'damaged' in self.problems(), 'the service to say so')
        self.assertIn(self.aside()[0], self.problems())
        self.assertIn(self.aside()[0], self.daemon.log())
        self.check_goes_on()
        wait_for(lambda: self.set_label('after'), 'changes to be saved again')
        self.check_kept(alerts=False)
        self.after_a_crash(alerts=False)
        self.assertEqual(self.daemon.status()['Problems'], [])

    def test_in_the_middle_at_the_start(self):
        """A page of alerts is broken: the labels, and the alerts of other pages, are there."""
        self.start()
        self.daemon.end()
        d = sqlite3.connect(self.daemon.database)
        pages = [row[0] for row in d.execute("SELECT pageno FROM dbstat WHERE name = 'alerts' AND pagetype = 'leaf' ORDER BY pageno")] \
            if d.execute("SELECT count(*) FROM pragma_compile_options WHERE compile_options = 'ENABLE_DBSTAT_VTAB'").fetchone()[0] else None
        d.close()
        if not pages:
            self.skipTest('this SQLite does not tell which page is whose')
        before = len(pages)
        self.damage((pages[before // 2] - 1) * 4096, pages[before // 2] * 4096)
        self.daemon.start()
        self.daemon.wait_up()
        self.assertIn('rows that could be read', self.problems())
        self.assertEqual(len(self.aside()), 1)
        self.check_kept(alerts=False)
        if before > 1:
            self.assertGreater(len(self.alerts()), 0)
        self.after_a_crash(alerts=False)

    def test_deleted_while_it_runs(self):
        self.start()
        for name in 'test.db', 'test.db-wal', 'test.db-shm':
            os.unlink(os.path.join(self.bus.folder, name))
        wait_for(lambda: self.set_label('after'), 'changes to be saved again')
        self.assertIn('deleted', self.problems())
        self.check_kept()
        self.after_a_crash()

    def test_log_deleted_while_it_runs(self):
        self.start()
        os.unlink(self.daemon.database + '-wal')
        wait_for(lambda: self.set_label('after'), 'changes to be saved again')
        self.check_kept()
        self.after_a_crash()

    def test_replaced_while_it_runs(self):
        """Somebody puts an old copy in its place: what was set since is put into that."""
        self.start()
        self.checkpoint()
        run('cp', self.daemon.database, self.daemon.database + '.old')
        self.assertTrue(self.set_label('newer'))
        os.rename(self.daemon.database + '.old', self.daemon.database)
        wait_for(lambda: self.set_label('newest'), 'changes to be saved again')
        self.check_kept()
        self.after_a_crash()


main()
