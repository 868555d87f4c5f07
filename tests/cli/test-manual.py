#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual pages are true: they name what --help names, no more and no less, and are clean."""

import glob
import os
import re
import shutil
import subprocess
import unittest

from harness import ctl, main, verbs, SOURCE

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
        for verb in ('list', 'status', 'export', 'analyze'):
            section = re.search(r'\.Ss Of %s\n(.*?)\n\.S[sh]' % verb, text, re.S).group(1)
            common = long_options(ctl('start', '--help').stdout)
            self.assertEqual(manual_options(section), long_options(ctl(verb, '--help').stdout.split('Options:')[1]) - common, verb)

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
