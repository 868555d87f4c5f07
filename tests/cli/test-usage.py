#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line: help, positions of options, what is refused, and the exit status."""

import os
import subprocess
import tempfile
import unittest

from harness import ctl, environment, home_capture, main, verbs, LANSCOPECTL


class Usage(unittest.TestCase):
    def refused(self, *args, says=None):
        """Exit status 2, a sentence, and nothing on standard output."""
        p = ctl(*args)
        self.assertEqual(p.returncode, 2, '%s: %s' % (args, p.stderr))
        self.assertEqual(p.stdout, '')
        self.assertNotEqual(p.stderr.strip(), '')
        if says:
            self.assertIn(says, p.stderr)

    def test_every_verb_has_help(self):
        self.assertTrue({'status', 'list', 'device', 'explain', 'alerts', 'ack', 'monitor', 'label', 'type', 'trust', 'forget',
                         'mode', 'start', 'stop', 'analyze', 'export'} <= set(verbs()))
        for verb in verbs():
            for order in ([verb, '--help'], ['--help', verb], [verb, '-h']):
                p = ctl(*order)
                self.assertEqual((p.returncode, p.stderr), (0, ''), order)
                self.assertIn('lanscopectl %s' % verb, p.stdout)
                self.assertEqual('--json=MODE' in p.stdout, verb != 'export')

    def test_help_asks_for_no_arguments(self):
        self.assertEqual(ctl('label', 'x', '--help').returncode, 0)

    def test_version(self):
        p = ctl('--version')
        self.assertEqual(p.returncode, 0)
        self.assertRegex(p.stdout, r'^lanscopectl \d+\.\d+\.\d+\n$')

    def test_unknown_verb_gets_near_ones(self):
        self.refused('lits', says="'list'")
        self.refused('stat', says="'status'")
        self.refused('analyse', says="'analyze'")
        self.refused('quite-something-else', says='--help')
        self.assertNotIn('Did you mean', ctl('quite-something-else').stderr)

    def test_unknown_options(self):
        self.refused('--nonsense')
        self.refused('list', '--nonsense')
        self.refused('list', '-q')
        self.refused('list', '--json')

    def test_options_of_other_verbs(self):
        self.refused('status', '--sort=ip', says='--sort')
        self.refused('list', '--facts', says='--facts')
        self.refused('analyze', 'x', '--since=2h', says='--since')
        self.refused('export', '--limit=3', says='--limit')
        self.refused('export', '--json=pretty', says='--json')
        self.refused('export', '--format=csv', '-j', says='--json')
        self.refused('analyze', '-H', 'x', 'file', says='--host')
        self.refused('analyze', '--machine=x', 'file', says='--machine')

    def test_bad_values(self):
        for args in (('--json=yes',), ('list', '--presence=away'), ('list', '--sort=color'), ('list', '--type=toaster'), ('list', '--category=toys'), ('alerts', '--kind=nonsense'), ('alerts', '--severity=bad'),
                     ('alerts', '--limit=0'), ('alerts', '--limit=-1'), ('alerts', '--limit=x'), ('alerts', '--limit=99999999999'),
                     ('alerts', '--since=soon'), ('alerts', '--since=2025-13-45'), ('alerts', '--since=-5s'), ('alerts', '--since='),
                     ('export', '--format=xml'), ('export', 'secrets'), ('mode', 'bridge'), ('trust', 'x', 'maybe'),
                     ('type', 'x', 'toaster'), ('split', 'x', 'not-a-mac'), ('ack', 'x'), ('ack', '0'), ('ack', '-1')):
            self.refused(*args)

    def test_exceptions_expire_in_the_future(self):
        for time in ('2020-01-01', '2020-01-01 18:00', '@1600000000', 'now', 'today', 'yesterday', '0s', 'soon'):
            self.refused('mute', '--kind=new_device', '--expires=' + time, says='a time to come')

    def test_contradictions(self):
        self.refused('list', '--trusted', '--untrusted')
        self.refused('list', '--online', '--presence=idle')
        self.refused('alerts', '--all', '--unacknowledged')
        self.refused('ack')
        self.refused('ack', '--all', '3')
        self.refused('status', '-H', 'a', '-M', 'b')

    def test_too_few_and_too_many_arguments(self):
        for args in (('device',), ('explain',), ('explain', 'a', 'b'), ('label', 'a'), ('label', 'a', 'b', 'c'), ('type', 'a'), ('trust',),
                     ('notes',), ('forget',), ('merge', 'a'), ('split', 'a'), ('list', 'a'), ('status', 'a'), ('alerts', 'a'),
                     ('monitor', 'a'), ('start', 'a'), ('stop', 'a'), ('reload', 'a'), ('networks', 'a'), ('analyze',),
                     ('export', 'devices', 'alerts')):
            self.refused(*args, says='usage:')

    def test_types_are_told_where_there_is_none(self):
        self.assertIn('game-console', ctl('type', 'x', 'toaster').stderr)

    def test_options_may_stand_anywhere(self):
        with tempfile.NamedTemporaryFile(suffix='.pcap') as f:
            f.write(home_capture())
            f.flush()
            outputs = {ctl(*order).stdout for order in (('analyze', '--facts', f.name), ('--facts', 'analyze', f.name),
                                                        ('analyze', f.name, '--facts'), ('analyze', '--facts', '--', f.name))}
        self.assertEqual(len(outputs), 1)
        self.assertIn('dhcp.hostname', outputs.pop())

    def test_full_disk_is_a_failure(self):
        with open('/dev/full', 'w') as full:
            p = subprocess.run([LANSCOPECTL, '--help'], stdout=full, stderr=subprocess.PIPE, text=True, env=environment())
        self.assertEqual(p.returncode, 1)
        self.assertIn('Cannot write', p.stderr)

    def test_reader_that_leaves_is_no_crash(self):
        with tempfile.NamedTemporaryFile(suffix='.pcap') as f:
            f.write(home_capture())
            f.flush()
            read, write = os.pipe()
            os.close(read)
            p = subprocess.run([LANSCOPECTL, 'analyze', '--facts', f.name], stdout=write, stderr=subprocess.PIPE, env=environment())
            os.close(write)
        self.assertIn(p.returncode, (1, -13))
        self.assertEqual(p.stderr, b'')


main()
