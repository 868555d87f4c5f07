#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The service is killed in the middle of traffic, again and again: what a client was told is there afterwards, and nothing
stays on the interface."""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

import faults
from faults import Daemon, need_network_namespace, skip

need_network_namespace('faults-crash')

from harness import LANSCOPECTL, LANSCOPED, Bus, arp_reply, dhcp_request, main, mdns_service  # noqa: E402

ROUNDS = 20
BACKENDS = ('auto', 'pcap', 'xdp-generic', 'clsact')
# Alerts soon, and from the first moment on.
CONFIG = '[Alerts]\nSettleSec=1\nLearningPeriodSec=0\n'


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


class Traffic(threading.Thread):
    """Frames out of the other end of the wire: known devices again and again, and a new one now and then."""

    def __init__(self):
        super().__init__(daemon=True)
        self.devices, self.over = 1, False
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.bind(('lan1', 0))

    def run(self):
        turn = 0
        while not self.over:
            turn += 1
            if turn % 50 == 0 and self.devices < 250:
                self.devices += 1
            self.device(self.devices if turn % 5 == 0 else random.randint(1, self.devices))
            time.sleep(0.002)

    def device(self, i):
        mac, ip, name = mac_of(i), '192.0.2.%i' % i, b'host-%i' % i
        for frame in (dhcp_request(mac, name, ip, b'udhcp 1.36'), arp_reply(mac, ip),
                      mdns_service(mac, ip, name, b'_ipp._tcp', name)):
            try:
                self.socket.send(frame)
            except OSError:  # the queue is full for a moment
                pass

    def stop(self):
        self.over = True
        self.join()
        self.socket.close()


def mac_of(i):
    return '00:1b:a9:00:00:%02x' % i


class Client(threading.Thread):
    """Labels devices as fast as it can, and remembers what it was told is done."""

    def __init__(self, daemon, seed):
        super().__init__(daemon=True)
        self.daemon_, self.random = daemon, random.Random(seed)
        self.labels, self.acknowledged, self.over = {}, set(), False

    def run(self):
        n = 0
        while not self.over:
            n += 1
            device = mac_of(self.random.randint(1, 9))
            label = 'label %i of %s' % (n, device)
            # While it runs the answer is not known: either of both may stand.
            if self.daemon_.ctl('label', device, label).returncode == 0:
                self.labels[device] = {label}
            else:
                self.labels.setdefault(device, {None, ''}).add(label)  # or neither, of one that is not known yet
            if n % 5 == 0:
                self.acknowledge()

    def acknowledge(self):
        p = self.daemon_.ctl('alerts', '--json=short')
        open_alerts = [a['id'] for a in json.loads(p.stdout or '[]') if not a['acknowledged']] if p.returncode == 0 else []
        if open_alerts and self.daemon_.ctl('ack', str(open_alerts[0])).returncode == 0:
            self.acknowledged.add(open_alerts[0])


class Listener:
    """What `lanscopectl monitor` tells of alerts."""

    def __init__(self, bus):
        self.path = os.path.join(bus.folder, 'monitor')
        self.output = open(self.path, 'ab')
        self.process = subprocess.Popen([LANSCOPECTL, 'monitor', '--json=short'], env=bus.env(), stdout=self.output)

    def alerts(self):
        with open(self.path) as f:
            events = [json.loads(line) for line in f if line.endswith('\n')]
        return {e['alert']['id']: e['alert'] for e in events if e['event'] == 'alert'}

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.output.close()


class Crash(unittest.TestCase):
    def setUp(self):
        for command in ('link add lan0 type veth peer name lan1', 'link set lan0 up', 'link set lan1 up',
                        'addr add 192.0.2.254/24 dev lan0'):
            if run('ip', *command.split()).returncode != 0:
                skip('no pair of interfaces can be made here')
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        self.listener = None
        self.traffic = Traffic()
        self.traffic.start()
        self.addCleanup(self.traffic.stop)
        self.labels, self.acknowledged = {}, set()

    def assert_clean(self):
        self.assertNotIn('xdp', run('ip', '-details', 'link', 'show', 'lan0').stdout)
        for side in ('ingress', 'egress'):
            self.assertEqual(run('tc', 'filter', 'show', 'dev', 'lan0', side).stdout, '')
        self.assertNotIn('clsact', run('tc', 'qdisc', 'show', 'dev', 'lan0').stdout)
        attached = run('bpftool', '--json', 'net', 'show', 'dev', 'lan0') if faults.shutil.which('bpftool') else None
        if attached and attached.returncode == 0:
            self.assertFalse(any(json.loads(attached.stdout)[0].values()), attached.stdout)
        self.assertNotIn('promiscuity 1', run('ip', '-details', 'link', 'show', 'lan0').stdout)

    def assert_nothing_lost(self, daemon):
        devices = {d['mac']: d for d in daemon.json('list')}
        for mac, allowed in self.labels.items():
            self.assertIn(devices[mac]['label'] if mac in devices else None, allowed, mac)
        alerts = {a['id']: a for a in daemon.json('alerts', '--all')}
        self.assertEqual(set(self.listener.alerts()) - set(alerts), set(), 'alerts that were signalled')
        for id in self.acknowledged:
            self.assertTrue(alerts[id]['acknowledged'])
        told = [a['mac'] for a in alerts.values()]
        self.assertEqual(len(told), len(set(told)), 'a device is new only once')

    def round(self, i):
        backend = BACKENDS[i % len(BACKENDS)]
        daemon = Daemon(self.bus, '--interface=lan0', '--backend=' + backend, '--log-level=info', config=CONFIG)
        try:
            daemon.wait_up()
            if not self.listener:  # it waits for a service that is restarted
                self.listener = Listener(self.bus)
                self.addCleanup(self.listener.close)
            self.assertNotIn('damaged', daemon.log())
            self.assert_nothing_lost(daemon)
            client = Client(daemon, i)
            client.labels = self.labels
            client.start()
            time.sleep(random.Random(i).uniform(0.2, 2.5))
            daemon.end(signal.SIGKILL)
            client.over = True
            client.join()
            self.acknowledged |= client.acknowledged
        finally:
            daemon.cleanup()
        if backend == 'clsact':  # the one hook that outlives its process, which is why the unit has an ExecStopPost=
            self.assertEqual(run(LANSCOPED, '--clean-up').returncode, 0)
        self.assert_clean()
        with sqlite3.connect('file:%s?mode=ro' % daemon.database, uri=True) as database:
            self.assertEqual(database.execute('PRAGMA integrity_check').fetchone(), ('ok',))

    def test_killed_in_the_middle_of_traffic(self):
        for i in range(ROUNDS):
            with self.subTest(round=i, backend=BACKENDS[i % len(BACKENDS)]):
                self.round(i)
        print('%i rounds: %i labels, %i alerts signalled, %i acknowledged' % (
            ROUNDS, len(self.labels), len(self.listener.alerts()), len(self.acknowledged)))
        self.assertGreater(len(self.listener.alerts()), 20)
        self.assertGreater(len(self.acknowledged), 3)

    def test_a_crash_with_clsact_is_mended_by_the_next_start(self):
        for _ in range(2):
            daemon = Daemon(self.bus, '--interface=lan0', '--backend=clsact', config=CONFIG)
            self.addCleanup(daemon.cleanup)
            daemon.wait_up()
            daemon.end(signal.SIGKILL)
        daemon = Daemon(self.bus, '--interface=lan0', '--backend=clsact', config=CONFIG)
        self.addCleanup(daemon.cleanup)
        daemon.wait_up()
        filters = run('tc', 'filter', 'show', 'dev', 'lan0', 'ingress').stdout
        self.assertEqual(filters.count('name lanscope_in'), 1, filters)
        self.assertEqual(daemon.end(), 0, daemon.log())
        self.assert_clean()

    def tearDown(self):
        run('ip', 'link', 'del', 'lan0')


main()
