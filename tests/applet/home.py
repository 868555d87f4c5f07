# SPDX-License-Identifier: LGPL-2.1-or-later
"""A home for pictures and for tests that want more than one device: what a dozen things say about themselves."""

import struct

import harness
from harness import frames, scenarios

ROUTER, ROUTER_IP = '50:c7:bf:00:00:01', '192.168.77.1'
PRINTER, PRINTER_IP = '3c:d9:2b:01:02:03', '192.168.77.116'
NAS, NAS_IP = '00:11:32:44:55:66', '192.168.77.172'
LAPTOP, LAPTOP_IP = 'd4:be:d9:11:22:33', '192.168.77.199'
PHONE, PHONE_IP = '3c:28:6d:00:10:01', '192.168.77.170'
CAMERA, CAMERA_IP = '44:19:b6:00:00:21', '192.168.77.44'

# MAC, address, host name, DHCP vendor class, service of mDNS
DEVICES = [
    (PRINTER, PRINTER_IP, b'printer', b'Hewlett-Packard JetDirect', ('HP LaserJet 4100', '_ipp._tcp', [b'ty=HP LaserJet 4100 Series'])),
    (NAS, NAS_IP, b'diskstation', b'', ('diskstation', '_smb._tcp', [b'model=RackMac'])),
    (LAPTOP, LAPTOP_IP, b'anna-laptop', b'MSFT 5.0', None),
    (PHONE, PHONE_IP, b'Pixel-7', b'android-dhcp-13', None),
    (CAMERA, CAMERA_IP, b'front-door-cam', b'', ('front-door-cam', '_rtsp._tcp', [])),
    ('b8:27:eb:00:00:08', '192.168.77.120', b'raspberrypi', b'dhcpcd-9.4.1:Linux-6.1.21:armv7l:BCM2835', None),
    ('24:0a:c4:1a:2b:3c', '192.168.77.121', b'ESP_1A2B3C', b'', None),
    ('5c:aa:fd:00:00:06', '192.168.77.131', b'kitchen-speaker', b'', ('Kitchen', '_sonos._tcp', [b'vers=2'])),
    ('00:17:88:00:00:07', '192.168.77.138', b'hue-bridge', b'', ('Hue Bridge', '_hue._tcp', [b'modelid=BSB002'])),
    ('54:60:09:00:00:05', '192.168.77.180', b'chromecast', b'', ('Living Room', '_googlecast._tcp', [b'md=Chromecast', b'fn=Living Room'])),
    ('98:01:a7:00:00:31', '192.168.77.141', b'Annas-iPad', b'', None),
    ('7c:bb:8a:00:00:09', '192.168.77.151', b'switch', b'', None),
]


def announce(mac, ip, host, service):
    """A service by mDNS: pointer, description, address."""
    instance, kind, texts = service
    full = '%s.%s.local' % (instance, kind)
    rows = [frames.record(kind + '.local', 12, frames.name(full)),
            frames.record(full, 33, struct.pack('>HHH', 0, 0, 9100) + frames.name(host.decode() + '.local')),
            frames.record(full, 16, b''.join(bytes([len(t)]) + t for t in texts) or b'\0'),
            frames.record(host.decode() + '.local', 1, frames.ip4(ip))]
    body = frames.message(0x8400, [], rows)
    return frames.ethernet(scenarios.mac(mac), scenarios.mac('01:00:5e:00:00:fb'), 0x0800,
                           frames.udp4(ip, '224.0.0.251', 5353, 5353, body, 255))


def arrive(wire):
    """Everybody comes home."""
    wire.play(scenarios.lease(0, PHONE, PHONE_IP, ROUTER, ROUTER_IP, ROUTER_IP, ROUTER_IP), 1)
    wire.send(scenarios.is_at(ROUTER, ROUTER_IP, PHONE, PHONE_IP), harness.arp(ROUTER, ROUTER_IP))
    for mac, ip, host, vendor_class, service in DEVICES:
        wire.send(harness.dhcp(mac, host, vendor_class), harness.arp(mac, ip), scenarios.who_has(mac, ip, ROUTER_IP))
        if service:
            wire.send(announce(mac, ip, host, service))


def surf(wire, n=40):
    """The laptop reads the news, and now and then something of the NAS."""
    for i in range(n):
        wire.play(scenarios.connection(0, LAPTOP, LAPTOP_IP, ROUTER, scenarios.internet(i), 40000 + i, 443, payload=bytes(1200)), 20)
        if i % 10 == 0:
            wire.play(scenarios.connection(0, LAPTOP, LAPTOP_IP, NAS, NAS_IP, 50000 + i, 445, payload=bytes(1400)), 20)


def scan(wire):
    """The camera tries the ports of the NAS."""
    for i in range(100):
        wire.play(scenarios.connection(0, CAMERA, CAMERA_IP, NAS, NAS_IP, 50000, 1 + i, 'closed'), 1)
