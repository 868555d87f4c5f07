# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of faults share: a lanscoped on a private bus, watched from outside.

Called as: test-x.py LANSCOPECTL LANSCOPED SOURCE. Frames, bus and client are those of the tests of lanscopectl.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))

from harness import LANSCOPED, PATIENCE, SKIPPED, SOURCE, Bus, ctl, pcap, wait_for  # noqa: E402

RULES = os.path.join(SOURCE, 'data', 'rules')


def skip(why):
    print('skipped:', why)
    sys.exit(SKIPPED)


def need_network_namespace(name):
    """Runs this program again with a network of its own, in which nothing but `lo` is."""
    if os.environ.get('LANSCOPE_FAULTS') == name:
        return
    if os.geteuid() != 0:
        skip('needs root')
    for program in ('ip', 'tc', 'unshare', 'dbus-daemon'):
        if not shutil.which(program):
            skip(program + ' is not installed')
    unshare = ['unshare', '--net', '--mount', '--propagation', 'private']
    if subprocess.run(unshare + ['true'], stderr=subprocess.DEVNULL).returncode != 0:
        skip('namespaces are not allowed here')
    os.environ['LANSCOPE_FAULTS'] = name
    os.execvp('unshare', unshare + [sys.executable] + sys.argv)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


class OnWire(unittest.TestCase):
    """A bus, and a wire with the service's end, lan0, and ours, lan1: nothing is on it but what `wire` sends."""

    CONFIG = '[Alerts]\nSettleSec=1\nLearningPeriodSec=0\n'

    def setUp(self):
        for command in ('link add lan0 type veth peer name lan1', 'link set lan0 addrgenmode none', 'link set lan1 addrgenmode none',
                        'link set lan0 up', 'link set lan1 up'):
            self.assertEqual(run('ip', *command.split()).returncode, 0)
        self.addCleanup(run, 'ip', 'link', 'del', 'lan0')
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.addCleanup(self.wire.close)
        self.wire.bind(('lan1', 0))


class Daemon:
    """A lanscoped with its database and log in the folder of its bus."""

    def __init__(self, bus, *options, database='test.db', config=None, rules=RULES, prefix=(), start=True, **environment):
        self.bus = bus
        self.folder = tempfile.mkdtemp(dir=bus.folder)
        self.database = os.path.join(bus.folder, database) if database else ':memory:'
        self.command = [*prefix, LANSCOPED, '--bus=' + bus.address, '--rules=' + rules, '--database=' + self.database]
        if config is not None:
            self.config = os.path.join(self.folder, 'lanscoped.conf')
            self.write_config(config)
            self.command.append('--config=' + self.config)
        self.command += options
        self.environment = environment
        self.process = None
        if start:
            self.start()

    def write_config(self, text):
        with open(self.config, 'wb' if isinstance(text, bytes) else 'w') as f:
            f.write(text)

    def start(self, *options):
        self.log_path = os.path.join(self.folder, 'log')
        with open(self.log_path, 'ab') as log:
            self.began = log.tell()
            self.process = subprocess.Popen(self.command + list(options), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.bus.env(**self.environment))

    def log(self):
        with open(self.log_path, 'rb') as f:
            f.seek(self.began)
            return f.read().decode(errors='replace')

    def ctl(self, *arguments, **options):
        return ctl(*arguments, env=self.bus.env(), **options)

    def json(self, *arguments):
        p = self.ctl(*arguments, '--json=short')
        if p.returncode != 0:
            raise AssertionError('%s: %s\n%s' % (arguments, p.stderr, self.log()))
        return json.loads(p.stdout)

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError('lanscoped has ended with %i:\n%s' % (self.process.returncode, self.log()))
        return self.ctl('status').returncode == 0

    def wait_up(self):
        wait_for(self.is_up, 'the service')
        return self

    def wait_log(self, text):
        def said():
            if text in self.log():
                return True
            if self.process.poll() is not None:
                raise AssertionError('lanscoped has ended with %i:\n%s' % (self.process.returncode, self.log()))
            return False
        wait_for(said, text)

    def status(self):
        return self.json('status')

    def resident(self):
        """Bytes in memory now, and at most."""
        with open('/proc/%i/status' % self.process.pid) as f:
            text = f.read()
        return tuple(int(re.search(r'%s:\s+(\d+) kB' % key, text).group(1)) * 1024 for key in ('VmRSS', 'VmHWM'))

    def end(self, signal_number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
            self.process.wait(PATIENCE)
        return self.process.returncode

    def cleanup(self):
        """For addCleanup: whatever the test did, nothing stays."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def write_capture(path, frames, start=1700000000):
    with open(path, 'wb') as f:
        f.write(pcap(frames, start))
    return path


def elapsed(function, *arguments, **options):
    """Seconds, and what the function gave."""
    began = time.monotonic()
    result = function(*arguments, **options)
    return time.monotonic() - began, result
