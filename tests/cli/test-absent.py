#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No service, no bus: a sentence that says what to do, and exit status 1."""

import unittest

from harness import Bus, ctl, environment, main, verbs

ARGUMENTS = {'top': ['--batch=1'], 
    'device': ['x'], 'explain': ['x'], 'ack': ['1'], 'label': ['x', 'y'], 'type': ['x', 'printer'], 'notes': ['x', 'y'],
    'trust': ['x'], 'forget': ['x'], 'merge': ['x', 'y'], 'split': ['x', '02:00:00:00:00:01'], 'mode': ['host'],
    'mute': ['1'], 'unmute': ['1'],
}


class Absent(unittest.TestCase):
    def each_verb(self, env, says):
        for verb in verbs():
            if verb == 'analyze':
                continue
            p = ctl(verb, *ARGUMENTS.get(verb, []), env=env)
            self.assertEqual((p.returncode, p.stdout), (1, ''), verb)
            self.assertIn(says, p.stderr, verb)
        self.assertEqual(ctl(env=env).returncode, 1)

    def test_no_bus(self):
        self.each_verb(environment(), 'Cannot reach the system bus')

    def test_no_service(self):
        bus = Bus()
        self.addCleanup(bus.close)
        self.each_verb(bus.env(), 'lanscoped is not running')


main()
