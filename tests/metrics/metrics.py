# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of metrics share: a lanscoped that serves them on a socket of the test's.

Called as: test-x.py LANSCOPECTL LANSCOPED SOURCE. Bus, client and frames are those of the tests of lanscopectl.
"""

import json
import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))

from harness import LANSCOPED, PATIENCE, SOURCE, Bus, ctl, pcap, wait_for  # noqa: E402, F401

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def parse(page):
    """{(name, ((label, value), ...)): value} of a page; nothing on it may be anything else."""
    samples = {}
    assert page.endswith('\n')
    for line in page.splitlines():
        if line.startswith('# HELP ') or line.startswith('# TYPE '):
            continue
        m = SAMPLE.match(line)
        assert m, line
        labels, rest = [], m.group(2) or ''
        while rest:
            l = LABEL.match(rest)
            assert l, line
            labels.append((l.group(1), l.group(2)))
            rest = rest[l.end():]
        key = (m.group(1), tuple(sorted(labels)))
        assert key not in samples, 'twice: ' + line
        samples[key] = float(m.group(3))
    return samples


def names(page):
    return set(re.findall(r'^# TYPE (\S+) ', page, re.M))


def value(page, name, **labels):
    return parse(page)[(name, tuple(sorted(labels.items())))]


class Daemon:
    """lanscoped that replays `capture` and was handed sockets on loopback, as systemd does it."""

    def __init__(self, capture, config='', bus=None, handed=1, hand_name='metrics'):
        self.bus = bus or Bus()
        self.sockets = []
        for _ in range(handed):
            s = socket.socket()
            s.bind(('127.0.0.1', 0))
            s.listen(64)
            self.sockets.append(s)
        self.ports = [s.getsockname()[1] for s in self.sockets]
        self.port = self.ports[0] if self.ports else None
        self.conf = os.path.join(self.bus.folder, 'metrics.conf')
        self.set_config(config)
        path = os.path.join(self.bus.folder, 'metrics.pcap')
        with open(path, 'wb') as f:
            f.write(capture)
        self.log_path = os.path.join(self.bus.folder, 'metrics.log')
        command = [LANSCOPED, '--bus=' + self.bus.address, '--config=' + self.conf, '--replay=' + path,
                   '--rules=' + os.path.join(SOURCE, 'data', 'rules')]
        env = self.bus.env()
        if handed:
            env.update(LISTEN_FDS=str(handed), LISTEN_FDNAMES=':'.join([hand_name] * handed))
        with open(self.log_path, 'w') as log:
            self.process = subprocess.Popen(['sh', '-c', 'export LISTEN_PID=$$; exec "$@"', 'sh'] + command, env=env,
                                            stdout=log, stderr=subprocess.STDOUT, close_fds=False, preexec_fn=self.hand_over)
        wait_for(lambda: self.process.poll() is not None or 'frames replayed' in self.log(), 'the end of the capture')
        assert self.process.poll() is None, self.log()

    def hand_over(self):
        """They are to be 3, 4, ...: from high places, so that none is closed by another that takes its number."""
        import fcntl
        high = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100) for s in self.sockets]
        os.closerange(3, 100)
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i, inheritable=True)
        os.closerange(3 + len(high), 300)

    def set_config(self, text):
        with open(self.conf, 'w') as f:
            f.write(text)

    def log(self):
        with open(self.log_path, errors='replace') as f:
            return f.read()

    def reload(self):
        before = self.log().count('Reloaded configuration')
        self.process.send_signal(1)
        wait_for(lambda: self.log().count('Reloaded configuration') > before, 'the reload')

    def statistics(self):
        return json.loads(ctl('status', '-j', env=self.bus.env()).stdout)['Statistics']

    def curl(self, *args, path='/metrics', port=None, source=None):
        command = ['curl', '--silent', '--show-error', '--max-time', '60', '--noproxy', '*', '--path-as-is']
        if source:
            command += ['--interface', source]
        return subprocess.run(command + list(args) + ['http://127.0.0.1:%d%s' % (port or self.port, path)],
                              capture_output=True, text=True)

    def page(self, **kwargs):
        p = self.curl('--fail', **kwargs)
        assert p.returncode == 0, p.stderr
        return p.stdout

    def stop(self):
        self.process.terminate()
        status = self.process.wait(PATIENCE)
        for s in self.sockets:
            s.close()
        self.bus.close()
        assert status == 0, (status, self.log_path)
