#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whoever can reach the page of metrics can neither stop nor fill the service, nor keep others from the page."""

import re
import shutil
import socket
import time
import unittest

from metrics import Daemon, value
from harness import PATIENCE, SKIPPED, ctl, home_capture, main, wait_for

if not shutil.which('curl'):
    print('skipped: curl is not installed')
    raise SystemExit(SKIPPED)

PER_ADDRESS, ALL = 16, 32   # metrics-server.h


def is_closed(s):
    """Whether the service has ended the connection; what it sent before is read."""
    s.setblocking(False)
    try:
        while True:
            if s.recv(65536) == b'':
                return True
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


class Hostile(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(home_capture())
        self.open = []

    def tearDown(self):
        for s in self.open:
            s.close()
        self.daemon.stop()

    def connect(self, source='127.0.0.1'):
        s = socket.create_connection(('127.0.0.1', self.daemon.port), timeout=PATIENCE, source_address=(source, 0))
        self.open.append(s)
        return s

    def ask(self, request):
        """All that is answered until the service ends the connection; it always does, even while it is still being asked."""
        answer = b''
        with socket.create_connection(('127.0.0.1', self.daemon.port), timeout=PATIENCE) as s:
            try:
                s.sendall(request)
                while True:
                    piece = s.recv(65536)
                    if not piece:
                        return answer
                    answer += piece
            except ConnectionError:
                return answer

    def status(self, request):
        m = re.match(rb'HTTP/1\.[01] (\d+) ', self.ask(request))
        return int(m.group(1)) if m else None

    def assert_well(self, source='127.0.0.9'):
        self.assertIn('lanscope_build_info', self.daemon.page(source=source))
        self.assertEqual(ctl('status', env=self.daemon.bus.env()).returncode, 0)

    def iterations(self):
        time.sleep(1.1)  # a page is not made anew within a second
        return value(self.daemon.page(source='127.0.0.9'), 'lanscope_loop_busy_seconds_count')

    def test_nothing_but_the_page(self):
        for path in ('/', '/metrics/', '//metrics', '/metrics/../metrics', '/../../etc/passwd', '/%2e%2e/etc/passwd', '/METRICS',
                     '/metrics%00', '/metric', '/-/reload', '/debug/pprof/'):
            p = self.daemon.curl('-i', path=path)
            self.assertEqual(p.stdout.split('\n')[0], 'HTTP/1.1 404 Not Found', path)
            self.assertNotIn('lanscope_', p.stdout)
        self.assertIn('lanscope_build_info', self.daemon.page(path='/metrics?collect[]=x'))
        for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PATCH', 'get', 'X' * 100):
            p = self.daemon.curl('-i', '-X', method)
            self.assertEqual(p.stdout.split('\n')[0], 'HTTP/1.1 405 Method Not Allowed', method)
            self.assertIn('\nAllow: GET, HEAD\n', p.stdout)
        p = self.daemon.curl('-i', '--data-binary', '@/dev/zero', '--max-filesize', '1', '-H', 'Expect:',
                             '-H', 'Content-Length: 1000000')
        self.assertNotIn('lanscope_build_info', p.stdout)
        self.assert_well()

    def test_garbage(self):
        self.assertIn(self.status(b'\0' * 1000 + b'\r\n\r\n'), (400, None))
        self.assertIn(self.status(bytes(range(256)) * 16), (400, 413, 414, 431, None))
        self.assertIn(self.status(b'GET /metrics\r\n\r\n'), (200, 400, 505, None))
        self.assertIn(self.status(b'GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n'), (400, 505, None))
        self.assertIn(self.status(b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'a' * 500 + b'\r\n\r\n'), (400, None))
        self.assertIn(self.status(b'POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx'), (400, 405, 413))
        self.assertIn(self.status(b'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n'), (400, 405, None))
        self.assertIn(self.status(b'GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n'), (400, 413, None))
        self.assert_well()

    def test_huge_headers(self):
        before = value(self.daemon.page(), 'process_resident_memory_bytes')
        self.assertIn(self.status(b'GET /metrics HTTP/1.1\r\nHost: x\r\nX: ' + b'a' * (1 << 20) + b'\r\n\r\n'), (400, 413, 431, None))
        self.assertIn(self.status(b'GET /metrics HTTP/1.1\r\n' + b'X: y\r\n' * 200000 + b'\r\n'), (400, 413, 431, None))
        self.assertIn(self.status(b'GET /' + b'a' * (1 << 20) + b' HTTP/1.1\r\nHost: x\r\n\r\n'), (400, 413, 414, 431, None))
        self.assertIn(self.status(b'A' * (1 << 20)), (400, 413, 414, 431, None))
        time.sleep(1.1)
        self.assertLess(value(self.daemon.page(), 'process_resident_memory_bytes') - before, 4 << 20)
        self.assert_well()

    def test_one_answer_a_connection(self):
        answer = self.ask(b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' * 50)
        self.assertEqual(answer.count(b'HTTP/1.1 200 OK'), 1)

    def test_two_hundred_connections(self):
        """That say nothing: others are served meanwhile, and they are sent away by themselves."""
        crowd = [self.connect() for _ in range(200)]
        self.assert_well()
        wait_for(lambda: sum(is_closed(s) for s in crowd) >= 200 - PER_ADDRESS, 'those that are too many')
        before = self.iterations()
        self.assertLess(self.iterations() - before, 200, 'the loop spins')
        wait_for(lambda: all(is_closed(s) for s in crowd), 'the end of all')
        self.assert_well('127.0.0.1')

    def test_all_places_taken(self):
        """Whoever comes then waits until there is one again, and the loop does not spin."""
        for source in ('127.0.0.2', '127.0.0.3'):
            for _ in range(PER_ADDRESS):
                self.connect(source).sendall(b'GET /metrics HTTP/1.1\r\n')
        self.assertEqual(len(self.open), ALL)
        p = self.daemon.curl('--fail', '--max-time', '120', source='127.0.0.9')
        self.assertIn('lanscope_build_info', p.stdout)
        self.assertGreaterEqual(value(p.stdout, 'lanscope_metrics_connections_total'), ALL)
        self.assertLess(value(p.stdout, 'lanscope_loop_busy_seconds_count'), 2000, 'the loop spins')
        wait_for(lambda: all(is_closed(s) for s in self.open), 'the end of all')

    def test_slow_requests_end(self):
        """A byte now and then keeps a connection busy, but not for ever."""
        slow = [self.connect('127.0.0.%d' % (2 + i // PER_ADDRESS)) for i in range(ALL - 2)]
        for s in slow:
            s.sendall(b'GET /metrics HTTP/1.1\r\nX: ')
        gone = set()

        def drip():
            for s in slow:
                if s in gone:
                    continue
                try:
                    if is_closed(s):
                        gone.add(s)
                    else:
                        s.send(b'a')
                except ConnectionError:
                    gone.add(s)
            self.assertIn('lanscope_build_info', self.daemon.page(source='127.0.0.9'))
            time.sleep(0.5)
            return len(gone) == len(slow)

        wait_for(drip, 'the end of all slow requests')
        time.sleep(1.1)
        self.assertEqual(value(self.daemon.page(), 'lanscope_metrics_connections_expired_total'), len(slow))

    def test_readers_that_do_not_read(self):
        for i in range(ALL - 2):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            s.bind(('127.0.0.%d' % (2 + i // PER_ADDRESS), 0))
            s.connect(('127.0.0.1', self.daemon.port))
            self.open.append(s)
            s.sendall(b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
        self.assert_well()
        # In the end all places are free again.
        wait_for(lambda: self.daemon.curl('--fail', '--max-time', '2').returncode == 0, 'a place')

    def test_out_of_descriptors(self):
        """No descriptor for a connection: the loop does not spin, and all is well once there is one again."""
        import resource
        pid = self.daemon.process.pid
        before = self.iterations()
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (5, hard))
        waiting = self.connect()
        waiting.sendall(b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
        time.sleep(2)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        wait_for(lambda: is_closed(waiting), 'the answer')
        self.assertLess(self.iterations() - before, 500, 'the loop spins')
        self.assert_well()


main()
