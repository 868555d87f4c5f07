#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The dashboard on a terminal: a real one to the program, an emulated one to whom it is drawn on."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

try:
    import pyte
except ImportError:
    # It may be there for the system's own python alone.
    if sys.executable == '/usr/bin/python3' or not os.access('/usr/bin/python3', os.X_OK):
        print('skipped: pyte (python3-pyte), a terminal emulator, is not installed')
        sys.exit(77)
    os.execv('/usr/bin/python3', ['/usr/bin/python3', *sys.argv])

from harness import (LANSCOPECTL, PATIENCE, SKIPPED, UNSAFE, Bus, Service, arp_reply, ctl, environment, hostile_capture, home_capture,
                     main, on_terminal, pcap, wait_for)

if os.geteuid() != 0:
    print('skipped: only root sees flows where there is no polkit')
    sys.exit(SKIPPED)

UP, DOWN, F1, F2, F3 = ('\033O' + c for c in 'ABPQR')
F5, F6, F9, F10 = '\033[15~', '\033[17~', '\033[20~', '\033[21~'
# Application mode of xterm; pyte draws what this terminal understands but for "repeat", which screen has not either.
TERM = 'screen-256color'


class Terminal:
    """lanscopectl top on a terminal of its own."""

    def __init__(self, *args, env, rows=24, columns=80):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b''
        self.parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        self.modes = termios.tcgetattr(child)
        self.child = child
        env = dict(env, TERM=env.get('TERM_', TERM))
        self.process = subprocess.Popen([LANSCOPECTL, 'top', *args], stdin=child, stdout=child, stderr=child, env=env,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for fd in (self.parent, self.child):
            os.close(fd)

    def pump(self, seconds=0.05):
        """Takes in what was drawn."""
        end = time.monotonic() + seconds
        while select.select([self.parent], [], [], max(0, end - time.monotonic()))[0]:
            piece = os.read(self.parent, 65536)
            self.raw += piece
            self.stream.feed(piece)

    def text(self):
        return '\n'.join(line.rstrip() for line in self.screen.display)

    def wait(self, pattern, seconds=PATIENCE, absent=False):
        """Until the screen shows it, or does not."""
        end = time.monotonic() + seconds
        while (re.search(pattern, self.text()) is None) != absent:
            if time.monotonic() > end or (self.process.poll() is not None and not select.select([self.parent], [], [], 0)[0]):
                raise AssertionError('%r %s:\n%s' % (pattern, 'stays' if absent else 'does not show up', self.text()))
            self.pump()
        return self.text()

    def press(self, keys, pattern=None, **kwargs):
        os.write(self.parent, keys.encode())
        return self.wait(pattern, **kwargs) if pattern else self.pump(0.15)

    def resize(self, rows, columns):
        fcntl.ioctl(self.child, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def selected(self):
        """The line in reverse or on the selection's background."""
        for y in range(self.screen.lines):
            cell = self.screen.buffer[y][0]
            if (cell.bg == 'cyan' or cell.reverse) and not self.screen.display[y].startswith(('F1', ' 1', '  NAME', 'Filter')):
                return self.screen.display[y]
        return None

    def styles(self):
        return {(c.fg, c.bg) for line in self.screen.buffer.values() for c in line.values()}

    def end(self, status=0):
        """It has ended, and the terminal is as it was."""
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            self.pump()
        assert self.process.poll() == status, (self.process.poll(), self.text())
        self.pump(0.1)
        assert termios.tcgetattr(self.child) == self.modes, 'the modes of the terminal have changed'
        assert self.raw.rindex(b'\033[?1049l') > self.raw.rindex(b'\033[?1049h'), 'it is still on the other screen'
        # The cursor is there again: screen's cnorm.
        assert self.raw.rindex(b'\033[34h\033[?25h') > self.raw.rfind(b'\033[?25l'), 'the cursor is gone'


class Dashboard(unittest.TestCase):
    CAPTURE = home_capture() + hostile_capture()[24:]
    ALERTS = None

    @classmethod
    def setUpClass(cls):
        cls.bus = Bus()
        cls.service = Service(cls.bus, cls.CAPTURE, cls.ALERTS)

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        cls.bus.close()

    def top(self, *args, env=None, **kwargs):
        terminal = Terminal(*args, env=env or self.bus.env(), **kwargs)
        self.addCleanup(terminal.close)
        return terminal


class Views(Dashboard):
    def test_devices(self):
        t = self.top()
        text = t.wait('laptop')
        for word in ('lanscope', 'replaying a capture file', 'Devices 18, 18 online', '1 Devices 18', '2 Flows',
                     'NAME', 'RATE▼', '客厅电视机', '192.0.2.22', 'F10Quit'):
            self.assertIn(word, text)
        t.press('q')
        t.end()

    def test_nothing_that_a_device_said_is_obeyed(self):
        t = self.top('--view=devices', columns=200, rows=50)
        t.wait('laptop')
        for view in ('2', '3', '4', '1'):
            t.press(view)
            for _ in range(20):
                t.press('\r')
                t.press('\r' + DOWN)
        names = UNSAFE.sub('', t.text())
        self.assertEqual(names, t.text())
        # A title that a name would set is one that pyte keeps, and a character that it would obey is in the stream.
        self.assertEqual(t.screen.title, '')
        for sequence in (b'\033[31mred', b'\033]0;title', b'\xc2\x9b', '\u202e'.encode()):
            self.assertNotIn(sequence, t.raw)
        self.assertRegex(t.text(), r'\\033\[31mred|\\x1b\[31mred')
        t.press('q')
        t.end()

    def test_keys(self):
        t = self.top()
        t.wait('laptop')
        t.press('N', '(?s)NAME▲.*<b>')
        first = t.selected()
        t.press(DOWN + DOWN)
        second = t.selected()
        self.assertNotEqual(first, second)
        t.press(UP + UP)
        self.assertEqual(t.selected(), first)
        t.press('I', 'NAME▼')
        self.assertEqual(t.selected()[:14], first[:14])  # stays selected
        t.press('/', 'Filter: ')
        t.press('twin', '1 Devices 2 ')
        self.assertEqual((t.screen.cursor.y, t.screen.cursor.x, t.screen.cursor.hidden), (23, len('Filter: twin'), False))
        self.assertNotIn('laptop', t.text())
        t.press('\r', 'F1Help')
        self.assertIn('filter: twin', t.text())
        self.assertTrue(t.screen.cursor.hidden)
        t.press('\033', 'laptop')
        t.press(F3, 'Search: ')
        t.press('laptop')
        self.assertIn('laptop', t.selected())
        t.press('\r', 'F1Help')
        t.press(F2, 'Host name +laptop')
        t.wait('Talks to +224.0.0.251|more lines')
        t.press('\033', 'Host name', absent=True)
        t.press(F6, 'Sort by')
        t.press('\033', 'Sort by', absent=True)
        t.press(F1, 'keys, as in htop')
        t.press('q', 'F1Help')
        t.press('\t', r'RESPONDER')
        t.wait('224.0.0.251:5353')
        t.press('\r', 'Community +1:')
        t.press('\r')
        t.press('\t', 'GETS')
        t.press('\t', 'SEVERITY')
        t.wait('new_device')
        t.press(F10)
        t.end()

    def test_a_pause_asks_nothing(self):
        t = self.top('--delay=0.2')
        t.wait('laptop')
        t.press(' ', 'PAUSED')
        self.assertEqual(ctl('label', '192.0.2.2', 'renamed', env=self.bus.env()).returncode, 0)
        self.addCleanup(ctl, 'label', '192.0.2.2', '', env=self.bus.env())
        t.pump(1)
        self.assertNotIn('renamed', t.text())
        t.press(DOWN)
        self.assertIn('laptop', t.text())
        t.press(F5, 'renamed')
        t.press('q')
        t.end()

    def test_sizes(self):
        t = self.top(env=self.bus.env(COLUMNS='40', LINES='10'))  # as a shell exported them once
        t.wait('laptop')
        self.assertEqual(t.screen.display[23][:6], 'F1Help')
        t.resize(50, 200)
        t.wait('MAC')
        t.wait('02:00:00:00:00:02')
        t.press('\r', '(?m)── Detail.*$')
        t.wait('Traffic')
        t.resize(8, 30)
        self.assertIn('30x8 is too small', t.wait('18 devices'))
        t.resize(10, 40)
        text = t.wait('Detail')
        self.assertTrue(all(len(line) <= 40 for line in text.splitlines()))
        t.press('\r', '1 Devices 18')
        t.wait('RATE')
        t.resize(1, 1)
        t.pump(0.3)
        t.resize(24, 80)
        t.wait('F10Quit')
        t.press('q')
        t.end()

    def test_every_size_is_survived(self):
        t = self.top()
        t.wait('laptop')
        t.press('\r')
        for rows in (2, 9, 10, 11, 15, 16, 23, 30, 45, 60):
            for columns in (2, 39, 40, 61, 139, 140, 250):
                t.resize(rows, columns)
                t.pump(0.02)
        for mode in ('h', 'x', F6, '\033', '/'):
            t.resize(10, 40)
            t.press(mode)
            t.resize(3, 5)
            t.pump(0.1)
        t.press('\033')
        t.resize(24, 80)
        t.wait('F10Quit')
        t.press('q')
        t.end()

    def test_colours(self):
        t = self.top()
        t.wait('laptop')
        self.assertIn('green', {fg for fg, _ in t.styles()})
        t.press('q')
        t.end()

    def test_no_colours_where_none_are_wanted(self):
        for variable in ({'NO_COLOR': '1'}, {'TERM_': 'vt100'}):
            t = self.top(env=self.bus.env(**variable))
            t.wait('laptop')
            self.assertEqual(t.styles(), {('default', 'default')}, variable)
            self.assertTrue(any(c.reverse for c in t.screen.buffer[6].values()))
            self.assertNotRegex(t.raw, rb'\033\[[0-9;]*[34][0-7]m')
            t.press('q')
            t.process.wait(PATIENCE)

    def test_ascii_where_the_locale_has_no_more(self):
        t = self.top(env=dict(self.bus.env(), LC_ALL='C'))
        t.wait('laptop')
        t.press('\r', '-- Detail|more lines')
        self.assertTrue(all(byte < 0x80 for byte in t.raw))
        t.press('q')
        t.end()

    def test_an_alert_is_acknowledged(self):
        t = self.top('--view=alerts')
        t.wait('new_device')
        t.press(F9, r'(?m)yes$')
        t.wait('Alerts 17 new')
        t.press('q')
        t.end()


class Ends(Dashboard):
    CAPTURE = home_capture()

    def test_signals_give_the_terminal_back(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            t = self.top()
            t.wait('laptop')
            t.process.send_signal(number)
            t.end()

    def test_interrupt_key(self):
        t = self.top()
        t.wait('laptop')
        t.press('\x03')
        t.end()

    def test_a_crash_gives_the_terminal_back(self):
        for number in (signal.SIGSEGV, signal.SIGABRT):
            t = self.top()
            t.wait('laptop')
            t.process.send_signal(number)
            t.process.wait(PATIENCE)
            t.pump(0.2)
            self.assertNotEqual(t.process.returncode, 0)
            self.assertEqual(termios.tcgetattr(t.child), t.modes)
            self.assertIn(b'\033[?1049l', t.raw)

    def test_suspended_and_back(self):
        t = self.top()
        t.wait('laptop')
        drawn = len(t.raw)
        os.kill(t.process.pid, signal.SIGTSTP)
        wait_for(lambda: os.waitpid(t.process.pid, os.WUNTRACED | os.WNOHANG)[0] != 0, 'it to stop')
        t.pump(0.2)
        self.assertEqual(termios.tcgetattr(t.child), t.modes)
        self.assertIn(b'\033[?1049l', t.raw[drawn:])
        t.resize(30, 100)
        os.kill(t.process.pid, signal.SIGCONT)
        t.wait('laptop')
        t.wait(r'(?m)^F1Help(?=[^\n]*\Z)')
        wait_for(lambda: t.pump() or t.screen.display[29].startswith('F1Help'), 'the last line')
        t.press('q')
        t.end()

    def test_a_terminal_that_hangs_up(self):
        t = self.top()
        t.wait('laptop')
        os.close(t.child)
        os.close(t.parent)
        t.parent, t.child = os.openpty()
        t.process.wait(PATIENCE)

    def test_without_a_terminal(self):
        p = ctl('top', env=self.bus.env())
        self.assertEqual((p.returncode, p.stdout), (2, ''))
        self.assertIn('--batch', p.stderr)
        for args in (['--json=short'], ['--limit=3'], ['--batch=0'], ['--delay=0'], ['--delay=nan'], ['--view=nothing']):
            p = ctl('top', *args, env=self.bus.env())
            self.assertEqual((p.returncode, p.stdout), (2, ''), args)

    def test_an_unknown_terminal(self):
        t = self.top(env=self.bus.env(TERM_='no-such-terminal'))
        t.process.wait(PATIENCE)
        t.pump(0.2)
        self.assertEqual(t.process.returncode, 1)
        self.assertIn('no-such-terminal', t.text())
        self.assertEqual(termios.tcgetattr(t.child), t.modes)

    def test_idle_costs_little(self):
        t = self.top()
        t.wait('laptop')
        t.pump(1)
        before = os.times().elapsed, self.cpu(t.process.pid)
        t.pump(5)
        after = os.times().elapsed, self.cpu(t.process.pid)
        self.assertLess((after[1] - before[1]) / (after[0] - before[0]), 0.05)
        t.press('q')
        t.end()

    def cpu(self, pid):
        with open('/proc/%d/stat' % pid) as f:
            fields = f.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


class Batch(Dashboard):
    CAPTURE = home_capture()

    def batch(self, *args):
        p = ctl('top', '--delay=0.2', *args, env=self.bus.env())
        self.assertEqual((p.returncode, p.stderr), (0, ''), args)
        return p.stdout

    def test_text(self):
        pictures = self.batch('--batch=2').strip().split('\n\n')
        self.assertEqual(len(pictures), 2)
        head, titles, *rows = pictures[0].splitlines()
        self.assertIn('host mode, 4 devices, 4 online, 4 new alerts', head)
        self.assertEqual(titles.split()[:2], ['NAME', 'TYPE'])
        self.assertEqual(len(rows), 4)
        self.assertEqual(len(self.batch('--batch=1', '--limit=2', '--no-legend').strip().splitlines()), 2)
        for view in ('flows', 'talkers', 'alerts'):
            self.assertIn('host mode', self.batch('--batch=1', '--view=' + view))

    def test_alerts_on_a_narrow_terminal(self):
        out, _ = on_terminal('top', '--batch=1', '--delay=0.2', '--view=alerts', env=self.bus.env(NO_COLOR='1'))
        titles, first = re.search(r'^( *ID  *WHEN .*)\n(.*)$', out, re.M).groups()
        self.assertEqual(titles.split(), ['ID', 'WHEN', 'SEVERITY', 'KIND', 'MESSAGE'])
        self.assertRegex(first, r'info      new_device  New device: \S+')
        self.assertTrue(all(len(line) <= 80 for line in out.splitlines()), out)

    def test_json(self):
        first, second = map(json.loads, self.batch('--batch=2', '--json=short').splitlines())
        self.assertEqual(sorted(first), ['bits_per_second', 'devices', 'packets_per_second', 'ts'])
        self.assertEqual({d['name'] for d in second['devices']}, {'printer', 'laptop', 'twin'})
        self.assertEqual(second['devices'][0]['bits_per_second'], 0)
        flow = json.loads(self.batch('--batch=1', '--json=short', '--view=flows', '-n1'))['flows'][0]
        self.assertIn('CommunityId', flow)
        alerts = json.loads(self.batch('--batch=1', '--json=short', '--view=alerts'))['alerts']
        self.assertEqual({a['kind'] for a in alerts}, {'new_device'})


class Alone(unittest.TestCase):
    """Each with a bus and a service of its own, for they come and go."""

    CAPTURE = home_capture()

    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        self.service = Service(self.bus, self.CAPTURE)
        self.running = True
        self.addCleanup(lambda: self.running and self.service.stop())

    def top(self, *args, env=None):
        t = Terminal(*args, env=env or self.bus.env())
        self.addCleanup(t.close)
        return t

    def test_a_service_that_stops_and_returns(self):
        t = self.top()
        t.wait('laptop')
        self.service.stop()
        text = t.wait('lanscoped has stopped')
        self.assertIn('laptop', text)  # what was known is still there
        t.pump(2.5)
        self.assertIsNone(t.process.poll())
        self.service.start()
        t.wait('replaying a capture file')
        ctl('label', '192.0.2.2', 'again', env=self.bus.env())
        t.wait('again')
        t.press('q')
        t.end()

    def test_a_service_that_does_not_answer(self):
        t = self.top()
        t.wait('laptop')
        self.service.process.send_signal(signal.SIGSTOP)
        t.wait('lanscoped does not answer')
        self.assertIn('laptop', t.text())
        self.service.process.send_signal(signal.SIGCONT)
        t.wait('replaying a capture file')
        t.press('q')
        t.end()

    def test_a_bus_that_goes_away(self):
        t = self.top()
        t.wait('laptop')
        self.running = False
        self.bus.process.terminate()
        self.bus.process.wait()
        t.wait('the bus is gone')
        self.service.process.wait()
        self.service.log.close()
        t.pump(3)
        t.press(DOWN)
        self.assertIsNone(t.process.poll())
        t.press('q')
        t.end()

    @unittest.skipUnless(shutil.which('systemd-stdio-bridge'), 'systemd-stdio-bridge is not installed')
    def test_over_ssh(self):
        folder = os.path.join(self.bus.folder, 'bin')
        os.mkdir(folder)
        with open(os.path.join(folder, 'ssh'), 'w') as f:
            f.write('#!/bin/sh\necho "$SSH_ASKPASS_REQUIRE $@" >>"$0.log"\n'
                    'exec systemd-stdio-bridge -p "%s"\n' % self.bus.address)
        os.chmod(f.name, 0o755)
        t = self.top('-H', 'user@server', env=environment(PATH=folder + ':' + os.environ['PATH']))
        t.wait('laptop')
        with open(f.name + '.log') as log:
            self.assertIn('user@server', log.read())
        # The connection is lost, and found again; ssh must not ask for a password in the middle of the picture.
        bridge = subprocess.run(['pgrep', '-P', str(t.process.pid)], capture_output=True, text=True).stdout.split()
        self.assertEqual(len(bridge), 1)
        os.kill(int(bridge[0]), signal.SIGKILL)
        ctl('label', '192.0.2.2', 'found again', env=self.bus.env())
        t.wait('found again')
        with open(f.name + '.log') as log:
            self.assertTrue(log.read().splitlines()[-1].startswith('force '))
        t.press('q')
        t.end()


class Many(Dashboard):
    """More devices than one call of ListDevices brings."""

    N = 4100
    ALERTS = 0
    CAPTURE = pcap([arp_reply('02:20:00:00:%02x:%02x' % (i >> 8, i & 255), '10.2.%d.%d' % (i >> 8, i & 255)) for i in range(N)])

    def test_all_are_there(self):
        wait_for(lambda: json.loads(ctl('status', '-j', env=self.bus.env()).stdout)['DeviceCount'] == self.N, 'all devices')
        t = self.top()
        t.wait(r'1 Devices 4\.10k')
        t.press('A', 'IP▲')
        t.press('/')
        t.press('10.2.15.255', '1 Devices 1 ')
        t.press('\r')
        t.press('q')
        t.end()


main()
