#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events in the form of Suricata's EVE log: of capture files and of the service, in files and on sockets."""

import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from harness import (LANSCOPECTL, LANSCOPED, PATIENCE, SOURCE, Bus, ctl, dns_name, home_capture, hostile_capture, main, pcap, udp_frame,
                     wait_for)

CORPUS = os.path.join(SOURCE, '..', 'shared', 'corpus')
TIMESTAMP = re.compile(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$')
PROTOCOLS = {'TCP': 6, 'UDP': 17, 'ICMP': 1, 'IPv6-ICMP': 58, 'SCTP': 132}


def ctl_command(*args):
    return [LANSCOPECTL, *args]


def events_of(text):
    return [json.loads(line) for line in text.splitlines()]


def analyze(path):
    p = ctl('analyze', '--eve', path)
    assert p.returncode in (0, 1), p.stderr
    return events_of(p.stdout)


def corpus(*names):
    path = os.path.join(CORPUS, *names)
    if not os.path.exists(path):
        raise unittest.SkipTest('%s is missing' % path)
    return path


def dns_message(client, server, question, answer=None):
    """A question, or the answer to it."""
    body = dns_name(*question.split(b'.')) + b'\0\x01\0\x01'
    if answer:
        body += b'\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04' + socket.inet_aton(answer)
    head = b'\x12\x34' + (b'\x81\x80' if answer else b'\x01\0') + b'\0\x01' + (b'\0\x01' if answer else b'\0\0') + b'\0' * 4
    a, b = ('02:00:00:00:00:0a', client, 40000), ('02:00:00:00:00:0b', server, 53)
    if answer:
        a, b = b, a
    return udp_frame(a[0], b[0], a[1], b[1], a[2], b[2], head + body)


def busy_capture():
    frames = []
    for i in range(50):
        name = b'host%d.example' % i
        frames += [dns_message('192.0.2.10', '192.0.2.1', name), dns_message('192.0.2.10', '192.0.2.1', name, '198.51.100.%d' % i)]
    return pcap(frames)


class Files(unittest.TestCase):
    def check(self, event):
        self.assertRegex(event['timestamp'], TIMESTAMP)
        kind = event['event_type']
        if 'proto' in event and 'flow_id' in event:
            self.assertRegex(event['community_id'], r'^1:[A-Za-z0-9+/]{27}=$')
            self.assertLess(event['flow_id'], 1 << 51)
        if kind == 'flow':
            flow = event['flow']
            self.assertRegex(flow['start'], TIMESTAMP)
            self.assertLessEqual(flow['start'], flow['end'])
            self.assertIn(flow['state'], ('new', 'established', 'closed'))
            self.assertIn(flow['reason'], ('timeout', 'forced', 'shutdown', 'tcp_reuse'))
            self.assertEqual('tcp' in event, event['proto'] == 'TCP')
        elif kind == 'alert':
            self.assertIn(event['alert']['severity'], (1, 2, 3))
        elif kind != 'lanscope':
            self.assertTrue(event[kind])

    def test_of_the_corpus(self):
        """Each event of each capture is what it should be, and says no less than the facts do."""
        corpus()
        for topic in ('tls', 'http', 'ssh', 'quic', 'dns', 'dhcp'):
            for name in sorted(os.listdir(corpus(topic))):
                path = corpus(topic, name)
                events = analyze(path)
                for event in events:
                    self.check(event)
                facts = events_of(ctl('analyze', '--facts', path).stdout)
                said = {f['value'] for f in facts if f['fact'] in ('tls.sni', 'quic.sni', 'tls.ja4', 'quic.ja4', 'ssh.hassh')}
                told = {e[t].get(k) for e in events for t in ('tls', 'quic') if t in e for k in ('sni', 'ja4')} | \
                       {e['ssh'].get('client', {}).get('hassh', {}).get('hash') for e in events if 'ssh' in e}
                self.assertLessEqual(said, told, path)
                asked = [f['value'] for f in facts if f['fact'] == 'dns.query']
                questions = ['%s %s' % (e['dns']['rrname'], e['dns'].get('rrtype')) for e in events
                             if e['event_type'] == 'dns' and e['dns']['type'] == 'query']
                self.assertEqual(questions, asked, path)

    def test_flows_are_those_of_flows(self):
        path = corpus('mixed', sorted(os.listdir(corpus('mixed')))[0])
        flows = events_of(ctl('analyze', '--flows', path).stdout)
        told = [e for e in analyze(path) if e['event_type'] == 'flow']
        self.assertEqual(sorted(f['community_id'] for f in flows), sorted(e['community_id'] for e in told))
        self.assertEqual(sum(f['packets_total'] for f in flows),
                         sum(e['flow']['pkts_toserver'] + e['flow']['pkts_toclient'] for e in told))

    @unittest.skipUnless(shutil.which('tshark'), 'tshark is not installed')
    def test_community_ids_are_tsharks(self):
        """Of the frame that each event began with."""
        compared = 0
        for topic in ('tls', 'http', 'ssh', 'quic', 'dns'):
            for name in sorted(os.listdir(corpus(topic)))[:6]:
                path = corpus(topic, name)
                p = subprocess.run(['tshark', '-r', path, '--enable-protocol', 'communityid', '-T', 'fields', '-e', 'frame.number',
                                    '-e', 'communityid'], capture_output=True, text=True)
                ids = dict(line.split('\t') for line in p.stdout.splitlines() if line.count('\t') == 1 and line.split('\t')[1])
                for event in analyze(path):
                    theirs = ids.get(str(event.get('pcap_cnt')), '').split(',')
                    if theirs != ['']:
                        self.assertIn(event['community_id'], theirs, (path, event))
                        compared += 1
        if compared == 0:
            self.skipTest('this tshark knows no Community IDs')
        self.assertGreater(compared, 50)

    SURICATA = '''%YAML 1.1
---
vars: {address-groups: {HOME_NET: "any", EXTERNAL_NET: "any"}, port-groups: {HTTP_PORTS: "80"}}
outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      community-id: true
      types: [{dns: {}}, {tls: {extended: yes}}, {http: {extended: yes}}, ssh, {quic: {}}, flow]
app-layer:
  protocols:
    tls: {enabled: yes, ja3-fingerprints: yes, detection-ports: {dp: 443}}
    http: {enabled: yes, libhtp: {default-config: {personality: IDS}}}
    dns: {tcp: {enabled: yes, detection-ports: {dp: 53}}, udp: {enabled: yes, detection-ports: {dp: 53}}}
    ssh: {enabled: yes, hassh: yes}
    quic: {enabled: yes}
stream: {checksum-validation: no}
'''
    # What both say of a connection, and means the same.
    SHARED = {
        'tls': ('sni', 'version', 'ja3.hash', 'ja3s.hash'),
        'http': ('hostname', 'http_port', 'url', 'http_method', 'http_user_agent', 'status'),
        'ssh': ('client.proto_version', 'client.software_version', 'client.hassh.hash',
                'server.proto_version', 'server.software_version', 'server.hassh.hash'),
        'quic': ('sni', 'ja3.hash', 'ja3s.hash'),
        'dns': ('type', 'id', 'opcode', 'flags', 'qr', 'aa', 'rd', 'ra', 'rrname', 'rrtype', 'rcode'),
    }

    def suricata(self, path):
        folder = tempfile.mkdtemp(prefix='lanscope-suricata-')
        self.addCleanup(shutil.rmtree, folder)
        config = os.path.join(folder, 'suricata.yaml')
        with open(config, 'w') as f:
            f.write(self.SURICATA)
        p = subprocess.run(['suricata', '-c', config, '-r', path, '-l', folder, '-S', '/dev/null', '-k', 'none'],
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        with open(os.path.join(folder, 'eve.json')) as f:
            return events_of(f.read())

    def said_of(self, events, kind):
        """{(community id, name of the member): values that some event has}"""
        said = {}
        for event in events:
            if event['event_type'] != kind:
                continue
            for path in self.SHARED[kind]:
                value = event[kind]
                for key in path.split('.'):
                    value = value.get(key) if isinstance(value, dict) else None
                if value is not None:
                    said.setdefault((event['community_id'], path), set()).add(value)
            for a in event[kind].get('answers', ()):
                said.setdefault((event['community_id'], 'ttl of %s %s' % (a['rrname'], a['rrtype'])), set()).add(a['ttl'])
            said.setdefault((event['community_id'], 'ends'), set()).add(frozenset(
                (ipaddress.ip_address(event['%s_ip' % end]), event['%s_port' % end]) for end in ('src', 'dest')))
        return said

    @unittest.skipUnless(shutil.which('suricata'), 'suricata is not installed')
    def test_suricata_says_the_same(self):
        """Of each connection that both tell of: the same members, with the same names and values. Where they differ, one of
        the two reassembled more of a damaged capture; that is rare."""
        same, different = {}, []
        for kind in self.SHARED:
            for name in sorted(os.listdir(corpus(kind))):
                path = os.path.realpath(corpus(kind, name))
                ours, theirs = self.said_of(analyze(path), kind), self.said_of(self.suricata(path), kind)
                for key in set(ours) & set(theirs):
                    if ours[key] & theirs[key]:
                        same[kind] = same.get(kind, 0) + 1
                    else:
                        different.append((name, key, ours[key], theirs[key]))
        self.assertEqual(set(same), set(self.SHARED))
        self.assertGreater(sum(same.values()), 300)
        self.assertLess(len(different), 0.05 * sum(same.values()), different)

    @unittest.skipUnless(shutil.which('suricata'), 'suricata is not installed')
    def test_suricata_counts_the_same_flows(self):
        compared = equal = 0
        for topic in ('tls', 'http', 'ssh', 'dns'):
            for name in sorted(os.listdir(corpus(topic))):
                path = os.path.realpath(corpus(topic, name))
                tell = lambda events: {e['community_id']: (ipaddress.ip_address(e['src_ip']), e['proto'], e['flow']['pkts_toserver'],
                                                           e['flow']['bytes_toclient'])
                                       for e in events if e['event_type'] == 'flow' and 'community_id' in e}
                ours, theirs = tell(analyze(path)), tell(self.suricata(path))
                for key in set(ours) & set(theirs):
                    compared += 1
                    equal += ours[key] == theirs[key]
        self.assertGreater(compared, 50)
        self.assertGreater(equal, 0.8 * compared)

    def test_goes_alone(self):
        for other in ('--facts', '--flows', '--alerts', '--devices', '--stats', '--format=csv', '--limit=5'):
            p = ctl('analyze', '--eve', other, '/dev/null')
            self.assertEqual(p.returncode, 2, other)
            self.assertIn('--eve goes alone', p.stderr)

    def test_no_text_of_a_device_reaches_the_terminal(self):
        with open('/tmp/lanscope-hostile-%d.pcap' % os.getpid(), 'wb') as f:
            f.write(hostile_capture())
        self.addCleanup(os.unlink, f.name)
        p = ctl('analyze', '--eve', f.name)
        self.assertNotRegex(p.stdout, '[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]')
        self.assertGreater(len(events_of(p.stdout)), 20)

    def test_dns_has_numbers_and_times(self):
        with open('/tmp/lanscope-dns-%d.pcap' % os.getpid(), 'wb') as f:
            f.write(busy_capture())
        self.addCleanup(os.unlink, f.name)
        query, answer = [e['dns'] for e in analyze(f.name) if e['event_type'] == 'dns'][:2]
        self.assertEqual((query['id'], query['opcode'], answer['id'], answer['flags']), (0x1234, 0, 0x1234, '8180'))
        self.assertTrue(answer['qr'] and answer['rd'] and answer['ra'] and 'aa' not in answer)
        self.assertEqual([a['ttl'] for a in answer['answers']], [60])

    def test_devices_have_names(self):
        with open('/tmp/lanscope-busy-%d.pcap' % os.getpid(), 'wb') as f:
            f.write(busy_capture())
        self.addCleanup(os.unlink, f.name)
        flow = [e for e in analyze(f.name) if e['event_type'] == 'flow'][-1]
        self.assertEqual(flow['app_proto'], 'dns')
        self.assertEqual(flow['ether'], {'src_mac': '02:00:00:00:00:0a', 'dest_mac': '02:00:00:00:00:0b'})
        self.assertEqual(set(flow['lanscope']['src_device']), {'id', 'name', 'type'})


class Reader(threading.Thread):
    """Listens at a path and gathers what comes."""

    def __init__(self, path, kind):
        super().__init__(daemon=True)
        self.lines, self.kind = [], kind
        self.socket = socket.socket(socket.AF_UNIX, kind)
        self.socket.bind(path)
        if kind == socket.SOCK_STREAM:
            self.socket.listen()
        self.start()

    def run(self):
        if self.kind == socket.SOCK_DGRAM:
            while True:
                self.lines.append(self.socket.recv(1 << 20).decode())
        connection, _ = self.socket.accept()
        for line in connection.makefile():
            self.lines.append(line)
        connection.close()

    def close(self):
        self.socket.close()


class Service(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        self.process = None

    def path(self, name):
        return os.path.join(self.bus.folder, name)

    def start(self, capture, config='', *options):
        with open(self.path('capture.pcap'), 'wb') as f:
            f.write(capture)
        with open(self.path('events.conf'), 'w') as f:
            f.write(config)
        self.log = open(self.path('log'), 'w+')
        self.addCleanup(self.log.close)
        self.process = subprocess.Popen(
            [LANSCOPED, '--bus=' + self.bus.address, '--config=' + self.path('events.conf'), '--replay=' + self.path('capture.pcap'),
             '--rules=' + os.path.join(SOURCE, 'data', 'rules'), *options], stdout=self.log, stderr=self.log, env=self.bus.env())
        self.addCleanup(self.stop)
        wait_for(lambda: 'frames replayed' in self.said(), 'the end of the capture')

    def said(self):
        with open(self.path('log')) as f:
            return f.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.assertEqual(self.process.wait(PATIENCE), 0)

    def statistics(self):
        return json.loads(ctl('status', '-j', env=self.bus.env()).stdout)['Statistics']

    def contents(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def test_a_file_holds_what_analyze_prints(self):
        log = self.path('eve.json')
        self.start(busy_capture(), '[Output]\nEventLog=%s\nEventTypes=dns flow\n' % log)
        self.stop()
        self.assertEqual(os.stat(log).st_mode & 0o777, 0o640)
        strip = lambda events: [{k: v for k, v in e.items() if k not in ('lanscope', 'pcap_cnt')} for e in events
                                if e['event_type'] in ('dns', 'flow')]
        self.assertEqual(strip(events_of(self.contents('eve.json'))), strip(analyze(self.path('capture.pcap'))))

    def test_devices_and_alerts_are_events(self):
        log = self.path('eve.json')
        self.start(home_capture(), '', '--event-log=' + log)
        wait_for(lambda: self.statistics()['store.alerts'] >= 4, 'the alerts')
        label = ctl('label', '192.0.2.2', 'My laptop', env=self.bus.env())
        self.assertEqual(label.returncode, 0, label.stderr)
        wait_for(lambda: self.statistics()['service.changes_waiting'] == 0, 'the signals')
        self.stop()
        events = events_of(self.contents('eve.json'))
        self.assertEqual(len([e for e in events if e['event_type'] == 'alert']), 4)
        own = [e['lanscope'] for e in events if e['event_type'] == 'lanscope']
        self.assertIn('My laptop', [e['device']['name'] for e in own if e['event'] == 'device_changed'])
        self.assertEqual({e['event_type'] for e in events} & {'arp', 'ndp'}, set())
        self.assertIn('dhcp', {e['event_type'] for e in events})

    def test_off_by_default(self):
        self.start(busy_capture())
        self.assertEqual(self.statistics()['events.told'], 0)
        self.stop()
        self.assertEqual([f for f in os.listdir(self.bus.folder) if 'eve' in f and f != 'events.conf'], [])

    def test_streams_and_datagrams(self):
        for scheme, kind in (('unix:', socket.SOCK_STREAM), ('unix-dgram:', socket.SOCK_DGRAM)):
            path = self.path('s-%d' % kind)
            reader = Reader(path, kind)
            self.addCleanup(reader.close)
            self.start(busy_capture(), '[Output]\nEventSocket=%s%s\nEventTypes=dns\n' % (scheme, path))
            wait_for(lambda: len(reader.lines) >= 100, 'the events')
            self.assertEqual([json.loads(l)['event_type'] for l in reader.lines], ['dns'] * 100)
            self.assertEqual(self.statistics()['events.sent'], 100)
            self.stop()

    def test_a_reader_that_does_not_read_holds_nothing_up(self):
        path = self.path('s')
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            s.listen()
            frames = []
            for i in range(12000):
                frames.append(dns_message('192.0.2.10', '192.0.2.1', b'%d.example' % i))
            self.start(pcap(frames), '[Output]\nEventSocket=%s\nEventTypes=dns\n' % path)
            statistics = self.statistics()
            self.assertEqual(statistics['events.told'], 12000)
            self.assertGreater(statistics['events.dropped'], 1000)

    def test_an_absent_reader_is_counted_and_found_when_it_comes(self):
        path = self.path('s')
        self.start(home_capture(), '[Output]\nEventSocket=%s\n' % path)
        self.assertIn('Nobody takes events at %s' % path, self.said())
        statistics = self.statistics()
        self.assertEqual((statistics['events.sent'], statistics['events.readers']), (0, 0))
        self.assertEqual(statistics['events.dropped'], statistics['events.told'])
        reader = Reader(path, socket.SOCK_STREAM)
        self.addCleanup(reader.close)
        wait_for(lambda: self.statistics()['events.readers'] == 1, 'the connection')
        ctl('label', '192.0.2.2', 'My laptop', env=self.bus.env())
        wait_for(lambda: any('My laptop' in l for l in reader.lines), 'the event')
        self.assertEqual(self.said().count('Nobody takes events'), 1)

    def test_monitor_has_them_as_they_happen(self):
        self.start(home_capture())
        self.assertEqual(self.statistics()['events.told'], 0)
        with open(self.path('monitor'), 'w') as f:
            monitor = subprocess.Popen(ctl_command('monitor', '--eve'), stdout=f, stderr=subprocess.PIPE, text=True, env=self.bus.env())
        self.addCleanup(monitor.stderr.close)
        wait_for(lambda: self.statistics()['events.readers'] == 1, 'the reader')
        ctl('label', '192.0.2.2', 'Seen', env=self.bus.env())
        wait_for(lambda: 'Seen' in self.contents('monitor'), 'the event')
        for event in events_of(self.contents('monitor')):
            self.assertEqual(event['event_type'], 'lanscope')
        monitor.send_signal(signal.SIGINT)
        self.assertEqual(monitor.wait(PATIENCE), 0)
        # And none are made once nobody reads.
        wait_for(lambda: self.made_by_label() == 0, 'the end')

    def made_by_label(self):
        before = self.statistics()['events.told']
        ctl('label', '192.0.2.2', 'name %d' % time.monotonic_ns(), env=self.bus.env())
        wait_for(lambda: self.statistics()['service.changes_waiting'] == 0, 'the signals')
        return self.statistics()['events.told'] - before

    def test_monitor_ends_with_the_service(self):
        self.start(home_capture())
        monitor = subprocess.Popen(ctl_command('monitor', '--eve'), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env=self.bus.env())
        wait_for(lambda: self.statistics()['events.readers'] == 1, 'the reader')
        self.stop()
        self.assertIn('lanscoped has ended the stream', monitor.communicate(timeout=PATIENCE)[1])
        self.assertEqual(monitor.returncode, 1)

    def test_reload_begins_and_ends_it(self):
        self.start(home_capture())
        for i, on in enumerate((True, False, True)):
            with open(self.path('events.conf'), 'w') as f:
                f.write('[Output]\nEventLog=%s\n' % self.path('eve.json') if on else '')
            self.process.send_signal(signal.SIGHUP)
            wait_for(lambda: self.said().count('Reloaded configuration') == i + 1, 'the reload')
            told = self.statistics()['events.told']
            ctl('label', '192.0.2.2', 'name %d' % i, env=self.bus.env())
            wait_for(lambda: self.statistics()['service.changes_waiting'] == 0, 'the signals')
            self.assertEqual(self.statistics()['events.told'] > told, on)
        self.stop()
        text = self.contents('eve.json')
        self.assertIn('name 0', text)
        self.assertNotIn('name 1', [e['lanscope']['device']['name'] for e in events_of(text)][:1])
        self.assertIn('name 2', text)

    def test_nonsense_is_refused_with_file_and_line(self):
        with open(self.path('x.conf'), 'w') as f:
            f.write('[Output]\nEventSocket=tcp:127.0.0.1:5000\nEventSocket=unix:relative\nEventTypes=dns everything\n'
                    'EventTypes=all -flow,-dns\nEventSocket=/%s\nLogMaxAgeSec=1s\nLogMaxAgeSec=1d\n' % ('x' * 108))
        p = subprocess.run([LANSCOPED, '--check-config', '--config=' + self.path('x.conf'),
                            '--rules=' + os.path.join(SOURCE, 'data', 'rules')], capture_output=True, text=True)
        self.assertEqual(p.returncode, 1)
        self.assertEqual(re.findall(r'x\.conf:(\d+):', p.stderr), ['2', '3', '4', '6', '7'])


main()
