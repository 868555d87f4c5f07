#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The verbs against a real lanscoped that replays a capture, on a private bus."""

import csv
import io
import json
import os
import select
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest

from harness import (HOSTILE_NAMES, LANSCOPECTL, PATIENCE, SKIPPED, UNSAFE, Bus, Service, arp_reply, columns_of, ctl, dns_name, environment,
                     home_capture, hostile_capture, main, on_terminal, pcap, udp_frame, wait_for)

if os.geteuid() != 0:
    print('skipped: only root may change things where there is no polkit')
    sys.exit(SKIPPED)

PRINTER, LAPTOP, TWINS = '192.0.2.1', '192.0.2.2', ('192.0.2.3', '192.0.2.4')


class WithService(unittest.TestCase):
    CAPTURE = home_capture() + hostile_capture()[24:]
    ALERTS = None

    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        self.service = Service(self.bus, self.CAPTURE, self.ALERTS)
        self.addCleanup(self.service.stop)

    def ctl(self, *args, **kwargs):
        return ctl(*args, env=self.bus.env(), **kwargs)

    def good(self, *args, **kwargs):
        p = self.ctl(*args, **kwargs)
        self.assertEqual((p.returncode, p.stderr), (0, ''), args)
        return p.stdout

    def fails(self, *args, says, **kwargs):
        p = self.ctl(*args, **kwargs)
        self.assertEqual((p.returncode, p.stdout), (1, ''), args)
        self.assertIn(says, p.stderr)
        return p.stderr

    def json(self, *args):
        return json.loads(self.good(*args, '--json=short'))

    def device(self, name):
        return self.json('device', name)


class Reading(WithService):
    @classmethod
    def setUpClass(cls):
        cls.bus = Bus()
        cls.service = Service(cls.bus, cls.CAPTURE)

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        cls.bus.close()

    def setUp(self):
        pass

    def test_status(self):
        text = self.good('status')
        for word in ('lanscoped', 'Mode: host', 'Visibility:', 'Devices: 18', 'Alerts: 18 unacknowledged'):
            self.assertIn(word, text)
        self.assertNotIn('COUNTER', text)
        text = self.good('status', '--verbose')
        for word in ('inventory.devices', 'Lost: none', 'Tables: 18 of 16384 devices, ', ' of 131072 flows'):
            self.assertIn(word, text)
        self.assertNotIn('packets/s', text)  # nothing is captured in a replay
        self.assertEqual(self.json('status')['DeviceCount'], 18)

    def test_list(self):
        lines = self.good('list').splitlines()
        self.assertEqual(lines[0].split()[:3], ['NAME', 'TYPE', 'VENDOR'])
        self.assertEqual(lines[-1], '18 devices, 18 online.')
        self.assertEqual(self.good(), '\n'.join(lines) + '\n')
        self.assertEqual(len(self.good('list', '--no-legend').splitlines()), 18)

    def test_list_as_json(self):
        devices = self.json('list')
        self.assertEqual(devices, json.loads(self.good('list', '--json=pretty')))
        self.assertEqual([d['ipv4'][0] for d in devices], ['192.0.2.%d' % i for i in (*range(1, 5), *range(10, 24))])
        whole = self.device(PRINTER)
        self.assertEqual({k: v for k, v in whole.items() if k != 'evidence'}, devices[0])

    def test_live_and_offline_tell_the_same(self):
        offline = {d['mac']: d for d in map(json.loads, ctl('analyze', '--devices', self.service.capture).stdout.splitlines())}
        for device in self.json('list'):
            wanted = offline[device['mac']]
            for key in device:
                self.assertEqual(device[key], wanted[key], key)
            self.assertEqual(list(device), [k for k in wanted if k in device])

    def test_filters(self):
        def names(*args):
            return [d['name'] for d in self.json('list', *args)]
        self.assertIn('printer', names('--type=printer'))
        self.assertNotIn('laptop', names('--type=printer'))
        self.assertEqual(names('--category=printing'), names('--type=printer'))
        self.assertEqual(names('--online'), names())
        self.assertEqual(names('--presence=offline'), [])
        self.assertEqual(names('--trusted'), [])
        self.assertEqual(names('--untrusted'), names())
        self.assertEqual(len(names('--limit=3')), 3)
        self.assertEqual(names('--reverse'), names()[::-1])
        self.assertEqual(names('--sort=mac')[0], 'printer')
        by_name = [n.lower() for n in names('--sort=name')]
        self.assertEqual(by_name, sorted(by_name))
        network = self.json('networks')[0]
        self.assertEqual(network['devices'], 18)
        self.assertEqual(names('--network', network['id']), names())
        self.fails('list', '--network=nowhere', says='nowhere')

    def test_a_device_by_any_of_its_names(self):
        device = self.device(LAPTOP)
        for name in ('laptop', 'LAPTOP', '02:00:00:00:00:02', '02-00-00-00-00-02', '0200.0000.0002', device['id']):
            self.assertEqual(self.device(name)['id'], device['id'], name)

    def test_an_ambiguous_name_lists_the_candidates(self):
        for verb in (['device'], ['explain'], ['forget']):
            text = self.fails(*verb, 'twin', says='twin')
            for ip in TWINS:
                self.assertIn(ip, text)
        self.fails('label', 'twin', 'x', says=TWINS[0])
        self.assertEqual(self.device(TWINS[0])['label'], '')

    def test_an_unknown_device(self):
        for verb in (['device'], ['explain'], ['trust'], ['forget'], ['notes']):
            self.fails(*verb, 'nobody', says="No device is called 'nobody'")
        self.fails('label', '\x1b[31mnobody', 'x', says='\\x1b[31mnobody')
        self.fails('forget', 'TOP', says="No device is called 'TOP'")
        self.fails('forget', 'top', says="Did you mean 'laptop'?\n")
        self.assertEqual(self.fails('device', 'twi', says='').count("'twin'"), 1)
        self.assertNotIn('\x1b', self.fails('device', 'e', says="Did you mean '"))
        self.assertNotIn('Did you mean', self.fails('device', 'nobody', says='nobody'))
        self.device('laptop')
        self.fails('alerts', '--device=nobody', says='nobody')
        p = ctl(b'device', b'\xff\xfe', env=self.bus.env(), text=False)
        self.assertEqual(p.returncode, 1)

    def test_width_of_the_terminal_is_kept(self):
        for verb in (['list'], ['list', '--sort=name'], ['networks'], ['alerts'], ['status'], ['status', '--verbose'], ['top', '-b1', '-d0.2']):
            for columns in (80, 81, 90, 120):
                out, status = on_terminal(*verb, '--no-pager', columns=columns, env=self.bus.env(NO_COLOR='1'))
                self.assertEqual(status, 0)
                for line in out.splitlines():
                    self.assertLessEqual(columns_of(line), columns, (verb, line))

    def test_alerts_on_a_narrow_terminal(self):
        out, _ = on_terminal('alerts', '--no-pager', env=self.bus.env(NO_COLOR='1'))
        titles, first = out.splitlines()[:2]
        self.assertEqual(titles.split(), ['ID', 'WHEN', 'SEVERITY', 'KIND', 'MESSAGE'])
        self.assertRegex(first, r'ago  info      new_device  New device: \S+')
        self.assertLessEqual(len(first), 80)
        self.assertIn('DEVICE', on_terminal('alerts', '--no-pager', '--wide', env=self.bus.env(NO_COLOR='1'))[0])

    def test_card(self):
        text = self.good('device', PRINTER, LAPTOP)
        for word in ('Type: printer (printing)', '00:1b:a9:00:00:01', 'EVIDENCE', 'mdns.service', '192.0.2.2'):
            self.assertIn(word, text)

    def test_explain(self):
        text = self.good('explain', PRINTER)
        for word in ('printer is taken for: printer', 'it announces the service _ipp._tcp', 'mdns.service', 'confidence'):
            self.assertIn(word, text)
        reasons = self.json('explain', PRINTER)['reasons']
        self.assertEqual(reasons[0]['type'], 'printer')
        self.assertEqual(set(reasons[0]), {'rule', 'confidence', 'type', 'kind', 'value'})
        self.assertIn('unknown type', self.good('explain', TWINS[0]))

    def test_hostile_names_reach_no_terminal(self):
        for args in (['list', '--wide'], ['device', *('192.0.2.%d' % (i + 10) for i in range(len(HOSTILE_NAMES)))], ['alerts'],
                     *(['explain', '192.0.2.%d' % (i + 10)] for i in range(len(HOSTILE_NAMES)))):
            out, status = on_terminal(*args, '--no-pager', columns=120,
                                      env={'NO_COLOR': '1', 'DBUS_SYSTEM_BUS_ADDRESS': self.bus.address})
            self.assertEqual(status, 0)
            self.assertIsNone(UNSAFE.search(out), (args, UNSAFE.search(out)))
        for args in (['list'], ['alerts']):
            for mode in ('short', 'pretty'):
                self.assertIsNone(UNSAFE.search(self.good(*args, '--json=' + mode)))

    def test_export(self):
        devices = json.loads(self.good('export'))
        self.assertEqual(len(devices), 18)
        whole = {d['id']: d for d in devices}[self.device(PRINTER)['id']]
        for key, value in self.device(PRINTER).items():
            self.assertEqual(whole[key], value, key)
        self.assertEqual(len(json.loads(self.good('export', 'alerts'))), 18)

    def test_export_as_csv(self):
        text = self.ctl('export', '--format=csv', text=False).stdout.decode()
        rows = list(csv.DictReader(io.StringIO(text, newline='')))
        self.assertEqual(len(rows), 18)
        self.assertEqual({r['mac'] for r in rows}, {d['mac'] for d in self.json('list')})
        for row in rows:
            for value in row.values():
                self.assertNotIn(value[:1], tuple('=+-@\t\r'), row)
        self.assertIn("'=cmd|calc!A1", [r['name'] for r in rows])
        self.assertIsNone(UNSAFE.search(text.replace('\r\n', '\n')))
        alerts = list(csv.DictReader(io.StringIO(self.good('export', 'alerts', '--format=csv'), newline='')))
        self.assertEqual(len(alerts), 18)

    def test_export_to_a_file(self):
        path = os.path.join(self.bus.folder, 'out.json')
        self.assertEqual(self.good('export', '-o', path), '')
        with open(path) as f:
            self.assertEqual(len(json.load(f)), 18)
        self.fails('export', '-o', '/nonexistent/x', says='/nonexistent/x')
        self.fails('export', '-o', '/dev/full', says='No space')

    def test_what_makes_no_sense_in_a_replay_is_told(self):
        for verb in (['start'], ['stop'], ['mode', 'gateway', 'lo']):
            self.fails(*verb, says='replay')
        self.assertEqual(self.good('mode'), 'host\n')

    @unittest.skipUnless(shutil.which('systemd-stdio-bridge'), 'systemd-stdio-bridge is not installed')
    def test_another_machine(self):
        """-H with an ssh that runs what it is told right here."""
        ssh = os.path.join(self.bus.folder, 'ssh')
        with open(ssh, 'w') as f:
            f.write('#!/bin/sh\necho "$@" >"$0.log"\nexec systemd-stdio-bridge -p "%s"\n' % self.bus.address)
        os.chmod(ssh, 0o755)
        env = environment(PATH=self.bus.folder + ':' + os.environ['PATH'])
        p = ctl('-H', 'admin@router', 'list', '-j', env=env)
        self.assertEqual((p.returncode, p.stderr), (0, ''))
        self.assertEqual(json.loads(p.stdout), self.json('list'))
        with open(ssh + '.log') as f:
            self.assertIn('admin@router', f.read())
        with open(ssh, 'w') as f:
            f.write('#!/bin/sh\nexit 255\n')
        p = ctl('-H', 'admin@router', 'list', env=env)
        self.assertEqual((p.returncode, p.stdout), (1, ''))
        self.assertNotEqual(p.stderr, '')

    def test_reload(self):
        self.assertEqual(self.good('reload'), '')

    @unittest.skipUnless(shutil.which('setpriv'), 'setpriv is not installed')
    def test_a_refused_user_is_told_which_action_it_takes(self):
        for verb, action in ((['flows'], 'inspect-traffic'), (['traffic'], 'inspect-traffic'),
                             (['label', LAPTOP, 'x'], 'manage-devices'), (['ack', '--all'], 'manage-alerts'), (['reload'], 'control')):
            p = subprocess.run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', LANSCOPECTL, *verb],
                               env=self.bus.env(), capture_output=True, text=True, stdin=subprocess.DEVNULL)
            if p.returncode == 126 or p.returncode == 127:
                self.skipTest('another user cannot reach the program')
            self.assertEqual(p.returncode, 1)
            self.assertIn('org.lanscope1.' + action, p.stderr)
        self.assertEqual(self.device(LAPTOP)['label'], '')


class Changing(WithService):
    def test_label_type_notes_trust(self):
        self.good('label', LAPTOP, 'Mein Gerät')
        self.good('notes', 'mein gerät', 'two\nlines')
        self.good('type', 'Mein Gerät', 'laptop')
        self.good('trust', 'Mein Gerät')
        device = self.device(LAPTOP)
        self.assertEqual((device['label'], device['name'], device['notes'], device['type'], device['type_is_set'], device['trusted']),
                         ('Mein Gerät', 'Mein Gerät', 'two\nlines', 'laptop', True, True))
        self.assertEqual(self.good('notes', LAPTOP), 'two\nlines\n')
        self.assertEqual([d['name'] for d in self.json('list', '--trusted')], ['Mein Gerät'])
        self.good('label', LAPTOP, '')
        self.good('notes', LAPTOP, '')
        self.good('type', LAPTOP, 'auto')
        self.good('trust', LAPTOP, 'no')
        device = self.device(LAPTOP)
        self.assertEqual((device['label'], device['name'], device['notes'], device['type_is_set'], device['trusted']),
                         ('', 'laptop', '', False, False))

    def test_bad_texts_change_nothing(self):
        self.fails('label', LAPTOP, 'x' * 1000, says='')
        self.fails('label', LAPTOP, 'a\x1b[31m', says='')
        self.fails('label', LAPTOP, '   ', says='blanks')
        p = ctl(b'label', LAPTOP.encode(), b'\xff\xfe', env=self.bus.env(), text=False)
        self.assertEqual(p.returncode, 1)
        self.assertIn(b'UTF-8', p.stderr)
        self.assertEqual(self.device(LAPTOP)['label'], '')

    def test_forget(self):
        self.good('forget', LAPTOP, PRINTER)
        self.fails('device', LAPTOP, says='No device')
        self.assertEqual(len(self.json('list')), 16)

    def test_merge_and_split(self):
        self.good('merge', TWINS[0], TWINS[1])
        self.assertEqual(len(self.device('twin')['addresses']), 2)
        self.good('split', 'twin', '02-00-00-00-00-04')
        self.assertEqual(len(self.json('list')), 18)
        self.fails('split', TWINS[0], '02:00:00:00:00:99', says='02:00:00:00:00:99')

    def test_what_is_muted(self):
        alert = self.json('alerts', '--all')[0]
        self.assertIn('unmute 1', self.good('mute', str(alert['id']), '--note=ours', '--expires=2h'))
        self.assertIn('unmute 2', self.good('mute', '--kind=port_scan', '--peer=192.0.2.9'))
        first, second = self.json('exceptions')
        self.assertEqual((first['kind'], first['device'], first['note'], first['hits']), (alert['kind'], alert['device'], 'ours', 0))
        self.assertGreater(first['expires'], first['created'])
        self.assertEqual((second['kind'], second['device'], second['peer'], second['expires']), ('port_scan', '', '192.0.2.9', None))
        text = self.good('exceptions')
        for word in (alert['name'].split()[0], 'any', 'never', 'ours'):
            self.assertIn(word, text)
        self.good('mute', '--kind=port_scan', '--expires=2090-01-31')
        self.assertEqual(time.gmtime(self.json('exceptions')[2]['expires'])[:3], (2090, 1, 31))
        self.good('unmute', '1', '2', '3')
        self.assertEqual(self.json('exceptions'), [])
        self.fails('unmute', '1', says='no such exception')
        self.fails('mute', '4711', says='There is no alert 4711')

    def test_alerts(self):
        alerts = self.json('alerts')
        self.assertEqual(len(alerts), 18)
        self.assertEqual([a['id'] for a in alerts], sorted((a['id'] for a in alerts), reverse=True))
        self.assertIn('18 unacknowledged alerts.', self.good('alerts'))
        self.assertIn('1 alert acknowledged.', self.good('ack', str(alerts[0]['id'])))
        self.assertEqual(len(self.json('alerts')), 17)
        self.assertEqual(len(self.json('alerts', '--unacknowledged')), 17)
        self.assertEqual(len(self.json('alerts', '--all')), 18)
        self.assertTrue(self.json('alerts', '--all')[0]['acknowledged'])
        self.fails('ack', str(alerts[1]['id']), '4711', says='')
        self.assertEqual(len(self.json('alerts')), 17)
        self.assertEqual(len(self.json('alerts', '--limit=2')), 2)
        self.assertIn('2 unacknowledged alerts, the newest of more; --limit', self.good('alerts', '--limit=2'))
        self.assertIn('17 unacknowledged alerts.', self.good('alerts', '--limit=17'))
        self.assertEqual(self.json('alerts', '--since=1h'), [])
        self.assertEqual(len(self.json('alerts', '--since=2023-11-14')), 17)
        self.assertEqual(self.json('alerts', '--severity=critical'), [])
        self.assertEqual(len(self.json('alerts', '--kind=new_device', '--device', PRINTER)), 1)
        self.good('ack', '--all')
        self.assertEqual(self.json('alerts'), [])


def dns_answer(client, name, *labels):
    """What the printer, as a resolver, tells: one A record of 198.51.100.9 for `labels`."""
    full = dns_name(*labels)
    record = full + struct.pack('>HHIH', 1, 1, 120, 4) + socket.inet_aton('198.51.100.9')
    return udp_frame('00:1b:a9:00:00:01', client, PRINTER, name, 53, 5000,
                     struct.pack('>HHHHHH', 1, 0x8180, 0, 1, 0, 0) + record)


class Flows(WithService):
    """The laptop asks the printer for a name and talks to what it leads to, through the printer's MAC."""
    LAPTOP_MAC, PRINTER_MAC, SERVER = '02:00:00:00:00:02', '00:1b:a9:00:00:01', '198.51.100.9'
    FRAMES = [dns_answer(LAPTOP_MAC, LAPTOP, b'evil\x1b[31m\xe2\x80\xae', b'example'),
              dns_answer(LAPTOP_MAC, LAPTOP, b'www', b'example', b'com')] + \
        [udp_frame('02:00:00:00:00:02', '00:1b:a9:00:00:01', LAPTOP, '198.51.100.9', 6000, 443, b'x' * n) for n in (100, 200)] + \
        [udp_frame('00:1b:a9:00:00:01', '02:00:00:00:00:02', '198.51.100.9', LAPTOP, 443, 6000, b'y' * 1000)]
    CAPTURE = home_capture() + pcap(FRAMES, 1700000100)[24:]
    BYTES = (2 * 42 + 300, 42 + 1000)

    def test_flows_as_json(self):
        flow, = self.json('flows', '--port=443')
        self.assertEqual((flow['endpoint_a_ip'], flow['endpoint_a_port'], flow['endpoint_b_ip'], flow['endpoint_b_port']),
                         (LAPTOP, 6000, self.SERVER, 443))
        self.assertEqual((flow['bytes_a_to_b'], flow['bytes_b_to_a'], flow['bytes_total']), (*self.BYTES, sum(self.BYTES)))
        self.assertEqual((flow['packets_a_to_b'], flow['packets_b_to_a'], flow['packets_total']), (2, 1, 3))
        self.assertEqual((flow['duration_secs'], flow['protocol'], flow['tcp_state'], flow['rtt_last_ms']), (2, 'udp', None, None))
        self.assertEqual((flow['device_a'], flow['name']), ('laptop', 'www.example.com'))
        self.assertEqual((flow['device_a_id'], flow['device_b_id']), (self.device('laptop')['id'], None))

    def test_keys_are_those_of_analyze(self):
        capture = os.path.join(self.bus.folder, 'capture.pcap')
        p = ctl('analyze', '--flows', capture)
        offline = {(f['endpoint_a_ip'], f['endpoint_b_port']): f for f in map(json.loads, p.stdout.splitlines())}
        live = {(f['endpoint_a_ip'], f['endpoint_b_port']): f for f in self.json('flows')}
        self.assertEqual(set(live), set(offline))
        for key, flow in live.items():
            other = offline[key]
            self.assertEqual({n for n in other if not re.match('tcp_flags_|min_length_|max_length_|iat_', n)},
                             set(flow) - {'rate_bps', 'active', 'device_a_id', 'device_b_id'})
            self.assertNotIn('', flow.values())
            for name in list(other)[:23]:
                self.assertEqual(flow[name], other[name], (key, name))

    def test_filters_and_order(self):
        def ports(*args):
            return [f['endpoint_b_port'] for f in self.json('flows', *args)]
        self.assertEqual(ports('--address=198.51.100.0/24'), [443])
        self.assertEqual(ports('--device=laptop', '--protocol=17', '--limit=1'), [443])
        self.assertEqual(ports('--protocol=tcp'), [])
        self.assertEqual(ports('--active'), [])
        self.assertEqual(len(ports('--ended')), len(ports()))
        sizes = [f['bytes_total'] for f in self.json('flows', '--sort=bytes')]
        self.assertEqual(sizes, sorted(sizes, reverse=True))

    def test_export(self):
        lines = self.good('export', 'flows', '--format=jsonl').splitlines()
        as_list = json.loads(self.good('export', 'flows'))
        self.assertEqual([json.loads(line) for line in lines], as_list)
        rows = list(csv.DictReader(io.StringIO(self.good('export', 'flows', '--format=csv'))))
        self.assertEqual(len(rows), len(as_list))
        for row, flow in zip(rows, as_list):
            self.assertEqual(set(row), set(flow))
            self.assertEqual((row['bytes_total'], row['community_id']), (str(flow['bytes_total']), flow['community_id']))
        flow, = [f for f in as_list if f['endpoint_b_port'] == 443]
        live, = self.json('flows', '--port=443')
        for key in ('bytes_total', 'name', 'device_a', 'device_b', 'community_id', 'first_seen'):
            self.assertEqual(flow[key], live[key], key)
        self.assertEqual((flow['name'], flow['device_b']), ('www.example.com', None))
        self.assertEqual(json.loads(self.good('export', '--format=jsonl').splitlines()[0]).keys(),
                         json.loads(self.good('export'))[0].keys())
        self.assertEqual(self.ctl('export', 'flow').returncode, 2)

    def test_flows_for_people(self):
        text = self.good('flows')
        self.assertIn('www.example.com', text)
        self.assertIsNone(UNSAFE.search(text))
        out, status = on_terminal('flows', columns=80, env=self.bus.env())
        self.assertEqual(status, 0)
        self.assertLessEqual(max(len(line) for line in re.sub('\x1b\\[[0-9;]*[A-Za-z]', '', out).splitlines()), 80)
        self.assertIn('laptop', out)

    def test_traffic_is_what_the_devices_counted(self):
        laptop, everything = self.device('laptop'), self.json('traffic')
        traffic = self.json('traffic', 'laptop')
        for key in ('packets_sent', 'bytes_sent', 'packets_received', 'bytes_received'):
            self.assertEqual(traffic[key], laptop['traffic'][key], key)
            self.assertEqual(sum(s[key] for s in traffic['spans']), traffic[key], key)
            self.assertEqual(sum(d[key] for d in everything['devices']), everything[key], key)
        statistics = self.json('status')['Statistics']
        self.assertEqual((everything['packets_sent'], everything['bytes_sent']),
                         (statistics['packet.frames'], statistics['packet.bytes']))
        peer = traffic['peers'][0]
        self.assertEqual((peer['address'], peer['name'], peer['bytes_sent'], peer['bytes_received']),
                         (self.SERVER, 'www.example.com', *self.BYTES))
        self.assertEqual(len(self.json('traffic', '--limit=1')['peers']), 1)
        self.assertEqual(self.json('traffic', '--day')['bytes_sent'], everything['bytes_sent'])

    def test_what_comes_from_no_address_is_nobodys(self):
        """The laptop was the first to ask for an address, and the others asked in the same flow."""
        flow, = self.json('flows', '--port=67')
        self.assertEqual((flow['endpoint_a_ip'], flow['packets_a_to_b'], flow['device_a'], flow['device_a_id']),
                         ('0.0.0.0', 3, None, None))
        self.assertNotIn('255.255.255.255', [p['address'] for p in self.json('traffic', 'laptop')['peers']])
        self.assertEqual(self.json('flows', '--port=67', '--device=laptop'), [])

    def test_traffic_for_people(self):
        text = self.good('traffic', 'laptop')
        for word in ('HOUR', '2023-11-14 22:00', 'PEER', 'www.example.com', 'In all '):
            self.assertIn(word, text)
        self.assertIn('DAY (UTC)', self.good('traffic', '--day'))
        self.assertIn('laptop', self.good('traffic'))
        self.assertRegex(text, r'PEER .* ADDRESS\n')
        self.assertRegex(text, r'www\.example\.com .* ' + self.SERVER)
        for width, shown in ((200, True), (80, True), (40, False)):
            out, _ = on_terminal('traffic', 'laptop', '--no-pager', columns=width, env=self.bus.env(NO_COLOR='1'))
            self.assertEqual(self.SERVER in out, shown)
        self.fails('traffic', 'nobody', says='nobody')
        self.fails('traffic', '--since=1h', says='begins after the last packet that was heard')
        self.fails('traffic', '--since=2099-01-01', says='begins after the last packet that was heard')

    def test_what_makes_no_sense(self):
        for args in (['flows', '--sort=name'], ['list', '--sort=rtt'], ['flows', '--address=x'], ['flows', '--port=0'],
                     ['flows', '--port=65536'], ['flows', '--protocol=x'], ['flows', '--state=open'], ['flows', '--active', '--ended'],
                     ['traffic', '--hour', '--day'], ['traffic', '--port=1'], ['flows', 'laptop']):
            p = self.ctl(*args)
            self.assertEqual((p.returncode, p.stdout), (2, ''), args)
            self.assertNotEqual(p.stderr, '', args)


class Monitoring(WithService):
    def monitor(self, *args):
        process = subprocess.Popen([LANSCOPECTL, 'monitor', *args], env=self.bus.env(), stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def label_until_heard(self, process):
        """It listens once the bus knows its match rules, which nobody can see: labels until it tells of one."""
        for i in range(100):
            self.good('label', LAPTOP, 'label %d' % i)
            if select.select([process.stdout], [], [], 0.2)[0]:
                return process.stdout.readline()
        self.fail('nothing was heard')

    def test_events_as_json(self):
        process = self.monitor('--json=short')
        event = json.loads(self.label_until_heard(process))
        self.assertEqual(event['event'], 'device_changed')
        self.assertEqual(list(event), ['ts', 'event', 'id', 'mac', 'name', 'changed'])
        self.assertEqual(event['mac'], '02:00:00:00:00:02')
        self.assertEqual(list(event['changed']), ['name', 'label'])
        self.assertEqual(event['name'], event['changed']['name'])
        self.good('trust', PRINTER)
        event = self.next(process, 'device_changed', PRINTER)
        self.assertEqual(event['changed'], {'trusted': True})

        self.good('ack', '1')
        self.assertEqual(self.next(process, 'alerts_acknowledged')['ids'], [1])
        self.good('forget', PRINTER)
        self.assertEqual(self.next(process, 'device_removed')['device']['mac'], '00:1b:a9:00:00:01')
        self.service.stop()
        self.next(process, 'service_stopped')
        self.service.start()
        self.next(process, 'service_started')
        self.good('forget', PRINTER)
        self.assertEqual(self.next(process, 'device_removed')['device']['mac'], '00:1b:a9:00:00:01')
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)

    def next(self, process, kind, device=None):
        mac = device and self.device(device)['mac']
        while True:
            event = json.loads(process.stdout.readline())
            if event['event'] == kind and event.get('mac') == mac:
                return event

    def test_events_for_people(self):
        process = self.monitor()
        self.assertRegex(self.label_until_heard(process), 'changed +label [0-9]+ .*label: ')
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_they_end_with_their_terminal(self):
        """Even where nothing happens that they would have to write."""
        for arguments in (['list', '--watch'], ['monitor']):
            with self.subTest(arguments=arguments):
                master, slave = os.openpty()
                process = subprocess.Popen([LANSCOPECTL, *arguments], env=self.bus.env(), stdin=slave, stdout=slave,
                                           stderr=subprocess.DEVNULL, start_new_session=True)
                self.addCleanup(process.kill)
                os.close(slave)
                if arguments[0] == 'list':
                    self.assertTrue(os.read(master, 1))
                time.sleep(0.5)
                self.assertIsNone(process.poll())
                os.close(master)
                self.assertEqual(process.wait(PATIENCE), 1)

    def test_list_that_stays(self):
        process = subprocess.Popen([LANSCOPECTL, 'list', '--watch', '--json=short'], env=self.bus.env(), stdout=subprocess.PIPE,
                                   text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        self.assertIn('laptop', [d['name'] for d in json.loads(process.stdout.readline())])
        self.good('label', LAPTOP, 'seen')
        while 'seen' not in [d['name'] for d in json.loads(process.stdout.readline())]:
            pass
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)


def router_advertisement(source, prefix):
    """RFC 4861 §4.2, with one prefix (§4.6.2). Its checksum is not looked at."""
    body = struct.pack('>BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0) + \
        struct.pack('>BBBBIII', 3, 4, 64, 0xc0, 86400, 14400, 0) + socket.inet_pton(socket.AF_INET6, prefix)
    return bytes.fromhex('333300000001') + bytes.fromhex(source.replace(':', '')) + b'\x86\xdd' + \
        struct.pack('>IHBB', 6 << 28, len(body), 58, 255) + socket.inet_pton(socket.AF_INET6, 'fe80::1') + \
        socket.inet_pton(socket.AF_INET6, 'ff02::1') + body


class Networks(WithService):
    CAPTURE = pcap([router_advertisement('00:1b:a9:00:00:01', '2001:db8:%d::' % i) for i in (1, 2)]) + home_capture()[24:]

    def test_prefixes(self):
        prefixes = self.json('networks')[0]['prefixes']
        self.assertLessEqual({'2001:db8:1::/64', '2001:db8:2::/64'}, set(prefixes))
        shown = ', '.join(sorted(prefixes, key=lambda p: ':' in p))
        self.assertIn(shown, self.good('networks'))
        self.assertIn(shown, on_terminal('networks', '--wide', '--no-pager', env=self.bus.env())[0])
        out, _ = on_terminal('networks', '--no-pager', env=self.bus.env(NO_COLOR='1'))
        self.assertIn(shown.split(', ')[0], out)
        self.assertNotIn(', ', out)
        self.assertLessEqual(max(map(len, out.splitlines())), 80)


class Many(WithService):
    """More devices than one call of ListDevices brings."""

    N = 4100
    ALERTS = 0
    CAPTURE = pcap([arp_reply('02:20:00:00:%02x:%02x' % (i >> 8, i & 255), '10.2.%d.%d' % (i >> 8, i & 255)) for i in range(N)])

    def test_all_are_listed_once(self):
        wait_for(lambda: self.json('status')['DeviceCount'] == self.N, 'the end of the capture')
        devices = self.json('list')
        self.assertEqual(len(devices), self.N)
        self.assertEqual(len({d['mac'] for d in devices}), self.N)
        self.assertEqual(devices[1]['ipv4'], ['10.2.0.1'])
        self.assertIn('5 devices, 0 online, the first of 4100; --limit tells how many.', self.good('list', '-n5'))
        self.assertRegex(self.good('list'), '4100 devices, [0-9]+ online\\.\\n')
        self.assertIn('Of the devices, the 1000 with the most are listed.', self.good('traffic'))

    def test_an_alert_that_is_not_among_the_newest_can_be_muted(self):
        wait_for(lambda: self.json('status')['Statistics']['store.alerts'] > 1100, 'the alerts')
        self.assertIn('1000 unacknowledged alerts, the newest; ', self.good('alerts'))
        self.assertNotIn(3, [a['id'] for a in self.json('alerts')])
        self.good('mute', '3')
        self.assertEqual(self.json('exceptions')[0]['kind'], 'new_device')

    def test_an_export_waits_for_no_reader(self):
        """The service gives up on who stands still, as a pager does."""
        wait_for(lambda: self.json('status')['DeviceCount'] == self.N, 'the end of the capture')
        with subprocess.Popen([LANSCOPECTL, 'export'], env=self.bus.env(), stdout=subprocess.PIPE) as process:
            select.select([process.stdout], [], [], 20)
            wait_for(lambda: self.json('status')['Statistics']['service.streams'] == 0, 'the service to have sent all')
            self.assertIsNone(process.poll())  # it waits for us
            self.assertEqual(len(json.load(process.stdout)), self.N)


main()
