#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual pages are true: they name what --help names, no more and no less, and are clean."""

import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from harness import LANSCOPED, SOURCE, ctl, home_capture, main, verbs

PAGES = os.path.join(SOURCE, 'data', 'man')


def page(name):
    with open(os.path.join(PAGES, name)) as f:
        return f.read()


def long_options(text):
    return set(re.findall(r'--([a-z][a-z-]*)', text))


def manual_options(text):
    """The options that items of lists are about."""
    return {o for line in text.splitlines() if line.startswith('.It Fl') for o in re.findall(r'(?:Fl|,) -([a-z][a-z-]*)', line)}


class Manual(unittest.TestCase):
    def test_verbs(self):
        described = set()
        for line in page('lanscopectl.1').splitlines():
            if line.startswith('.It Cm '):
                described |= {word for word in re.split(r'[ ,]+', line.split('|')[0])[2:] if word in verbs()}
        self.assertEqual(described, set(verbs()))

    def test_options(self):
        offered = set()
        for verb in verbs():
            offered |= long_options(ctl(verb, '--help').stdout.split('Options:')[1])
        offered -= {'json=short'}
        self.assertEqual(manual_options(page('lanscopectl.1')), offered)

    def test_options_stand_where_they_belong(self):
        text = page('lanscopectl.1')
        for verb in ('list', 'networks', 'flows', 'traffic', 'status', 'alerts', 'ack', 'mute', 'top', 'export', 'analyze'):
            section = re.search(r'\.Ss Of %s\n(.*?)\n\.S[sh]' % verb, text, re.S).group(1)
            common = long_options(ctl('start', '--help').stdout)
            self.assertEqual(manual_options(section), long_options(ctl(verb, '--help').stdout.split('Options:')[1]) - common, verb)

    def test_options_of_the_service(self):
        p = subprocess.run([LANSCOPED, '--help'], capture_output=True, text=True, check=True)
        self.assertEqual(manual_options(page('lanscoped.8')), long_options(p.stdout))

    def test_configuration(self):
        """Every key of the packaged file, which lists all with their defaults, in its section."""
        with open(os.path.join(SOURCE, 'data', 'lanscoped.conf')) as f:
            wanted, section = set(), None
            for line in f:
                head, entry = re.match(r'\[(\w+)\]', line), re.match(r'#?([A-Z]\w+)=(\S*)', line)
                section = head.group(1) if head else section
                if entry:
                    wanted.add((section, entry.group(1), entry.group(2)))
        found, section, key = {}, None, None
        for line in page('lanscoped.conf.5').splitlines():
            head, entry = re.match(r'\.Sh \[(\w+)\] SECTION', line), re.match(r'\.It Va (\w+) Ns = ', line)
            section = head.group(1) if head else section
            if entry:
                key = (section, entry.group(1))
                found[key] = ''
            elif key:
                found[key] += ' ' + line
            if line.startswith('.El'):
                key = None
        self.assertEqual(set(found), {w[:2] for w in wanted})
        for section, key, default in wanted:
            if default:
                self.assertRegex(found[(section, key)], r'\b%s\b' % default, key)

    def test_interfaces(self):
        """Every property, method and signal of the contract, and no other."""
        text = page('org.lanscope1.5')
        for name in ('Manager', 'Device', 'Network'):
            root = xml.etree.ElementTree.parse(os.path.join(SOURCE, 'dbus', 'org.lanscope1.%s.xml' % name)).getroot()
            part = re.search(r'\.Sh %s\n(.*?)\n\.Sh' % name.upper(), text, re.S).group(1)
            properties = {(p.get('name'), p.get('type')) for p in root.iter('property')}
            self.assertEqual(set(re.findall(r'Va (\w+) No \(([a-z{}]+)\)', part)), properties, name)
            calls = {c.get('name') for tag in ('method', 'signal') for c in root.iter(tag)}
            self.assertEqual(set(re.findall(r'\.It Fn (\w+)', part)), calls, name)

    def test_keys_of_flows(self):
        described = re.search(r'\.It Flow\n(.*?)\n\.It ', page('lanscopectl.1'), re.S).group(1)
        capture = os.path.join(tempfile.mkdtemp(), 'capture.pcap')
        self.addCleanup(shutil.rmtree, os.path.dirname(capture))
        with open(capture, 'wb') as f:
            f.write(home_capture())
        flow = json.loads(ctl('analyze', '--flows', capture).stdout.splitlines()[0])
        self.assertEqual(re.findall(r'^\.Ql ([a-z_0-9]+)', described, re.M), list(flow))

    def test_completions_know_every_choice(self):
        for path in glob.glob(os.path.join(SOURCE, 'data', 'completions', '*lanscopectl*')):
            with open(path) as f:
                text = f.read()
            for word in ('last-seen', 'pretty', 'critical', 'csv', 'gateway', 'idle'):
                self.assertIn(word, text, path)

    @unittest.skipUnless(shutil.which('bash'), 'bash is not installed')
    def test_bash_completion_is_sound(self):
        path = os.path.join(SOURCE, 'data', 'completions', 'lanscopectl.bash')
        subprocess.run(['bash', '-n', path], check=True)

    @unittest.skipUnless(shutil.which('mandoc'), 'mandoc is not installed')
    def test_lint(self):
        for path in sorted(glob.glob(os.path.join(PAGES, '*.[0-9]'))):
            lines = subprocess.run(['mandoc', '-Tlint', path], capture_output=True, text=True).stdout.splitlines()
            lines = [l for l in lines if 'referenced manual not found' not in l and 'outdated mandoc.db' not in l]
            self.assertEqual(lines, [], path)


main()
