#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Models of lanscopectl analyze --model: one that rates flows, and all that is none. Called as test-model.py LANSCOPECTL
LANSCOPED SOURCE."""
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))

from harness import LANSCOPED, SOURCE, ctl, main, pcap, udp_frame  # noqa: E402

import subprocess  # noqa: E402

MODELS = os.path.join(SOURCE, 'tests', 'ml')
OFFENDER, PEER = '00:1b:a9:00:00:07', '00:1b:a9:00:00:01'


def model(name):
    return os.path.join(MODELS, name)


class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='lanscope-model-')
        cls.addClassCleanup(cls.folder.cleanup)
        cls.capture = os.path.join(cls.folder.name, 'flows.pcap')
        with open(cls.capture, 'wb') as f:
            f.write(pcap([udp_frame(OFFENDER, PEER, '192.0.2.7', '192.0.2.1', 20000 + i, 9999, b'x' * 20) for i in range(12)]))
        cls.built_in = 'built without' not in ctl('analyze', '--alerts', '--model', model('udp.onnx'), cls.capture).stderr

    def analyze(self, path, *options):
        return ctl('analyze', '--alerts', '--model', path, *options, self.capture)

    def refused(self, path, says):
        p = self.analyze(path)
        self.assertEqual((p.returncode, p.stdout), (1, ''), path)
        self.assertIn(path + ': the model cannot be used: ', p.stderr)
        self.assertIn(says if self.built_in else 'built without ONNX Runtime', p.stderr)

    def test_a_device_is_told_of_once(self):
        p = self.analyze(model('udp.onnx'))
        if not self.built_in:
            self.assertEqual((p.returncode, p.stdout), (1, ''))
            self.assertIn('built without ONNX Runtime', p.stderr)
            return
        self.assertEqual((p.returncode, p.stderr), (0, ''))
        alerts = [a for a in map(json.loads, p.stdout.splitlines()) if a['kind'] == 'model']
        self.assertEqual([(a['mac'], a['severity']) for a in alerts], [(OFFENDER, 'warning')])
        self.assertIn('192.0.2.1', alerts[0]['message'])
        details = alerts[0]['details']
        self.assertEqual((details['flows'], details['threshold_flows'], details['score_percent']), (10, 10, 100))

    def test_what_is_no_model_for_us(self):
        for name, says in (('wide.onnx', 'its input is not'), ('two-scores.onnx', 'its output is not'),
                           ('unnamed.onnx', 'other features'), ('renamed.onnx', 'other features')):
            self.refused(model(name), says)

    def test_what_is_no_model(self):
        junk, empty, huge = (os.path.join(self.folder.name, name) for name in ('junk', 'empty', 'huge'))
        for path, data in ((junk, os.urandom(5000)), (empty, b'')):
            with open(path, 'wb') as f:
                f.write(data)
        with open(huge, 'wb') as f:
            f.truncate((64 << 20) + 1)
        self.refused(junk, '')
        self.refused(empty, 'empty')
        with open(model('udp.onnx'), 'rb') as f:
            whole = f.read()
        for n in range(1, len(whole), 61):
            with open(junk, 'wb') as f:
                f.write(whole[:n])
            self.assertEqual(self.analyze(junk).returncode, 1, n)
        for path, says in ((huge, 'File too large'), ('/nonexistent', 'No such file'), (self.folder.name, 'Is a directory')):
            p = self.analyze(path)
            self.assertEqual((p.returncode, p.stdout), (1, ''), path)
            self.assertIn('%s: the model cannot be used: %s' % (path, says), p.stderr)

    def test_the_service_goes_on_without(self):
        config = os.path.join(self.folder.name, 'lanscoped.conf')
        for path, good in ((model('udp.onnx'), self.built_in), (model('wide.onnx'), False), ('/nonexistent', False)):
            with open(config, 'w', encoding='utf-8') as f:
                f.write('[Detectors]\nModel=%s\n' % path)
            p = subprocess.run([LANSCOPED, '--check-config', '--config=' + config], capture_output=True, text=True, timeout=60)
            self.assertEqual(p.returncode, 0 if good else 1, p.stderr)
            self.assertEqual('the model cannot be used' in p.stderr, not good, p.stderr)


main()
