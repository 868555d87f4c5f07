#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""lanscopectl analyze: what it prints of a capture, of a damaged one, and of hostile names."""

import csv
import gzip
import json
import os
import re
import tempfile
import unittest

from harness import (HOSTILE_NAMES, SOURCE, UNSAFE, columns_of, ctl, home_capture, hostile_capture, ipv6_udp_frame, main, on_terminal,
                     pcap, udp_frame)

DEVICE_KEYS = {'id', 'mac', 'addresses', 'ipv4', 'ipv6', 'vendor', 'hostname', 'label', 'notes', 'name', 'type', 'type_is_set',
               'category', 'model', 'os', 'confidence', 'evidence', 'reasons', 'trusted', 'presence', 'first_seen', 'last_seen',
               'randomized', 'self', 'gateway', 'network', 'services', 'traffic'}


NETSCOPE_COLUMNS = ['protocol', 'endpoint_a_ip', 'endpoint_a_port', 'endpoint_b_ip', 'endpoint_b_port', 'first_seen', 'last_seen',
                    'duration_secs', 'packets_a_to_b', 'packets_b_to_a', 'bytes_a_to_b', 'bytes_b_to_a', 'packets_total',
                    'bytes_total', 'avg_bps', 'tcp_state', 'client', 'retransmissions', 'out_of_order', 'rtt_last_ms',
                    'rtt_min_ms', 'rtt_ewma_ms', 'rtt_samples']


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Analyze(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='lanscope-cli-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.home = self.file('home.pcap', home_capture())
        self.hostile = self.file('hostile.pcap', hostile_capture())

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, 'wb' if isinstance(data, bytes) else 'w') as f:
            f.write(data)
        return path

    def good(self, *args, **kwargs):
        p = ctl('analyze', *args, **kwargs)
        self.assertEqual((p.returncode, p.stderr), (0, ''), args)
        return p.stdout

    def test_facts(self):
        facts = lines(self.good('--facts', self.home))
        self.assertEqual(list(facts[0]), ['frame', 'ts', 'mac', 'ip', 'fact', 'value'])
        self.assertEqual([f['frame'] for f in facts], sorted(f['frame'] for f in facts))
        self.assertIn({'frame': 3, 'ts': 1700000002.123456, 'mac': '02:00:00:00:00:02', 'ip': '0.0.0.0', 'fact': 'dhcp.hostname',
                       'value': 'laptop'}, facts)
        self.assertIn('"ts":1700000002.123456,', self.good('--facts', self.home))

    def test_devices(self):
        devices = {d['mac']: d for d in lines(self.good('--devices', self.home))}
        self.assertEqual(len(devices), 4)
        for device in devices.values():
            self.assertEqual(set(device), DEVICE_KEYS)
        printer = devices['00:1b:a9:00:00:01']
        self.assertEqual((printer['type'], printer['category'], printer['ipv4']), ('printer', 'printing', ['192.0.2.1']))
        self.assertGreater(printer['confidence'], 0)
        self.assertIn('mdns.service', [r['kind'] for r in printer['reasons']])
        self.assertIn('_ipp._tcp', [e['value'][:9] for e in printer['evidence']])
        self.assertEqual(devices['02:00:00:00:00:02']['name'], 'laptop')
        self.assertTrue(devices['02:00:00:00:00:02']['randomized'])

    def test_alerts(self):
        alerts = lines(self.good('--alerts', self.home))
        self.assertEqual(len(alerts), 4)
        for alert in alerts:
            self.assertEqual(set(alert), {'id', 'ts', 'kind', 'severity', 'mac', 'name', 'peer', 'message', 'details', 'state', 'count', 'first', 'last', 'device',
                                          'network', 'acknowledged'})
            self.assertEqual(alert['kind'], 'new_device')
            self.assertIsInstance(alert['details'], dict)
        self.assertEqual({a['mac'] for a in alerts}, {d['mac'] for d in lines(self.good('--devices', self.home))})

    def test_stats(self):
        [stats] = lines(self.good('--stats', self.home))
        self.assertEqual((stats['file'], stats['frames'], stats['devices'], stats['alerts'], stats['error']), (self.home, 8, 4, 4, None))
        self.assertEqual(stats['protocols']['arp'], {'packets': 4, 'facts': 8, 'malformed': 0})
        self.assertEqual(stats['facts'], len(lines(self.good('--facts', self.home))))
        self.assertEqual((stats['first'], stats['last']), (1700000000.123456, 1700000007.123456))

    def test_flows(self):
        flows = lines(self.good('--flows', self.home))
        self.assertEqual(list(flows[0])[:23], NETSCOPE_COLUMNS)
        [stats] = lines(self.good('--stats', self.home))
        self.assertEqual((stats['flows']['flows'], sum(stats['flows']['ended'].values())), (len(flows), len(flows)))
        self.assertEqual(stats['flows']['packets'], sum(f['packets_total'] for f in flows))
        for f in flows:
            self.assertEqual((f['device_a'], f['end'], len(f['community_id'])), (None, 'capture_end', 30))
        self.assertEqual(lines(self.good('--flows', '--limit=1', self.home)), [max(flows, key=lambda f: f['bytes_total'])])
        named = [f for f in lines(self.good('--flows', '--devices', self.home)) if 'device_a' in f]
        self.assertEqual([f['community_id'] for f in named], [f['community_id'] for f in flows])
        # Three devices asked for an address in one flow.
        self.assertEqual({f['endpoint_a_ip']: f['device_a'] for f in named}, {'192.0.2.1': 'printer', '0.0.0.0': None})

    def test_flows_without_the_analysis(self):
        analysed, plain = lines(self.good('--flows', self.home)), lines(self.good('--flows', '--no-tcp-analysis', self.home))
        columns = [c for c in analysed[0] if c.startswith(('rtt_', 'iat_')) or c in
                   ('retransmissions', 'out_of_order', 'duplicate_acks', 'zero_windows')]
        self.assertEqual(len(columns), 17)
        for a, p in zip(analysed, plain, strict=True):
            self.assertEqual({**a, **dict.fromkeys(columns)}, p)

    def test_workers_change_nothing(self):
        for what in ('--alerts', '--facts', '--devices', '--stats'):
            outputs = [self.good(what, *n, self.home) for n in ([], ['--workers=1'], ['--workers=2'], ['--workers=4'])]
            self.assertEqual(outputs[1:], outputs[:1] * 3, what)

    def test_flows_of_several_workers(self):
        outputs = [self.good('--flows', '--workers=%d' % n, self.home) for n in (1, 2, 4)]
        self.assertEqual(outputs[1:], outputs[:1] * 2)
        self.assertEqual(sorted(outputs[0].splitlines()), sorted(self.good('--flows', self.home).splitlines()))
        self.assertEqual(self.good('--flows', '--workers=2', '--limit=1', self.home), self.good('--flows', '--limit=1', self.home))

    def test_flows_as_csv(self):
        flows = lines(self.good('--flows', self.home))
        rows = list(csv.DictReader(self.good('--flows', '--format=csv', self.home).splitlines()))
        self.assertEqual([list(r) for r in rows], [list(f) for f in flows])
        for row, flow in zip(rows, flows):
            for key, value in flow.items():
                if value is None or isinstance(value, str):
                    self.assertEqual(row[key], value or '', key)
                else:
                    self.assertEqual(float(row[key]), value, key)

    def test_options_of_flows_that_do_not_fit(self):
        for options in ('--format=csv',), ('--format=csv', '--flows', '--facts'), ('--limit=3', '--facts'), ('--flows', '--max-flows=0'), \
                       ('--flows', '--workers=0'), ('--flows', '--workers=17'), ('--alerts', '--workers=0'):
            self.assertEqual(ctl('analyze', *options, self.home).returncode, 2, options)

    def test_several_kinds_at_once(self):
        parts = [self.good(o, self.home) for o in ('--devices', '--stats')]
        self.assertEqual(self.good('--stats', '--devices', self.home), ''.join(parts))

    def test_report(self):
        report = self.good(self.home)
        for word in ('Frames: 8', 'printer', 'laptop', 'PROTOCOL', 'mdns', 'new_device', '00:1b:a9:00:00:01'):
            self.assertIn(word, report)
        self.assertNotIn('PROTOCOL', self.good('--no-legend', self.home))

    def test_report_as_json(self):
        whole = json.loads(self.good('--json=pretty', self.home))
        self.assertEqual(list(whole), ['stats', 'devices', 'alerts', 'top_flows'])
        self.assertEqual(whole, json.loads(self.good('-j', self.home)))
        self.assertEqual(whole['devices'], lines(self.good('--devices', self.home)))

    def test_the_same_file_gives_the_same_output(self):
        self.assertEqual(self.good('-j', self.hostile), self.good('-j', self.hostile))

    def test_standard_input_and_gzip(self):
        wanted = self.good('--facts', self.home)
        packed = self.file('home.pcap.gz', gzip.compress(home_capture()))
        self.assertEqual(self.good('--facts', packed), wanted)
        p = ctl('analyze', '--facts', '-', input=home_capture(), text=False)
        self.assertEqual((p.returncode, p.stdout.decode()), (0, wanted))

    def test_files_are_taken_each_for_itself(self):
        self.assertEqual(self.good('--devices', self.home, self.hostile),
                         self.good('--devices', self.home) + self.good('--devices', self.hostile))

    def test_cut_file_gives_what_is_readable(self):
        whole = home_capture()
        path = self.file('cut.pcap', whole[:-10])
        for option in ('--facts', '--devices', '--stats', '--no-legend'):
            p = ctl('analyze', option, path)
            self.assertEqual(p.returncode, 1)
            self.assertIn(path, p.stderr)
            self.assertRegex(p.stderr, r'\d{3,}', 'names the offset')
            self.assertNotEqual(p.stdout, '')
        self.assertEqual(len(lines(ctl('analyze', '--devices', path).stdout)), 4)
        self.assertIn('cut', json.loads(ctl('analyze', '--stats', path).stdout)['error'])

    def test_unreadable_files(self):
        text = self.file('text', 'this is no capture at all, but a text of some length')
        for path, says in ((text, 'not a capture'), (self.folder + '/none', 'No such file'), (self.folder, ''), (self.file('empty', ''), '')):
            p = ctl('analyze', path)
            self.assertEqual((p.returncode, p.stdout), (1, ''), path)
            self.assertIn(says, p.stderr)
            self.assertIn(path, p.stderr)

    def test_one_bad_file_does_not_keep_the_others(self):
        p = ctl('analyze', '--facts', self.folder + '/none', self.home)
        self.assertEqual(p.returncode, 1)
        self.assertEqual(p.stdout, self.good('--facts', self.home))

    def test_rules_of_ones_own(self):
        os.mkdir(self.folder + '/rules')
        self.file('rules/mine.conf', '[mine]\nMatch=dhcp.hostname is laptop\nType=laptop\nModel=Of mine\nConfidence=99\n')
        devices = {d['name']: d for d in lines(self.good('--devices', '--rules', self.folder + '/rules', self.home))}
        self.assertEqual((devices['laptop']['type'], devices['laptop']['model']), ('laptop', 'Of mine'))
        self.assertEqual([r['rule'] for r in devices['laptop']['reasons']], ['mine'])
        self.assertEqual(devices['printer']['type'], 'unknown')

    def test_mistakes_in_rules_are_told(self):
        os.mkdir(self.folder + '/rules')
        self.file('rules/mine.conf', '[mine]\nMatch=dhcp.hostname is laptop\nType=toaster\n')
        p = ctl('analyze', '--devices', '--rules', self.folder + '/rules', self.home)
        self.assertEqual(p.returncode, 1)
        self.assertIn('mine.conf:3:', p.stderr)
        self.assertEqual(len(lines(p.stdout)), 4)

    def test_signatures_of_ones_own(self):
        self.file('own.fp', '[tcp:request]\nlabel = s:other:Mine:\nsig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,ts1-:0\n')
        capture = os.path.join(SOURCE, 'tests', 'golden', 'syn.pcap')
        devices = lines(self.good('--devices', '--signatures', self.folder + '/own.fp', capture))
        values = [e['value'] for d in devices for e in d['evidence'] if e['kind'] == 'tcp.os']
        self.assertEqual(values, ['Mine: exact, distance 0, signature *:64:0:*:*,*:mss,sok,ts,nop,ws:df,ts1-:0'])

    def test_mistakes_in_signatures_are_told(self):
        self.file('own.fp', '[tcp:request]\nlabel = s:other:Mine:\nsig = nonsense\n')
        p = ctl('analyze', '--signatures', self.folder + '/own.fp', self.home)
        self.assertEqual(p.returncode, 1)
        self.assertIn('own.fp:3: ', p.stderr)
        p = ctl('analyze', '--signatures', self.folder + '/none.fp', self.home)
        self.assertEqual(p.returncode, 1)
        self.assertIn('none.fp: No such file', p.stderr)

    def test_copies_count_once(self):
        """Each frame of a capture, and then itself again: as a mirror port brings them."""
        with open(self.home, 'rb') as f:
            head, rest = f.read(24), f.read()
        doubled, at = b'', 0
        while at < len(rest):
            n = 16 + int.from_bytes(rest[at + 8:at + 12], 'little')
            doubled += 2 * rest[at:at + n]
            at += n
        path = self.file('doubled.pcap', head + doubled)
        once, all_ = (json.loads(self.good('--stats', *options, path)) for options in (['--drop-duplicates'], []))
        plain = json.loads(self.good('--stats', self.home))
        self.assertEqual(once['frames'], 2 * plain['frames'])
        self.assertEqual(once['duplicates'], plain['frames'])
        self.assertEqual(once['facts'], plain['facts'])
        self.assertEqual(once['flows']['packets'], plain['flows']['packets'])
        self.assertEqual(all_['duplicates'], 0)
        self.assertEqual(all_['flows']['packets'], 2 * plain['flows']['packets'])

    def test_many_mistakes_in_rules_are_counted(self):
        os.mkdir(self.folder + '/rules')
        self.file('rules/mine.conf', ''.join('[r%d]\nType=toaster\n' % i for i in range(100)))
        self.assertLess(len(ctl('analyze', '--rules', self.folder + '/rules', self.home).stderr.splitlines()), 20)

    def test_rules_that_are_not_there(self):
        p = ctl('analyze', '--rules', self.folder + '/none', self.home)
        self.assertEqual((p.returncode, p.stdout), (1, ''))
        self.assertIn('none', p.stderr)

    def test_a_model_that_is_none(self):
        p = ctl('analyze', '--model', self.file('bad.onnx', 'no model'), self.home)
        self.assertEqual((p.returncode, p.stdout), (1, ''))
        self.assertIn('bad.onnx: the model cannot be used', p.stderr)

    def test_hostile_names_reach_no_terminal(self):
        for columns in (20, 40, 80, 200):
            for args in ((self.hostile,), ('--wide', self.hostile)):
                out, status = on_terminal('analyze', '--no-pager', *args, columns=columns, env={'NO_COLOR': '1'})
                self.assertEqual(status, 0)
                self.assertIsNone(UNSAFE.search(out), repr(UNSAFE.search(out)))
        for option in ('--facts', '--devices', '--alerts', '--json=pretty'):
            self.assertIsNone(UNSAFE.search(self.good(option, self.hostile)), option)

    def test_hostile_names_are_kept_in_json(self):
        values = {f['value'] for f in lines(self.good('--facts', self.hostile)) if f['fact'] == 'dhcp.hostname'}
        for name in HOSTILE_NAMES:
            if b'\xff' not in name and b'\xc2\x9b' not in name and min(name) >= 32:
                self.assertIn(name.decode(), values)

    def test_width_of_the_terminal_is_kept(self):
        # A long flow, IPv6, and a capture that is cut off: there is something to say in each place.
        talk = pcap([udp_frame('02:00:00:00:00:09', '02:00:00:00:00:08', '192.0.2.129', '192.0.2.128', 50000, 50001, b'x' * 900),
                     ipv6_udp_frame('02:00:00:00:00:09', '02:00:00:00:00:08', 'fe80::1234:5678:9abc:def0',
                                    'fe80::fedc:ba98:7654:3210', 50000, 50001, b'x' * 900)])
        for capture in (self.hostile, self.home, self.file('talk.pcap', talk[:-100])):
            for columns in (80, 100, 120, 160):
                out, _ = on_terminal('analyze', '--no-pager', capture, columns=columns, env={'NO_COLOR': '1'})
                for line in out.splitlines()[2:]:
                    self.assertLessEqual(columns_of(line), columns, line)

    def test_kind_and_message_of_alerts_stay_on_a_narrow_terminal(self):
        for columns, head in ((80, ['ID', 'WHEN', 'SEVERITY', 'KIND', 'MESSAGE']),
                              (200, ['ID', 'WHEN', 'SEVERITY', 'KIND', 'DEVICE', 'MESSAGE', 'TIMES', 'STATE', 'ACKNOWLEDGED'])):
            out, _ = on_terminal('analyze', '--no-pager', self.home, columns=columns, env={'NO_COLOR': '1'})
            titles, first = re.search(r'^( *ID .*)\n(.*)$', out, re.M).groups()
            self.assertEqual(titles.split(), head)
            self.assertRegex(first, r'11-14 22:13:\d\d  info      new_device  .*New device: \S+ \S+')
            self.assertLessEqual(len(first), columns)

    def test_colours_on_terminals_only(self):
        self.assertIn('\x1b[', on_terminal('analyze', '--no-pager', self.home)[0])
        self.assertNotIn('\x1b[', on_terminal('analyze', '--no-pager', self.home, env={'NO_COLOR': '1'})[0])
        self.assertNotIn('\x1b[', on_terminal('analyze', '--no-pager', self.home, env={'TERM': 'dumb'})[0])
        self.assertNotIn('\x1b[', self.good(self.home))

    def test_pager(self):
        out, status = on_terminal('analyze', self.home, env={'PAGER': 'sed s/^/paged:/', 'NO_COLOR': '1'})
        self.assertEqual(status, 0)
        self.assertTrue(all(line.startswith('paged:') for line in out.splitlines()), out)
        self.assertNotIn('paged:', on_terminal('analyze', '--no-pager', self.home, env={'PAGER': 'sed s/^/paged:/'})[0])
        self.assertIn('Frames', on_terminal('analyze', self.home, env={'PAGER': 'no-such-pager'})[0])
        self.assertIn('Frames', on_terminal('analyze', self.home, env={'PAGER': 'cat'})[0])

    def test_terminal_that_is_not_utf8(self):
        out, _ = on_terminal('analyze', '--no-pager', self.hostile, env={'LC_ALL': 'C', 'NO_COLOR': '1'}, columns=200)
        self.assertTrue(out.isascii())


main()
