#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of metrics: true, complete, as Prometheus wants it, and there only when it was asked for."""

import glob
import json
import os
import re
import shutil
import socket
import subprocess
import time
import unittest

from metrics import Daemon, names, parse, value
from harness import HOSTILE_NAMES, LANSCOPED, SKIPPED, SOURCE, Bus, ctl, environment, home_capture, hostile_capture, main, wait_for

if not shutil.which('curl'):
    print('skipped: curl is not installed')
    raise SystemExit(SKIPPED)

# Counters that are on no page, and why.
NOT_SHOWN = {
    'engine.facts': 'the sum of lanscope_facts_total',
    'engine.alerts': 'the sum of lanscope_alerts_total',
}


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(home_capture())
        wait_for(lambda: cls.daemon.statistics()['store.alerts'] >= 4, 'the alerts')
        time.sleep(1.1)  # the page is not made anew within a second
        cls.text = cls.daemon.page()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def test_every_line_is_a_sample(self):
        self.assertGreater(len(parse(self.text)), 200)

    @unittest.skipUnless(shutil.which('promtool'), 'promtool is not installed')
    def test_promtool_finds_nothing_to_say(self):
        p = subprocess.run(['promtool', 'check', 'metrics'], input=self.text, capture_output=True, text=True)
        self.assertEqual((p.returncode, p.stdout + p.stderr), (0, ''))

    def test_head_and_content_type(self):
        p = self.daemon.curl('--head')
        self.assertRegex(p.stdout, r'^HTTP/1.1 200 OK\n')
        self.assertIn('\nContent-Type: text/plain; version=0.0.4; charset=utf-8\n', p.stdout)
        self.assertIn('\nConnection: close\n', p.stdout)
        self.assertGreater(int(re.search(r'Content-Length: (\d+)', p.stdout).group(1)), 10000)

    def test_no_device_is_told_of(self):
        for word in ('laptop', 'twin', 'printer', '02:00:00', '192.0.2.'):
            self.assertNotIn(word, self.text)

    def test_devices_by_presence_and_category(self):
        devices = {k: v for k, v in parse(self.text).items() if k[0] == 'lanscope_devices'}
        status = json.loads(ctl('list', '--json=short', env=self.daemon.bus.env()).stdout)
        self.assertEqual(sum(devices.values()), len(status))
        for device in status:
            key = ('lanscope_devices', (('category', device['category']), ('presence', device['presence'])))
            self.assertEqual(devices[key], len([d for d in status if (d['category'], d['presence']) == (device['category'], device['presence'])]))

    def test_facts_and_alerts_add_up(self):
        samples, statistics = parse(self.text), self.daemon.statistics()
        for name, counter in (('lanscope_facts_total', 'engine.facts'), ('lanscope_alerts_total', 'engine.alerts')):
            self.assertGreater(statistics[counter], 0)
            self.assertEqual(sum(v for k, v in samples.items() if k[0] == name), statistics[counter], name)
        self.assertEqual(value(self.text, 'lanscope_alerts_total', kind='new_device', severity='info'), statistics['engine.alerts'])
        self.assertGreater(value(self.text, 'lanscope_facts_total', family='dhcp'), 0)
        self.assertEqual(value(self.text, 'lanscope_frames_total'), statistics['packet.frames'])
        self.assertEqual(value(self.text, 'lanscope_frame_bytes_total'), statistics['packet.bytes'])
        self.assertEqual(value(self.text, 'lanscope_database_size_bytes'), statistics['store.file_bytes'])
        self.assertEqual(value(self.text, 'lanscope_table_max_entries', table='devices'), statistics['limit.devices'])

    def test_every_counter_of_the_service_has_a_metric(self):
        with open(os.path.join(SOURCE, 'daemon', 'metrics.c')) as f:
            known = set(re.findall(r'{ "([a-z_]+\.[a-z_.]+)", ', f.read()))
        counters = {c for c in self.daemon.statistics() if not c.startswith('dissector.')}
        self.assertEqual(counters - known, set(NOT_SHOWN))
        self.assertEqual(known - counters, set())

    def test_the_loop_is_watched(self):
        self.assertGreater(value(self.text, 'lanscope_loop_busy_seconds_count'), 0)
        self.assertEqual(value(self.text, 'lanscope_loop_busy_seconds_count'), value(self.text, 'lanscope_loop_busy_seconds_bucket', le='+Inf'))

    def test_who_this_is(self):
        version = subprocess.run([LANSCOPED, '--version'], capture_output=True, text=True).stdout.split()[1]
        self.assertEqual(value(self.text, 'lanscope_build_info', version=version), 1)
        self.assertGreater(value(self.text, 'process_start_time_seconds'), 1.6e9)
        self.assertGreater(value(self.text, 'process_resident_memory_bytes'), 1 << 20)

    def test_every_metric_is_documented(self):
        with open(os.path.join(SOURCE, 'docs', 'metrics.md')) as f:
            described = set(re.findall(r'^\| `([a-z_]+)`', f.read(), re.M))
        per_device = {n for n in described if n.startswith('lanscope_device_')}
        self.assertEqual(described - per_device, names(self.text))

    def test_the_dashboards_ask_for_what_there_is(self):
        there = names(self.text) | {n + s for n in names(self.text) for s in ('_bucket', '_sum', '_count')}
        dashboards = glob.glob(os.path.join(SOURCE, 'data', 'grafana', '*.json'))
        self.assertTrue(dashboards)
        for path in dashboards:
            with open(path) as f:
                board = json.load(f)
            asked = [t['expr'] for panel in board['panels'] for t in panel.get('targets', [])]
            asked += [v['query']['query'] for v in board['templating']['list'] if v['type'] == 'query']
            self.assertGreater(len(asked), 10)
            for expr in asked:
                found = set(re.findall(r'\b(?:lanscope|process)_[a-z0-9_]+', expr))
                self.assertTrue(found, expr)
                self.assertEqual(found - there, set(), expr)
            ids = [panel['id'] for panel in board['panels']]
            self.assertEqual(len(ids), len(set(ids)))


class Configured(unittest.TestCase):
    def test_off_by_default(self):
        daemon = Daemon(home_capture(), handed=0)
        self.addCleanup(daemon.stop)
        fds = '/proc/%d/fd' % daemon.process.pid
        inodes = {os.readlink(os.path.join(fds, fd)) for fd in os.listdir(fds)}
        with open('/proc/%d/net/tcp' % daemon.process.pid) as f, open('/proc/%d/net/tcp6' % daemon.process.pid) as g:
            network = {'socket:[%s]' % line.split()[9] for line in f.readlines()[1:] + g.readlines()[1:]}
        self.assertEqual(inodes & network, set())
        self.assertNotIn('Metrics can be asked for', daemon.log())

    def test_names_of_devices_only_when_wanted_and_escaped(self):
        daemon = Daemon(hostile_capture(), '[Metrics]\nPerDevice=yes\n')
        self.addCleanup(daemon.stop)
        wait_for(lambda: daemon.statistics()['store.devices'] >= len(HOSTILE_NAMES), 'the devices')
        time.sleep(1.1)
        text = daemon.page()
        info = [k for k in parse(text) if k[0] == 'lanscope_device_info']
        self.assertEqual(len(info), len(HOSTILE_NAMES))
        shown = ''.join(dict(k[1])['name'] for k in info)
        self.assertIn('客厅电视机', shown)
        self.assertIn('\\"quotes', shown)
        self.assertNotRegex(text, '[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]')
        self.assertIn('lanscope_device_sent_bytes_total{device="', text)
        if shutil.which('promtool'):
            p = subprocess.run(['promtool', 'check', 'metrics'], input=text, capture_output=True, text=True)
            self.assertEqual((p.returncode, p.stdout + p.stderr), (0, ''))

    def test_sockets_by_configuration_come_and_go_with_reload(self):
        bus = Bus()
        path = os.path.join(bus.folder, 'metrics.sock')
        daemon = Daemon(home_capture(), '[Metrics]\nListen=%s\n' % path, bus=bus)
        self.addCleanup(daemon.stop)
        page = lambda: subprocess.run(['curl', '-s', '--fail', '--max-time', '60', '--unix-socket', path, 'http://x/metrics'],
                                      capture_output=True, text=True)
        self.assertIn('lanscope_build_info', page().stdout)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o660)
        daemon.set_config('')
        daemon.reload()
        self.assertFalse(os.path.exists(path))
        self.assertNotEqual(page().returncode, 0)
        self.assertIn('lanscope_build_info', daemon.page())  # what systemd handed over stays
        daemon.set_config('[Metrics]\nListen=%s\n' % path)
        daemon.reload()
        self.assertEqual(page().returncode, 0)
        daemon.process.terminate()
        daemon.process.wait()
        self.assertFalse(os.path.exists(path))

    def test_both_families_of_addresses(self):
        ports = []
        for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
            with socket.socket(family) as s:
                try:
                    s.bind((address, 0))
                except OSError as e:
                    self.skipTest('%s: %s' % (address, e))
                ports.append(s.getsockname()[1])
        daemon = Daemon(home_capture(), '[Metrics]\nListen=%d [::1]:%d\n' % tuple(ports), handed=0)
        self.addCleanup(daemon.stop)
        for url in ('http://127.0.0.1:%d/metrics' % ports[0], 'http://[::1]:%d/metrics' % ports[1]):
            p = subprocess.run(['curl', '-s', '-g', '--fail', '--max-time', '60', '--noproxy', '*', url], capture_output=True, text=True)
            self.assertIn('lanscope_build_info', p.stdout, (url, daemon.log()))
        # And there alone.
        p = subprocess.run(['curl', '-s', '--max-time', '60', '--noproxy', '*', 'http://127.0.0.2:%d/metrics' % ports[0]])
        self.assertNotEqual(p.returncode, 0)

    def test_an_address_that_is_taken_is_said_and_no_reason_to_fail(self):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            s.listen()
            port = s.getsockname()[1]
            daemon = Daemon(home_capture(), '[Metrics]\nListen=127.0.0.1:%d\n' % port)
            self.addCleanup(daemon.stop)
            self.assertIn('Cannot listen on 127.0.0.1:%d for metrics: Address already in use' % port, daemon.log())
            self.assertIn('lanscope_build_info', daemon.page())

    def test_a_socket_of_another_name_is_refused(self):
        daemon = Daemon(home_capture(), hand_name='other')
        self.addCleanup(daemon.stop)
        self.assertIn('FileDescriptorName= must be metrics', daemon.log())
        self.assertNotEqual(daemon.curl('--max-time', '2').returncode, 0)

    def test_nonsense_is_refused_with_file_and_line(self):
        bus = Bus()
        self.addCleanup(bus.close)
        path = os.path.join(bus.folder, 'x.conf')
        with open(path, 'w') as f:
            f.write('[Metrics]\nListen=localhost:80\nListen=9817 [::1]:9817\nPerDevice=perhaps\n')
        p = subprocess.run([LANSCOPED, '--check-config', '--config=' + path, '--rules=' + os.path.join(SOURCE, 'data', 'rules')],
                           capture_output=True, text=True, env=environment())
        self.assertEqual(p.returncode, 1)
        self.assertIn('%s:2: Listen=localhost:80 is not understood' % path, p.stderr)
        self.assertIn('%s:4: PerDevice=perhaps is not understood' % path, p.stderr)
        self.assertNotIn(':3:', p.stderr)


main()
