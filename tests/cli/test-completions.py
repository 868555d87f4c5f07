# SPDX-License-Identifier: LGPL-2.1-or-later
"""The completions of bash, zsh and fish, in the shells themselves: typed on a terminal, as a user does, or asked for."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
import unittest

from harness import HOSTILE_NAMES, LANSCOPECTL, PATIENCE, SOURCE, Bus, Service, arp_reply, dhcp_request, main, pcap

COMPLETIONS = os.path.join(SOURCE, 'data', 'completions')
CAPTURE = pcap([dhcp_request('02:00:5e:00:01:01', b'kitchen-radio', '192.0.2.77'),
                dhcp_request('02:00:5e:00:01:02', b'garage', '192.0.2.78'),
                dhcp_request('02:00:5e:00:01:03', b'$(touch pwned)', '192.0.2.79')] +
               [arp_reply('02:00:5e:00:01:0%d' % i, '192.0.2.%d' % (76 + i)) for i in (1, 2)] +
               [dhcp_request('02:00:5e:00:02:%02x' % i, name[:60], '198.51.100.%d' % (i + 1))
                for i, name in enumerate(HOSTILE_NAMES)])


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, command, env, folder):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(folder)
                os.execvpe(command[0], command, env)
            finally:
                os._exit(127)
        self.seen = ''

    def type(self, text):
        self.seen = ''
        os.write(self.fd, text.encode())

    def wait_for(self, pattern, seconds=PATIENCE):
        """What was shown since the last typing, without control sequences, until it has the pattern."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            if time.monotonic() > end:
                raise AssertionError('%r is not in %r' % (pattern, self.seen))
            if select.select([self.fd], [], [], 0.2)[0]:
                piece = os.read(self.fd, 65536).decode(errors='replace')
                self.seen = re.sub('\x1b\\[[0-9;?]*[a-zA-Z]|\x1b[=>]|[\x07\x08\r]', '', self.seen + piece)
        return self.seen

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Completions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bus = Bus()
        cls.service = Service(cls.bus, CAPTURE)
        cls.env = cls.bus.env(PATH=os.path.dirname(LANSCOPECTL) + ':' + os.environ['PATH'], HOME=cls.bus.folder,
                              PS1='> ', PROMPT='> ', TERM='dumb')

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        cls.bus.close()

    def tearDown(self):
        self.assertFalse(os.path.exists(os.path.join(self.bus.folder, 'pwned')))

    # What is typed, and what must come of it; and words of which none may be offered.
    CASES = [
        ('lanscopectl exp', ['explain', 'export'], ['list']),
        ('lanscopectl device kit', ['kitchen-radio'], ['garage']),
        ('lanscopectl explain 192.0.2.', ['192.0.2.77', '192.0.2.78'], ['kitchen-radio']),
        ('lanscopectl label gar', ['garage'], ['kitchen-radio']),
        ('lanscopectl merge garage kit', ['kitchen-radio'], ['garage']),
        ('lanscopectl --no-legend forget gar', ['garage'], ['kitchen-radio']),
        ('lanscopectl list --presence=o', ['online', 'offline'], ['idle']),
        ('lanscopectl mode ga', ['gateway'], ['garage']),
        ('lanscopectl alerts --kind=d', ['dhcp_flood', 'dns_tunnel'], ['new_device']),
        ('lanscopectl list --type=s', ['scanner', 'switch'], ['printer']),
        ('lanscopectl list --category=me', ['media'], ['mobile']),
        ('lanscopectl type gar', ['garage'], ['game-console']),
        ('lanscopectl type garage s', ['scanner', 'switch'], ['garage', 'auto']),
        ('lanscopectl -H host exp', ['explain', 'export'], ['list']),
        ('lanscopectl -H me@host --machine pi mode ga', ['gateway'], ['garage']),
        ('lanscopectl -M ex', [], ['explain', 'export']),
        ('lanscopectl export -o capt', ['capture.pcap'], ['alerts']),
        ('lanscopectl export -o alerts fl', ['flows'], ['devices']),
    ]

    def check(self, ask):
        for line, wanted, unwanted in self.CASES:
            with self.subTest(line=line):
                offered = ask(line)
                for word in wanted:
                    self.assertTrue(any(o.endswith(word) for o in offered), (word, offered))
                for word in unwanted:
                    self.assertFalse(any(o.endswith(word) for o in offered), (word, offered))

    def run_shell(self, *command):
        p = subprocess.run(command, env=self.env, cwd=self.bus.folder, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((p.returncode, p.stderr), (0, ''), command)
        return p.stdout.splitlines()

    # Words as readline breaks them, by COMP_WORDBREAKS.
    BASH = '''source "$1/lanscopectl.bash"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=() rest=$2 piece=
while [[ -n $rest ]]; do
        c=${rest:0:1} rest=${rest:1}
        case $c in
        ' ') [[ -z $piece ]] || COMP_WORDS+=("$piece"); piece= ;;
        [:=]) [[ -z $piece ]] || COMP_WORDS+=("$piece"); COMP_WORDS+=("$c"); piece= ;;
        *) piece+=$c ;;
        esac
done
[[ -z $piece && ${COMP_LINE: -1} == [:=] ]] || COMP_WORDS+=("$piece")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
_lanscopectl
printf '%s\\n' "${COMPREPLY[@]}"'''

    def ask_bash(self, line):
        return self.run_shell('bash', '--norc', '-c', self.BASH, 'bash', COMPLETIONS, line)

    @unittest.skipUnless(shutil.which('bash'), 'bash is not installed')
    def test_bash(self):
        self.check(self.ask_bash)
        # readline puts back what stands before the last colon.
        self.assertEqual(self.ask_bash('lanscopectl device 02:00:5e:00:01:0'), ['01', '02', '03'])
        self.assertEqual(sorted(self.ask_bash('lanscopectl list --json=')), ['off', 'pretty', 'short'])

    @unittest.skipUnless(shutil.which('bash'), 'bash is not installed')
    def test_bash_typed(self):
        t = Terminal(['bash', '--norc', '--noprofile', '-i'], self.env, self.bus.folder)
        self.addCleanup(t.close)
        t.type('source %s/lanscopectl.bash; echo re""ady\n' % COMPLETIONS)
        t.wait_for('ready')
        for typed, shown in (('kit', 'kitchen-radio'), ('02:00:5e:00:01:02', '02:00:5e:00:01:02 '), ('02:00:5e:00:02:00', ':00 ')):
            t.type('lanscopectl device %s\t' % typed)
            t.wait_for(re.escape(shown))
            t.type('\x15')

    @unittest.skipUnless(shutil.which('fish'), 'fish is not installed')
    def test_fish(self):
        def ask(line):
            lines = self.run_shell('fish', '--no-config', '-c', 'source $argv[1]/lanscopectl.fish; complete -C $argv[2]',
                                   COMPLETIONS, line)
            return [l.split('\t')[0] for l in lines]
        self.check(ask)
        self.assertIn('02:00:5e:00:01:02', ask('lanscopectl device 02:00:5e:00:01:0'))

    @unittest.skipUnless(shutil.which('zsh'), 'zsh is not installed')
    def test_zsh(self):
        t = Terminal(['zsh', '-f', '-i'], self.env, self.bus.folder)
        self.addCleanup(t.close)
        # Lists instead of menus, and no questions about their length.
        t.type('fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D; setopt nobeep list_ambiguous; LISTMAX=0; '
               'zstyle ":completion:*" menu no; echo re""ady\n' % COMPLETIONS)
        t.wait_for('ready')
        for line, wanted, unwanted in self.CASES:
            with self.subTest(line=line):
                # Twice: where there are several, the first fills in what they share.
                t.type(line + '\t')
                t.wait_for(re.escape(line.split()[-1].split('=')[-1]))
                if len(wanted) > 1:
                    t.type('\t')
                for word in wanted:
                    t.wait_for(re.escape(word) if len(wanted) > 1 else re.escape(line.split()[-1]) + '.*' +
                               re.escape(word[len(line.split()[-1]):]))
                t.type('\x15')
        t.type('lanscopectl device 02:00:5e:00:01:\t\t')
        for word in ('01', '02', '03'):
            t.wait_for('02:00:5e:00:01:' + word)


main()
