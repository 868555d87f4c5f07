#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What detectors have learned survives restarts and kills: a known device stays known, a restart tells nothing, and what
differs from what was learned before is told after."""

import signal
import sqlite3
import time

from faults import Daemon, OnWire, need_network_namespace

need_network_namespace('faults-memory')

from harness import arp_reply, dhcp_request, main, wait_for  # noqa: E402

PRINTER, HOUR = '00:1b:a9:00:00:01', 3600


class Memory(OnWire):
    def setUp(self):
        super().setUp()
        self.daemon = Daemon(self.bus, '--interface=lan0', config=self.CONFIG, start=False)
        self.addCleanup(self.daemon.cleanup)

    def begin(self):
        self.daemon.start()
        self.daemon.wait_up()

    def hears(self, vendor_class, times=1):
        facts = self.facts()
        for i in range(times):
            self.wire.send(dhcp_request(PRINTER, b'printer', '192.0.2.9', vendor_class))
            self.wire.send(arp_reply(PRINTER, '192.0.2.9'))
        wait_for(lambda: self.facts() >= facts + 2 * times, 'the frames to be read')

    def facts(self):
        return self.daemon.status()['Statistics']['inventory.facts']

    def alerts(self):
        return [(a['kind'], a['mac'], a['count']) for a in self.daemon.json('alerts', '--all')]

    def lessons(self):
        d = sqlite3.connect(self.daemon.database)
        try:
            return {(r[0], r[1]): r[2] for r in d.execute('SELECT detector, mac, text FROM lessons')}
        finally:
            d.close()

    def age(self, seconds):
        """As if it had been learned so much earlier: the value is since then the same."""
        d = sqlite3.connect(self.daemon.database)
        for detector, key, text in d.execute('SELECT detector, key, text FROM lessons').fetchall():
            words = text.split()
            if detector == 'identity_changed':
                words[1] = str(int(words[1]) - seconds * 10**9)
                d.execute('UPDATE lessons SET text = ? WHERE detector = ? AND key = ?',
                          (''.join(' ' + w for w in words), detector, key))
        d.commit()
        d.close()

    def test_a_known_device_is_known_after_restarts_and_kills(self):
        self.begin()
        self.hears(b'udhcp 1.36', 5)
        wait_for(lambda: self.alerts(), 'the alert of the new device')
        self.assertEqual(self.alerts(), [('new_device', PRINTER, 1)])
        self.assertEqual(self.daemon.end(), 0)
        self.assertIn(('identity_changed', PRINTER), self.lessons())
        self.age(48 * HOUR)
        for end in signal.SIGTERM, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM:
            self.begin()
            self.hears(b'udhcp 1.36')
            self.daemon.end(end)
        self.begin()
        self.hears(b'udhcp 1.36')
        time.sleep(3)  # what would be told is told within the settling time
        self.assertEqual(self.alerts(), [('new_device', PRINTER, 1)])
        self.hears(b'MSFT 5.0')
        wait_for(lambda: len(self.alerts()) > 1, 'the alert of the changed device')
        self.assertEqual({a[:2] for a in self.alerts()}, {('new_device', PRINTER), ('identity_changed', PRINTER)})
        before = self.alerts()
        self.assertEqual(self.daemon.end(), 0)
        self.begin()
        self.hears(b'MSFT 5.0')
        time.sleep(3)
        self.assertEqual(self.alerts(), before)

    def test_a_forgotten_device_is_learned_anew(self):
        self.begin()
        self.hears(b'udhcp 1.36', 5)
        self.daemon.end()
        self.assertIn(PRINTER, {mac for _, mac in self.lessons()})
        self.begin()
        self.assertEqual(self.daemon.ctl('forget', PRINTER).returncode, 0)
        self.daemon.end()
        self.assertNotIn(PRINTER, {mac for _, mac in self.lessons()})

    def test_lessons_that_make_no_sense_do_no_harm(self):
        self.begin()
        self.hears(b'udhcp 1.36', 5)
        self.daemon.end()
        d = sqlite3.connect(self.daemon.database)
        d.execute("UPDATE lessons SET text = ' 1 garbage'")
        d.execute("INSERT INTO lessons VALUES ('nobody', 1, NULL, 1, ' 1')")
        d.commit()
        d.close()
        self.begin()
        self.assertGreater(self.daemon.status()['Statistics']['store.skipped_rows'], 1)
        self.hears(b'udhcp 1.36')
        self.assertEqual(self.daemon.end(), 0)


main()
