#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the captures of this folder, and from the same messages the seeds of the dissectors' fuzz targets.

  make-captures.py captures FOLDER     writes FOLDER/*.pcap
  make-captures.py seeds FOLDER        writes FOLDER/<protocol>/* (FOLDER is tests/fuzz/corpus)

All bytes are written here by hand from the specifications; nothing was recorded. The same call gives the same
bytes for ever: a test compares the committed files with what this writes.
"""
import os
import socket
import struct
import sys

BROADCAST = bytes.fromhex('ffffffffffff')
LAPTOP = bytes.fromhex('02005e000001')
ROUTER = bytes.fromhex('02005e0000fe')
PRINTER = bytes.fromhex('02005e000009')
CAMERA = bytes.fromhex('02005e00000c')

# ---------------------------------------------------------------------------------------------- layers

def ip4(text):
    return socket.inet_pton(socket.AF_INET, text)

def ip6(text):
    return socket.inet_pton(socket.AF_INET6, text)

def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

def ethernet(source, destination, ethertype, payload):
    return destination + source + struct.pack('>H', ethertype) + payload

def vlan(identifier, ethertype, payload):
    """A tag's TCI and the type of what follows, for use as the payload of 0x8100 or 0x88a8."""
    return struct.pack('>HH', identifier, ethertype) + payload

def ipv4(source, destination, protocol, payload, ttl=64, identification=1, fragment=0, options=b''):
    header = struct.pack('>BBHHHBBH4s4s', 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), identification,
                         fragment, ttl, protocol, 0, ip4(source), ip4(destination)) + options
    return header[:10] + struct.pack('>H', checksum(header)) + header[12:] + payload

def ipv6(source, destination, next_header, payload, hop_limit=255):
    return struct.pack('>IHBB', 6 << 28, len(payload), next_header, hop_limit) + ip6(source) + ip6(destination) + payload

def pseudo_header(source, destination, protocol, length):
    if ':' in source:
        return ip6(source) + ip6(destination) + struct.pack('>II', length, protocol)
    return ip4(source) + ip4(destination) + struct.pack('>BBH', 0, protocol, length)

def udp(source, destination, source_port, destination_port, payload):
    header = struct.pack('>HHHH', source_port, destination_port, 8 + len(payload), 0)
    check = checksum(pseudo_header(source, destination, 17, len(header + payload)) + header + payload) or 0xffff
    return header[:6] + struct.pack('>H', check) + payload

def udp4(source, destination, source_port, destination_port, payload, ttl=64):
    return ipv4(source, destination, 17, udp(source, destination, source_port, destination_port, payload), ttl)

def udp6(source, destination, source_port, destination_port, payload, hop_limit=255):
    return ipv6(source, destination, 17, udp(source, destination, source_port, destination_port, payload), hop_limit)

def icmp6(source, destination, message, hop_limit=255):
    check = checksum(pseudo_header(source, destination, 58, len(message)) + message)
    return ipv6(source, destination, 58, message[:2] + struct.pack('>H', check) + message[4:], hop_limit)

# -------------------------------------------------------------------------------------------- messages

def arp(operation, sender_mac, sender_ip, target_mac, target_ip, hardware=1):
    return struct.pack('>HHBBH', hardware, 0x0800, 6, 4, operation) + sender_mac + ip4(sender_ip) + target_mac + ip4(target_ip)

def nd_option(kind, body):
    body += bytes(-(len(body) + 2) % 8)
    return bytes([kind, (len(body) + 2) // 8]) + body

def prefix_option(prefix, length):
    return nd_option(3, struct.pack('>BBIII', length, 0xc0, 86400, 14400, 0) + ip6(prefix))

def router_advert(*options):
    return struct.pack('>BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0) + b''.join(options)

def router_solicit(*options):
    return struct.pack('>BBHI', 133, 0, 0, 0) + b''.join(options)

def neighbour(kind, flags, target, *options):
    return struct.pack('>BBHI', kind, 0, 0, flags << 24) + ip6(target) + b''.join(options)

def name(text):
    labels = [label for label in text.encode().split(b'.') if label]
    return b''.join(bytes([len(label)]) + label for label in labels) + b'\0'

def labels(*parts):
    return b''.join(bytes([len(part)]) + part for part in parts)

def question(text, kind, klass=1):
    return name(text) + struct.pack('>HH', kind, klass)

def record(owner, kind, data, ttl=120, klass=0x8001):
    owner = name(owner) if isinstance(owner, str) else owner
    return owner + struct.pack('>HHIH', kind, klass, ttl, len(data)) + data

def strings(*texts):
    return b''.join(bytes([len(text)]) + text for text in texts)

def message(flags, questions=(), answers=(), authority=(), additional=(), identifier=0):
    counts = [len(part) for part in (questions, answers, authority, additional)]
    return struct.pack('>6H', identifier, flags, *counts) + b''.join((*questions, *answers, *authority, *additional))

def option(code, data):
    return bytes([code, len(data)]) + data

def bootp(operation, options, client=LAPTOP, client_ip='0.0.0.0', your_ip='0.0.0.0', relay='0.0.0.0', server_name=b'',
          file=b'', cookie=bytes.fromhex('63825363'), end=b'\xff', hardware=(1, 6)):
    return (struct.pack('>BBBBIHH', operation, *hardware, 0, 0x1234, 0, 0) + ip4(client_ip) + ip4(your_ip) + ip4('0.0.0.0') +
            ip4(relay) + client.ljust(16, b'\0') + server_name.ljust(64, b'\0') + file.ljust(128, b'\0') + cookie +
            b''.join(options) + end)

def http(*lines, end='\r\n'):
    return end.join((*lines, '', '')).encode()

DISCOVER = bootp(1, [option(53, b'\1'), option(61, b'\1' + LAPTOP), option(50, ip4('192.0.2.50')), option(12, b'laptop'),
                     option(57, struct.pack('>H', 1500)), option(60, b'MSFT 5.0\0'), option(55, bytes([1, 3, 6, 15, 31, 33]))])
OFFER_OPTIONS = [option(54, ip4('192.0.2.1')), option(51, struct.pack('>I', 3600)), option(1, ip4('255.255.255.0')),
                 option(3, ip4('192.0.2.1')), option(6, ip4('192.0.2.1') + ip4('192.0.2.2')), option(15, b'home.example\0'),
                 option(42, ip4('192.0.2.3'))]

DHCP_CLIENT = {
    'discover': DISCOVER,
    'request': bootp(1, [option(53, b'\3'), option(54, ip4('192.0.2.1')), option(50, ip4('192.0.2.50')),
                         option(81, b'\0\0\0laptop.home.example')]),
    'fqdn-wire-format': bootp(1, [option(53, b'\3'), option(81, b'\5\0\0' + labels(b'laptop', b'home', b'example') + b'\0')]),
    'fqdn-partial': bootp(1, [option(53, b'\3'), option(81, b'\4\0\0' + labels(b'laptop'))]),
    'user-class-list': bootp(1, [option(53, b'\1'), option(77, strings(b'lab', b'floor 2'))]),
    'user-class-text': bootp(1, [option(53, b'\1'), option(77, b'RRAS.Microsoft')]),
    'mud-url': bootp(1, [option(53, b'\1'), option(161, b'https://mud.example/lamp.json')], client=CAMERA),
    'overload': bootp(1, [option(53, b'\1'), option(52, b'\3'), option(57, b'\5\xdc')],
                      file=option(60, b'in the file field') + b'\xff', server_name=b'\0' + option(12, b'in-sname') + b'\xff'),
    'long-option-in-parts': bootp(1, [option(53, b'\1'), option(60, b'a' * 200), option(12, b'two-'), option(60, b'b' * 100),
                                      option(12, b'parts')]),
    'renew': bootp(1, [option(53, b'\3')], client_ip='192.0.2.50'),
    'release': bootp(1, [option(53, b'\7'), option(54, ip4('192.0.2.1'))], client_ip='192.0.2.50'),
    'inform': bootp(1, [option(53, b'\x08'), b'\0\0', option(12, b'after padding')], client_ip='192.0.2.50'),
    'not-ethernet': bootp(1, [option(53, b'\1')], hardware=(32, 16)),
    'hostname-utf8': bootp(1, [option(53, b'\1'), option(12, 'Küche'.encode()), option(60, b'bad\xffbytes')]),
    'bootp': bootp(1, [], cookie=b'', end=b''),
    'wrong-cookie': bootp(1, [option(53, b'\1')], cookie=b'\1\2\3\4'),
    'unknown-type': bootp(1, [option(53, b'\x63')]),
    'option-past-end': bootp(1, [option(53, b'\1'), option(12, b'kept'), b'\x3c\x40short'], end=b''),
    'overload-to-overload': bootp(1, [option(52, b'\3'), option(53, b'\1')], file=option(52, b'\3') * 40,
                                  server_name=option(52, b'\3') * 20),
    'empty-options': bootp(1, [option(53, b'\1'), option(12, b''), option(55, b''), option(61, b'')]),
    'wrong-sizes': bootp(1, [option(53, b''), option(50, b'\1\2\3'), option(57, b'\1'), option(81, b'\0\0')]),
    'relayed': bootp(1, [option(53, b'\1'), option(12, b'behind-relay'), option(82, b'\1\2ab')], client=CAMERA, relay='198.51.100.1'),
}
DHCP_SERVER = {
    'offer': bootp(2, [option(53, b'\2'), *OFFER_OPTIONS], your_ip='192.0.2.50'),
    'ack': bootp(2, [option(53, b'\5'), *OFFER_OPTIONS, option(12, b'laptop')], your_ip='192.0.2.50'),
    'nak': bootp(2, [option(53, b'\6'), option(54, ip4('192.0.2.1'))]),
    'bootp-reply': bootp(2, [], your_ip='192.0.2.51'),
    'relayed-ack': bootp(2, [option(53, b'\5'), *OFFER_OPTIONS], client=CAMERA, your_ip='198.51.100.7', relay='198.51.100.1'),
}

SERVICE = '_ipp._tcp.local'
INSTANCE = labels('Büro-Drucker (2.OG)'.encode(), b'_ipp', b'_tcp', b'local') + b'\0'
SHARED = name(SERVICE)  # stands at offset 12 of the message below
COMPRESSED = struct.pack('>6H', 0, 0x8400, 0, 2, 0, 5) + (
    record(SHARED, 12, labels('Büro-Drucker (2.OG)'.encode()) + b'\xc0\x0c', 4500, 1) +
    record(b'\xc0\x0c', 12, labels(b'second') + b'\xc0\x0c', 4500, 1) +
    record(labels('Büro-Drucker (2.OG)'.encode()) + b'\xc0\x0c', 33, struct.pack('>HHH', 0, 0, 631) + labels(b'printer') + b'\xc0\x16') +
    record(labels('Büro-Drucker (2.OG)'.encode()) + b'\xc0\x0c', 16, strings(b'txtvers=1', b'ty=Example Laser 9', b'', b'key=\xff\0')) +
    record(labels(b'printer') + b'\xc0\x16', 1, ip4('192.0.2.9')) +
    record(labels(b'printer') + b'\xc0\x16', 28, ip6('fe80::5eff:fe00:9')) +
    record(labels(b'printer') + b'\xc0\x16', 13, strings(b'ARMV7L', b'LINUX')))

def pointer_chain(length):
    """A record whose data are pointers, each to the one before, and a record whose name is the last of them."""
    first = 12 + len(name('owner.local')) + 10
    chain = b'\xc0\x0c' + b''.join(struct.pack('>H', 0xc000 + first + 2 * i) for i in range(length - 1))
    return message(0x8400, (), [record('owner.local', 10, chain, 120, 1),
                                record(struct.pack('>H', 0xc000 + first + len(chain) - 2), 1, ip4('192.0.2.9')),
                                record('after.local', 1, ip4('192.0.2.9'))])

MDNS = {
    'announcement': COMPRESSED,
    'questions': message(0, [question(SERVICE, 12), question('_googlecast._tcp.local', 12, 0x8001), question('x.local', 65),
                             question('y.local', 4660)]),
    'known-answer': message(0, [question(SERVICE, 12)], [record(SERVICE, 12, INSTANCE, 4500, 1)]),
    'probe': message(0, [question('printer.local', 255, 0x8001)], authority=[record('printer.local', 1, ip4('192.0.2.9'))]),
    'goodbye': message(0x8400, (), [record(SERVICE, 12, INSTANCE, 0, 1), record('printer.local', 1, ip4('192.0.2.9'))]),
    'service-types': message(0x8400, (), [record('_services._dns-sd._udp.local', 12, name(SERVICE), 4500, 1)]),
    'reverse': message(0x8400, (), [record('9.2.0.192.in-addr.arpa', 12, name('printer.local')),
                                    record('9.0.0.0.ip6.arpa', 12, name('printer.local'))]),
    'legacy-reply': message(0x8400, [question('printer.local', 1)], [record('printer.local', 1, ip4('192.0.2.9'), 10, 1)],
                            identifier=7),
    'case-and-controls': message(0x8400, (), [record(labels(b'MiXeD\x01\n\x7f', b'local') + b'\0', 1, ip4('192.0.2.9')),
                                              record(labels(b'bad\xff\xfe', b'local') + b'\0', 1, ip4('192.0.2.9'))]),
    'root': message(0, [question('.', 255)]),
    'authority-only': message(0x8400, (), (), [record('printer.local', 1, ip4('192.0.2.9'))]),
    'nsec-and-opt': message(0x8400, (), [record('printer.local', 47, name('printer.local') + b'\0\1\x40')], (),
                            [record(b'\0', 41, b'\0\4\0\2ab', 0x1194, 1440)]),
    'wrong-sizes': message(0x8400, (), [record('a.local', 1, b'\1\2\3'), record('b.local', 28, b'\1'), record('c.local', 33, b'\0'),
                                        record('d.local', 16, b'\x20short'), record('e.local', 13, b'\3ARM'),
                                        record('f.local', 12, b'\x3f'), record('still.local', 1, ip4('192.0.2.9'))]),
    'pointer-to-itself': message(0, ()) [:4] + struct.pack('>4H', 1, 0, 0, 0) + b'\1a\xc0\x0c' + b'\0\1\0\1',
    'pointer-forward': message(0, ())[:4] + struct.pack('>4H', 2, 0, 0, 0) + question('first.local', 1) + b'\xc0\x40' + bytes(60),
    'pointer-chain': pointer_chain(100),
    'pointer-chain-endless': pointer_chain(1000),
    'name-too-long': message(0, [labels(*[b'a' * 60] * 5) + b'\0' + struct.pack('>HH', 1, 1), question('after.local', 1)]),
    'longest-name': message(0, [labels(*[b'a' * 61] * 4, b'bbbbb') + b'\0' + struct.pack('>HH', 1, 1)]),
    'extended-label': message(0, [b'\x41\7\0' + struct.pack('>HH', 1, 1)]),
    'lying-counts': message(0x8400, (), [record('kept.local', 1, ip4('192.0.2.9'))])[:4] + struct.pack('>4H', 0, 65535, 65535, 65535) +
                    record('kept.local', 1, ip4('192.0.2.9')),
    'cut': COMPRESSED[:60],
    'lying-length': message(0x8400, (), [record('a.local', 16, b'')[:-2] + b'\xff\xff']),
}

DNS = {
    'query': message(0x0100, [question('www.example.com', 28)], identifier=1),
    'query-edns': message(0x0100, [question('example.com', 44)], (), (), [record(b'\0', 41, b'', 0, 4096)], identifier=2),
    'answer': message(0x8180, [question('www.example.com', 1)],
                      [record('www.example.com', 5, name('cdn.example.net'), 60, 1),
                       record('cdn.example.net', 1, ip4('203.0.113.5'), 60, 1),
                       record('cdn.example.net', 28, ip6('2001:db8::5'), 60, 1)],
                      [record('example.com', 2, name('ns.example.com'), 60, 1)],
                      [record('ns.example.com', 1, ip4('203.0.113.53'), 60, 1)], identifier=1),
    'other-types': message(0x8180, [question('example.com', 255)],
                           [record('example.com', 15, struct.pack('>H', 10) + name('mail.example.com'), 60, 1),
                            record('example.com', 2, name('ns.example.com'), 60, 1),
                            record('example.com', 16, strings(b'v=spf1', b'-all'), 60, 1),
                            record('example.com', 16, strings(b'raw\xff'), 60, 1),
                            record('_sip._udp.example.com', 33, struct.pack('>HHH', 1, 2, 5060) + name('sip.example.com'), 60, 1),
                            record('example.com', 6, name('ns.example.com') + name('admin.example.com') + bytes(20), 60, 1),
                            record('5.113.0.203.in-addr.arpa', 12, name('cdn.example.net'), 60, 1),
                            record('example.com', 257, b'\0\5issueca.example', 60, 1),
                            record('example.com', 44, b'\1\1' + bytes(20), 60, 1)], identifier=3),
    'no-such-name': message(0x8183, [question('nowhere.example', 1)], identifier=4),
    'cut-record': message(0x8180, [question('www.example.com', 1)],
                          [record('www.example.com', 5, name('cdn.example.net'), 60, 1),
                           record('cdn.example.net', 1, ip4('203.0.113.5'), 60, 1)], identifier=1)[:-6],
    'header-only': bytes(12),
    'short-header': bytes(7),
}

SSDP = {
    'notify': http('NOTIFY * HTTP/1.1', 'HOST: 239.255.255.250:1900', 'CACHE-CONTROL: max-age=1800',
                   'LOCATION: http://192.0.2.9:80/desc.xml', 'NT: upnp:rootdevice', 'NTS: ssdp:alive',
                   'SERVER: Linux/5 UPnP/1.0 Example/9', 'USN: uuid:0001::upnp:rootdevice', 'X-User-Agent: example'),
    'byebye': http('NOTIFY * HTTP/1.1', 'HOST: 239.255.255.250:1900', 'NT: upnp:rootdevice', 'NTS: ssdp:byebye',
                   'USN: uuid:0001::upnp:rootdevice'),
    'search': http('M-SEARCH * HTTP/1.1', 'HOST: 239.255.255.250:1900', 'MAN: "ssdp:discover"', 'MX: 1', 'ST: ssdp:all',
                   'USER-AGENT: Example/1 UPnP/1.1'),
    'response': http('HTTP/1.1 200 OK', 'CACHE-CONTROL: max-age=1800', 'EXT:', 'LOCATION: http://192.0.2.9:80/desc.xml',
                     'SERVER: Linux/5 UPnP/1.0 Example/9', 'ST: upnp:rootdevice', 'USN: uuid:0001::upnp:rootdevice'),
    'careless': b'\r\nNOTIFY * HTTP/1.1\nnt:no space\nNts :\tssdp:alive  \nserver: folded\n  value\n\there\nno colon\nUSN: no end',
    'bytes': http('NOTIFY * HTTP/1.1', 'NT: tab\tinside') [:-4] + b'\r\nSERVER: bad\xff\r\nUSN: ctl\1\r\n\r\n',
    'twice': http('NOTIFY * HTTP/1.1', 'NT: one', 'NT: two', 'USN:', ': nameless'),
    'body': http('HTTP/1.1 200 OK', 'ST: kept') + b'USN: in the body\r\n',
    'other-method': http('GET /desc.xml HTTP/1.1', 'ST: nothing'),
    'lower-case': http('notify * http/1.1', 'NT: nothing'),
    'garbage': bytes(range(256)),
    'long-value': http('NOTIFY * HTTP/1.1', 'NT: ' + 'x' * 6000),
    'long-fold': http('NOTIFY * HTTP/1.1', 'NT: a', *[' ' + 'b' * 60] * 40),
    'folds-alone': b'NOTIFY * HTTP/1.1\r\n folded\r\n nothing: here\r\nNT: kept\r\n\r\n',
}

ALL_HOSTS, ALL_ROUTERS = 'ff02::1', 'ff02::2'
SOURCE_LINK, TARGET_LINK = nd_option(1, LAPTOP), nd_option(2, LAPTOP)
NDP = {
    'router-advert': router_advert(nd_option(1, ROUTER), nd_option(5, struct.pack('>HI', 0, 1480)),
                                   prefix_option('2001:db8:1::', 64), prefix_option('fd00:1::', 48),
                                   nd_option(25, struct.pack('>HI', 0, 600) + ip6('2001:db8:1::53') + ip6('fd00:1::53')),
                                   nd_option(31, struct.pack('>HI', 0, 600) + name('home.example') + name('lab.example')),
                                   nd_option(24, struct.pack('>BBI', 0, 0, 600)),
                                   nd_option(24, struct.pack('>BBI', 48, 8, 600) + ip6('2001:db8:2::')[:8])),
    'router-advert-bare': router_advert(),
    'router-solicit': router_solicit(SOURCE_LINK),
    'router-solicit-unspecified': router_solicit(),
    'solicit': neighbour(135, 0, 'fe80::fe', SOURCE_LINK),
    'advert': neighbour(136, 0x60, 'fe80::5eff:fe00:1', TARGET_LINK),
    'advert-bare': neighbour(136, 0x40, 'fe80::5eff:fe00:1'),
    'dad': neighbour(135, 0, 'fe80::5eff:fe00:1', nd_option(14, bytes(6))),
    'long-link-address': neighbour(136, 0x20, 'fe80::5eff:fe00:1', nd_option(2, bytes(range(14)))),
    'wrong-code': struct.pack('>BBHI', 135, 1, 0, 0) + ip6('fe80::fe'),
    'zero-length-option': neighbour(135, 0, 'fe80::fe', b'\1\0' + LAPTOP, SOURCE_LINK),
    'option-past-end': router_advert(prefix_option('2001:db8:1::', 64), b'\3\x20' + bytes(6)),
    'short-options': router_advert(nd_option(3, b'\x40'), nd_option(25, b''), nd_option(31, b''), nd_option(5, b'\0\0'),
                                   nd_option(31, struct.pack('>HI', 0, 600) + b'\x3f' + b'a' * 9)),
    'cut': neighbour(135, 0, 'fe80::fe')[:20],
}

def option6(code, body=b''):
    return struct.pack('>HH', code, len(body)) + body

def dhcp6(kind, *options):
    return bytes([kind, 0xab, 0xcd, 0xef]) + b''.join(options)

def relay6(kind, peer, *options, hops=0):
    return bytes([kind, hops]) + ip6('2001:db8:7::1') + ip6(peer) + b''.join(options)

def classes(*texts):
    return b''.join(struct.pack('>H', len(text)) + text for text in texts)

def nested6(depth, body):
    for level in range(depth):
        body = relay6(12, 'fe80::%x' % (level + 1), option6(9, body), hops=level)
    return body

DUID_LL, DUID_UUID = option6(1, b'\0\3\0\1' + LAPTOP), option6(1, b'\0\4' + bytes(range(16)))
DUID_SERVER = option6(2, b'\0\1\0\1\1\2\3\4' + ROUTER)
ORO = option6(6, struct.pack('>4H', 23, 24, 39, 31))
IA_ADDRESS = option6(5, ip6('2001:db8:1::50') + struct.pack('>II', 3600, 7200))
IA_NA = option6(3, struct.pack('>III', 1, 0, 0) + IA_ADDRESS + option6(13, b'\0\0fine'))
SOLICIT6 = dhcp6(1, DUID_LL, option6(8, b'\0\0'), ORO, option6(39, b'\1' + labels(b'laptop')), option6(3, bytes(12)),
                 option6(16, struct.pack('>I', 311) + classes(b'MSFT 5.0')))
DHCP6 = {
    'solicit': SOLICIT6,
    'advertise': dhcp6(2, DUID_LL, DUID_SERVER, IA_NA, option6(23, ip6('2001:db8:1::53') + ip6('fd00::53')),
                       option6(24, name('home.example') + name('lab.example'))),
    'request': dhcp6(3, DUID_LL, DUID_SERVER, IA_NA, option6(39, b'\0' + name('laptop.home.example'))),
    'reply': dhcp6(7, DUID_SERVER, DUID_LL, IA_NA, option6(39, b'\3' + name('laptop.home.example'))),
    'release': dhcp6(8, DUID_LL, DUID_SERVER, IA_NA),
    'information-request': dhcp6(11, DUID_UUID, option6(15, classes(b'lab', b'floor 2')),
                                 option6(16, struct.pack('>I', 40712) + classes(b'Linux', b'', b'armv7l')),
                                 option6(112, b'https://mud.example/lamp.json')),
    'prefix': dhcp6(3, DUID_LL, option6(25, struct.pack('>III', 1, 0, 0) +
                                        option6(26, struct.pack('>IIB', 1, 2, 56) + ip6('2001:db8:100::')))),
    'temporary': dhcp6(5, DUID_LL, option6(4, struct.pack('>I', 1) + IA_ADDRESS + IA_ADDRESS)),
    'relayed': relay6(12, 'fe80::5eff:fe00:1', option6(18, b'port 7'), option6(9, SOLICIT6)),
    'relayed-reply': relay6(13, 'fe80::5eff:fe00:1', option6(9, dhcp6(7, DUID_SERVER, DUID_LL))),
    'relayed-twice': nested6(2, dhcp6(1, DUID_UUID)),
    'relayed-too-often': nested6(20, SOLICIT6),
    'relays-nothing': relay6(12, 'fe80::1', option6(18, b'port 7')),
    'relays-no-bytes': relay6(12, 'fe80::1', option6(9)),
    'unknown-type': dhcp6(99, DUID_LL),
    'unknown-options': dhcp6(1, option6(65535, b'x'), option6(0), DUID_LL),
    'odd-values': dhcp6(1, option6(1, b'\xff'), option6(6, b'\0\x17\0'), option6(15, b'\0\x09abc'), option6(16, b'\0\0\1'),
                        option6(23, bytes(15)), option6(24, b'\x3fabc'), option6(39, b'\0'), option6(39, b'\0\x20short'),
                        option6(3, bytes(11)), option6(3, bytes(12) + b'\0\5\0\x30abc'), option6(112)),
    'bytes': dhcp6(1, DUID_LL, option6(15, classes(b'\xff\0\1')), option6(16, bytes(4) + classes(b'\xff'))),
    'no-options': dhcp6(1),
    'option-past-end': dhcp6(1, DUID_LL, b'\0\6\0\x10\0\x17'),
    'cut-header': SOLICIT6[:3],
    'long-list': dhcp6(1, DUID_LL, *[option6(6, bytes(40))] * 30, option6(6, b'\xff' * 2000)),
}

SWITCH = bytes.fromhex('02005e000077')

def tlv(kind, body=b''):
    return struct.pack('>H', kind << 9 | len(body)) + body

def org(oui, subtype, body):
    return tlv(127, struct.pack('>I', oui << 8 | subtype) + body)

def lldp(*tlvs, chassis=b'\4' + SWITCH, port=b'\5ge-0/0/1', ttl=120):
    return tlv(1, chassis) + tlv(2, port) + tlv(3, struct.pack('>H', ttl)) + b''.join(tlvs) + tlv(0)

MANAGEMENT = tlv(8, b'\5\1' + ip4('192.0.2.2') + b'\2\0\0\0\7\0')
MANAGEMENT6 = tlv(8, b'\x11\2' + ip6('2001:db8::2') + b'\2\0\0\0\7\0')
LLDP = {
    'switch': lldp(tlv(4, b'uplink'), tlv(5, b'sw-closet-01'), tlv(6, b'ExampleOS 7\r\nRelease 3'), tlv(7, b'\0\x14\0\4'),
                   MANAGEMENT, MANAGEMENT6, org(0x0080c2, 1, b'\0\7'), org(0x00120f, 1, b'\3\0\0\0\x1e')),
    'phone': lldp(tlv(5, b'phone-7'), tlv(7, b'\0\x24\0\x24'), org(0x0012bb, 1, b'\0\x33\3'), org(0x0012bb, 5, b'HW 2'),
                  org(0x0012bb, 6, b'FW 3'), org(0x0012bb, 7, b'SW 4'), org(0x0012bb, 8, b'SN12345'), org(0x0012bb, 9, b'Example'),
                  org(0x0012bb, 10, b'Phone 7'), org(0x0012bb, 11, b'A-1'), chassis=b'\5\1' + ip4('192.0.2.7'), port=b'\3' + CAMERA),
    'thing': lldp(org(0x00005e, 1, b'https://mud.example/lamp.json'), tlv(7, b'\xff\xff\xff\xff'), chassis=b'\5\2' + ip6('2001:db8::7'),
                  port=b'\4\1' + ip4('192.0.2.7')),
    'local-names': lldp(tlv(5, b'padded\0\0'), tlv(6, b'\0'), chassis=b'\7box 7', port=b'\7port \xff'),
    'no-capabilities': lldp(tlv(7, b'\0\x80\0\0')),
    'shutdown': lldp(tlv(5, b'sw-closet-01'), ttl=0),
    'odd-sizes': lldp(tlv(7, b'\0\1\0'), tlv(8, b'\xff\1\1'), tlv(8, b'\4\1\1\2\3'), tlv(8, b'\7\6' + CAMERA), tlv(8), org(0x0080c2, 1, b'\7'),
                      tlv(127, b'\0'), org(0x0012bb, 1, b''), tlv(9, b'reserved'), chassis=b'\4abc', port=b''),
    'other-family': lldp(chassis=b'\5\x10name', port=b'\4'),
    'no-end': lldp(tlv(5, b'sw'))[:-2],
    'past-end': lldp()[:-2] + b'\x0a\x20short',
    'after-end': lldp() + tlv(5, b'not read'),
    'empty': b'',
}

def cdp_tlv(kind, body, length=None):
    return struct.pack('>HH', kind, len(body) + 4 if length is None else length) + body

def cdp(*tlvs, version=2, holdtime=180):
    return struct.pack('>BBH', version, holdtime, 0) + b''.join(tlvs)

CDP_IP = b'\1\1\xcc\0\4' + ip4('192.0.2.2')
CDP_IP6 = b'\2\x08\xaa\xaa\3\0\0\0\x86\xdd\0\x10' + ip6('2001:db8::2')
CDP = {
    'switch': cdp(cdp_tlv(1, b'sw-closet-01'), cdp_tlv(5, b'Example Software\r\nCopyright\n\nCompiled\n'), cdp_tlv(6, b'example WS-24'),
                  cdp_tlv(2, struct.pack('>I', 2) + CDP_IP + CDP_IP6), cdp_tlv(3, b'FastEthernet0/1'), cdp_tlv(4, struct.pack('>I', 0x28)),
                  cdp_tlv(10, b'\0\7'), cdp_tlv(20, b'closet'), cdp_tlv(22, struct.pack('>I', 1) + CDP_IP)),
    'phone': cdp(cdp_tlv(1, b'SEP02005E00000C'), cdp_tlv(3, b'Port 1'), cdp_tlv(4, struct.pack('>I', 0x7ff)), cdp_tlv(6, b'Example IP Phone 7')),
    'version-1': cdp(cdp_tlv(1, b'R1\0'), cdp_tlv(3, b'Ethernet0', 9 + 1), cdp_tlv(4, struct.pack('>I', 1)), version=1),
    'no-capabilities': cdp(cdp_tlv(4, bytes(4))),
    'shutdown': cdp(cdp_tlv(1, b'sw-closet-01'), holdtime=0),
    'odd-addresses': cdp(cdp_tlv(2, struct.pack('>I', 0xffffffff) + b'\1\1\x81\0\1\7' + CDP_IP + b'\1\1\xcc\0\5abcde' + b'\1\xff')),
    'odd-sizes': cdp(cdp_tlv(2, b'\0'), cdp_tlv(4, b'\0'), cdp_tlv(10, b'\0'), cdp_tlv(1, b''), cdp_tlv(0x7777, b'x')),
    'short-length': cdp(cdp_tlv(1, b'kept'), cdp_tlv(6, b'', 3)),
    'past-end': cdp(cdp_tlv(1, b'kept'), cdp_tlv(6, b'short', 60)),
    'cut-header': b'\2\xb4\0',
}

def soap(action, body, prefixes=('soap', 'wsa', 'wsd')):
    envelope, addressing, discovery = (prefix + ':' if prefix else '' for prefix in prefixes)
    return ('<?xml version="1.0" encoding="utf-8"?><%sEnvelope xmlns:pub="http://example.com/pub"><%sHeader>'
            '<%sTo>urn:schemas-xmlsoap-org:ws:2005:04:discovery</%sTo>'
            '<%sAction>http://schemas.xmlsoap.org/ws/2005/04/discovery/%s</%sAction>'
            '<%sReplyTo><%sAddress>urn:not-an-endpoint</%sAddress></%sReplyTo></%sHeader><%sBody>' %
            (envelope, envelope, *[addressing] * 3, action, *[addressing] * 5, *[envelope] * 2) +
            '<%s%s>%s</%s%s></%sBody></%sEnvelope>' % (discovery, action, body, discovery, action, envelope, envelope)).encode()

ENDPOINT = '<wsa:EndpointReference><wsa:Address>urn:uuid:0001</wsa:Address></wsa:EndpointReference>'
TARGET = (ENDPOINT + '<wsd:Types>wsdp:Device pub:Computer\n a:Device</wsd:Types><wsd:Scopes>onvif://www.onvif.org/name/Front'
          ' onvif://www.onvif.org/hardware/C1</wsd:Scopes><wsd:XAddrs> http://192.0.2.12:5357/a?x=1&amp;y=2 http://[fe80::c]/a'
          '</wsd:XAddrs><wsd:MetadataVersion>4</wsd:MetadataVersion>')
WSD = {
    'hello': soap('Hello', TARGET),
    'hello-bare-names': soap('Hello', TARGET.replace('wsa:', '').replace('wsd:', ''), ('', '', '')),
    'bye': soap('Bye', ENDPOINT),
    'probe': soap('Probe', '<wsd:Types>wsdp:Device</wsd:Types><wsd:Scopes/>'),
    'resolve': soap('Resolve', ENDPOINT),
    'probe-matches': soap('ProbeMatches', '<wsd:ProbeMatch>' + TARGET + '</wsd:ProbeMatch><wsd:ProbeMatch>' + ENDPOINT + '</wsd:ProbeMatch>'),
    'resolve-matches': soap('ResolveMatches', '<wsd:ResolveMatch>' + TARGET + '</wsd:ResolveMatch>'),
    'other-action': soap('Get', TARGET),
    'comment': soap('Hello', '<!-- <wsa:Address>no</wsa:Address> -->' + ENDPOINT),
    'cdata': soap('Hello', '<![CDATA[<wsa:Address>no</wsa:Address>]]>' + ENDPOINT + '<!-- never closed'),
    'many-words': soap('Hello', '<wsd:Scopes>' + 'x:y ' * 200 + '</wsd:Scopes>'),
    'bytes': soap('Hello', '<wsa:Address>TEXT</wsa:Address>').replace(b'TEXT', b'\xff\1'),
    'no-action': b'<soap:Envelope><soap:Body><wsa:Address>x</wsa:Address></soap:Body></soap:Envelope>',
    'action-in-body': b'<a><Body><Action>x/Hello</Action></Body></a>',
    'not-xml': b'SAFFSPEC not xml at all < > </',
    'cut': soap('Hello', TARGET)[:420],
    'tags-only': b'<' * 200 + b'>' * 200 + b'<a>' * 100,
}

def segment(flags, options=b'', window=1024, header=None):
    return struct.pack('>HHIIHHHH', 40000, 80, 1, 0, ((20 + len(options)) // 4 if header is None else header) << 12 | flags,
                       window, 0, 0) + options

MSS, SACK, SCALE = b'\2\4\5\xb4', b'\4\2', b'\3\3\7'
TIMES = b'\x08\x0a' + bytes(8)
SYN = {
    'linux': segment(2, MSS + SACK + TIMES + b'\1' + SCALE, 64240),
    'windows': segment(0xc2, MSS + b'\1' + SCALE + b'\1\1' + SACK, 65535),
    'apple': segment(0xc2, MSS + b'\1' + SCALE + b'\1\1' + TIMES + SACK + b'\0\0', 65535),
    'scanner': segment(2, MSS),
    'bare': segment(0xe02),
    'answer': segment(0x12, MSS + b'\1\1' + SACK),
    'finishing': segment(3),
    'fast-open': segment(2, b'\x22\6abcd\xfe\4ab\x1e\4\0\0'),
    'padding': segment(2, MSS + b'\0\1\2\3'),
    'wrong-lengths': segment(2, b'\2\3\5' + b'\3\4\7\1' + b'\1' + b'\7\0\1\1'),
    'past-end': segment(2, MSS + b'\x09\x14\1\1'),
    'last-byte': segment(2, b'\1\1\1\2'),
    'no-options-yet': segment(2, b'', header=15),
}

GROUP = {
    'report-1': b'\x12\0\0\0' + ip4('224.0.0.251'),
    'report-2': b'\x16\0\0\0' + ip4('239.255.255.250'),
    'leave': b'\x17\0\0\0' + ip4('239.255.255.250'),
    'query': b'\x11\x64\0\0' + ip4('0.0.0.0'),
    'report-3': b'\x22\0\0\0\0\0\0\4' + b'\4\0\0\0' + ip4('224.0.0.252') + b'\3\0\0\0' + ip4('224.0.1.22') +
                b'\1\0\0\1' + ip4('232.1.2.3') + ip4('192.0.2.1') + b'\2\1\0\0' + ip4('224.0.0.1') + bytes(4),
    'report-lies': b'\x22\0\0\0\0\0\xff\xff' + b'\4\0\xff\xff' + ip4('224.0.0.252'),
    'cut': b'\x16\0\0\0\xe0',
    'mld-report': b'\x83' + bytes(7) + ip6('ff02::fb'),
    'mld-solicited': b'\x83' + bytes(7) + ip6('ff02::1:ff00:1'),
    'mld-done': b'\x84' + bytes(7) + ip6('ff02::fb'),
    'mld-report-2': b'\x8f' + bytes(6) + b'\3' + b'\4\0\0\0' + ip6('ff02::1:3') + b'\4\0\0\0' + ip6('ff02::1:ff00:1') +
                    b'\3\0\0\0' + ip6('ff02::c'),
    'mld-report-2-lies': b'\x8f' + bytes(6) + b'\3' + b'\4\xff\0\0' + ip6('ff02::1:3'),
    'mld-cut': b'\x83' + bytes(7) + ip6('ff02::fb')[:9],
}

LLMNR = {
    'query': message(0, [question('nas', 28), question('nas', 1)], identifier=1),
    'own-name': message(0, [question('laptop', 255)], identifier=2),
    'answer': message(0x8000, [question('laptop', 1)], [record('laptop', 1, ip4('192.0.2.50'), 30, 1)], identifier=1),
    'reverse': message(0x8000, [question('50.2.0.192.in-addr.arpa', 12)],
                       [record('50.2.0.192.in-addr.arpa', 12, name('laptop'), 30, 1)], identifier=3),
    'cut': message(0, [question('nas', 28)])[:-3],
    'cut-answer': message(0x8000, (), [record('laptop', 1, ip4('192.0.2.50'), 30, 1)])[:-1],
}

def netbios(text, suffix, padding=b' '):
    raw = (text.ljust(15, padding) if isinstance(text, bytes) else text.encode().ljust(15, padding))[:15] + bytes([suffix])
    return labels(b''.join(bytes([65 + (c >> 4), 65 + (c & 15)]) for c in raw)) + b'\0'

def nb_question(owner, kind=0x20):
    return owner + struct.pack('>HH', kind, 1)

def nb_request(opcode, owner, address, flags=0):
    return message(opcode << 11 | 0x110, [nb_question(owner)], (), (),
                   [record(b'\xc0\x0c', 0x20, struct.pack('>H', flags) + ip4(address), 300000, 1)], identifier=opcode)

def nb_answer(owner, data, flags=0x8500, kind=0x20):
    return message(flags, (), [record(owner, kind, data, 300000, 1)], identifier=9)

def node_status(names, unit):
    return bytes([len(names)]) + b''.join(names) + unit + bytes(40)

def node_name(text, suffix, flags):
    return text.encode('latin-1').ljust(15) + bytes([suffix]) + struct.pack('>H', flags)

NBNS = {
    'register': nb_request(5, netbios('PRINTER', 0), '192.0.2.9'),
    'register-group': nb_request(5, netbios('WORKGROUP', 0), '192.0.2.9', 0x8000),
    'refresh': nb_request(8, netbios('PRINTER', 0x20), '192.0.2.9'),
    'release': nb_request(6, netbios('PRINTER', 3), '192.0.2.9'),
    'master': nb_request(5, netbios(b'\1\2__MSBROWSE__\2', 1), '192.0.2.9', 0x8000),
    'query': message(0x110, [nb_question(netbios('NAS', 0x20))], identifier=4),
    'query-scope': message(0x110, [nb_question(netbios('NAS', 0x20)[:-1] + labels(b'lab', b'example') + b'\0')], identifier=4),
    'status-query': message(0, [nb_question(netbios('*', 0, b'\0'), 0x21)], identifier=5),
    'answer': nb_answer(netbios('PRINTER', 0x20), struct.pack('>H', 0) + ip4('192.0.2.9')),
    'answer-several': nb_answer(netbios('PRINTER', 0x20), (struct.pack('>H', 0) + ip4('198.51.100.9') + struct.pack('>H', 0) + ip4('192.0.2.9'))),
    'served': nb_answer(netbios('ELSEWHERE', 0x20), struct.pack('>H', 0) + ip4('192.0.2.77')),
    'refused': nb_answer(netbios('PRINTER', 0x20), struct.pack('>H', 0) + ip4('192.0.2.9'), 0xad86),
    'no-such-name': nb_answer(netbios('NAS', 0x20), b'', 0x8583, 10),
    'wait': nb_answer(netbios('NAS', 0x20), b'\x29\0', 0xbc00),
    'status': nb_answer(netbios('*', 0, b'\0'), node_status([node_name('PRINTER', 0, 0x0400), node_name('WORKGROUP', 0, 0x8400),
                                                            node_name('Dr\x84cker', 3, 0x0400)], PRINTER), 0x8400, 0x21),
    'status-lies': nb_answer(netbios('*', 0, b'\0'), b'\xff' + node_name('PRINTER', 0, 0x0400) + b'short', 0x8400, 0x21),
    'not-encoded': message(0x110, [nb_question(name('plain.example'))], identifier=6),
    'odd-letters': message(0x110, [nb_question(labels(b'CKZZ' + b'A' * 28) + b'\0')], identifier=6),
    'cut': nb_request(5, netbios('PRINTER', 0), '192.0.2.9')[:-4],
}

def smb_mailslot(data, slot=b'\\MAILSLOT\\BROWSE\0', command=0x25):
    offset = 32 + 1 + 34 + 2 + len(slot)
    words = struct.pack('<HHHHBBHIHHHHHBBHHH', 0, len(data), 0, 0, 0, 0, 0, 1000, 0, 0, 0, len(data), offset, 3, 0, 1, 1, 2)
    return b'\xffSMB' + bytes([command]) + bytes(27) + bytes([17]) + words + struct.pack('<H', len(slot) + len(data)) + slot + data

def datagram(data, source='PRINTER', address='192.0.2.9', kind=0x11, flags=2):
    names = netbios(source, 0x20) + netbios('WORKGROUP', 0x1d)
    return struct.pack('>BBH', kind, flags, 7) + ip4(address) + struct.pack('>HHH', 138, len(names) + len(data), 0) + names + data

def announcement(command, host, comment=b'', version=(6, 1), server_type=0x9a03):
    return bytes([command, 0]) + struct.pack('<I', 60000) + host.encode().ljust(16, b'\0') + bytes(version) + \
        struct.pack('<IBBH', server_type, 15, 1, 0xaa55) + comment + b'\0'

BROWSER = {
    'host': datagram(smb_mailslot(announcement(1, 'PRINTER', b'second floor'))),
    'master': datagram(smb_mailslot(announcement(15, 'PRINTER'))),
    'domain': datagram(smb_mailslot(announcement(12, 'WORKGROUP', b'PRINTER'))),
    'election': datagram(smb_mailslot(b'\x08\1' + struct.pack('<III', 0x20010f03, 1000, 0) + b'PRINTER\0')),
    'election-empty': datagram(smb_mailslot(b'\x08\1' + bytes(12) + b'\0')),
    'request': datagram(smb_mailslot(b'\x02\0PRINTER\0')),
    'lower-case-slot': datagram(smb_mailslot(announcement(1, 'PRINTER'), b'\\mailslot\\browse\0')),
    'other-slot': datagram(smb_mailslot(announcement(1, 'NOBODY'), b'\\MAILSLOT\\NET\\NETLOGON\0')),
    'passed-on': datagram(smb_mailslot(announcement(1, 'CAMERA')), 'CAMERA', '192.0.2.12'),
    'full-name': datagram(smb_mailslot(announcement(1, 'A' * 16, 'Büro'.encode('cp850')))),
    'no-smb': datagram(b'something else'),
    'other-command': datagram(smb_mailslot(announcement(1, 'NOBODY'), command=0x24)),
    'later-fragment': datagram(announcement(1, 'NOBODY'), flags=0),
    'first-fragment': datagram(smb_mailslot(announcement(1, 'PRINTER')), flags=3),
    'error': struct.pack('>BBH', 0x13, 2, 7) + ip4('192.0.2.9') + b'\0\x8a\x82',
    'cut-name': datagram(smb_mailslot(b''))[:40],
    'cut-announcement': datagram(smb_mailslot(announcement(1, 'PRINTER')[:20])),
    'lying-offset': datagram(smb_mailslot(announcement(1, 'PRINTER')).replace(struct.pack('<HH', 33, 86), b'\xff\xff\xff\xff')),
}

# -------------------------------------------------------------------------------------------- captures

def to_printer(payload):
    return udp4('192.0.2.9', '224.0.0.251', 5353, 5353, payload, 255)

def arp_frames():
    zero = bytes(6)
    yield ethernet(LAPTOP, BROADCAST, 0x0806, arp(1, LAPTOP, '192.0.2.50', zero, '192.0.2.1') + bytes(18))
    yield ethernet(ROUTER, LAPTOP, 0x0806, arp(2, ROUTER, '192.0.2.1', LAPTOP, '192.0.2.50'))
    yield ethernet(LAPTOP, BROADCAST, 0x0806, arp(1, LAPTOP, '0.0.0.0', zero, '192.0.2.50'))
    yield ethernet(LAPTOP, BROADCAST, 0x0806, arp(1, LAPTOP, '0.0.0.0', BROADCAST, '192.0.2.50'))
    yield ethernet(LAPTOP, BROADCAST, 0x0806, arp(1, LAPTOP, '192.0.2.50', zero, '192.0.2.50'))
    yield ethernet(LAPTOP, BROADCAST, 0x0806, arp(2, LAPTOP, '192.0.2.50', BROADCAST, '192.0.2.50'))
    yield ethernet(LAPTOP, BROADCAST, 0x0806, arp(1, LAPTOP, '0.0.0.0', zero, '0.0.0.0'))
    yield ethernet(CAMERA, LAPTOP, 0x0806, arp(2, ROUTER, '192.0.2.1', LAPTOP, '192.0.2.50'))
    yield ethernet(LAPTOP, BROADCAST, 0x8035, arp(3, LAPTOP, '0.0.0.0', LAPTOP, '0.0.0.0'))
    yield ethernet(ROUTER, LAPTOP, 0x8035, arp(4, ROUTER, '192.0.2.1', LAPTOP, '192.0.2.50'))
    yield ethernet(LAPTOP, BROADCAST, 0x0806, arp(1, LAPTOP, '192.0.2.50', zero, '192.0.2.1', hardware=6))
    yield ethernet(LAPTOP, BROADCAST, 0x0806, arp(1, LAPTOP, '192.0.2.50', zero, '192.0.2.1', hardware=7))
    yield ethernet(LAPTOP, BROADCAST, 0x0806, struct.pack('>HHBBH', 1, 0x0800, 255, 255, 1) + bytes(20))
    yield ethernet(LAPTOP, BROADCAST, 0x0806, arp(1, LAPTOP, '192.0.2.50', zero, '192.0.2.1')[:27])

def ndp_frames():
    link = 'fe80::5eff:fe00:1'
    sources = {'router-advert': 'fe80::fe', 'router-advert-bare': 'fe80::fe', 'router-solicit-unspecified': '::', 'dad': '::'}
    for key, body in NDP.items():
        source = sources.get(key, link)
        yield ethernet(ROUTER if 'router-advert' in key else LAPTOP, bytes.fromhex('333300000001'), 0x86dd, icmp6(source, ALL_HOSTS, body))
    yield ethernet(LAPTOP, bytes.fromhex('333300000001'), 0x86dd, icmp6('2001:db8:1::1', ALL_HOSTS, NDP['solicit'], 64))
    hop_by_hop = b'\x3a\0\5\2\0\0\1\0' + NDP['router-solicit']
    yield ethernet(LAPTOP, bytes.fromhex('333300000002'), 0x86dd, ipv6(link, ALL_ROUTERS, 0, hop_by_hop))

def dhcp_frames():
    for key, body in DHCP_CLIENT.items():
        source = ROUTER if key == 'relayed' else CAMERA if key == 'mud-url' else LAPTOP
        yield ethernet(source, BROADCAST, 0x0800, udp4('0.0.0.0', '255.255.255.255', 68, 67, body))
    for body in DHCP_SERVER.values():
        yield ethernet(ROUTER, LAPTOP, 0x0800, udp4('192.0.2.1', '192.0.2.50', 67, 68, body))
    yield ethernet(LAPTOP, ROUTER, 0x0800, udp4('192.0.2.50', '192.0.2.1', 68, 4011, DISCOVER))
    yield ethernet(LAPTOP, BROADCAST, 0x0800, udp4('0.0.0.0', '255.255.255.255', 68, 67, DISCOVER[:40]))
    yield ethernet(LAPTOP, BROADCAST, 0x0800, udp4('0.0.0.0', '255.255.255.255', 68, 67, DISCOVER[:60]))
    yield ethernet(LAPTOP, BROADCAST, 0x0800, udp4('0.0.0.0', '255.255.255.255', 68, 67, b'\3' + DISCOVER[1:]))

def mdns_frames():
    for body in MDNS.values():
        yield ethernet(PRINTER, bytes.fromhex('01005e0000fb'), 0x0800, to_printer(body))
    yield ethernet(PRINTER, bytes.fromhex('3333000000fb'), 0x86dd, udp6('fe80::5eff:fe00:9', 'ff02::fb', 5353, 5353, COMPRESSED))
    yield ethernet(LAPTOP, bytes.fromhex('01005e0000fb'), 0x0800, udp4('192.0.2.50', '224.0.0.251', 40000, 5353, MDNS['questions']))
    yield ethernet(PRINTER, LAPTOP, 0x0800, udp4('192.0.2.9', '192.0.2.50', 5353, 40000, MDNS['legacy-reply'], 255))

def dns_frames():
    for key, body in DNS.items():
        if key.startswith('query'):
            yield ethernet(LAPTOP, ROUTER, 0x0800, udp4('192.0.2.50', '192.0.2.1', 40001, 53, body))
        else:
            yield ethernet(ROUTER, LAPTOP, 0x0800, udp4('192.0.2.1', '192.0.2.50', 53, 40001, body))

def ssdp_frames():
    for key, body in SSDP.items():
        if key == 'response':
            yield ethernet(PRINTER, LAPTOP, 0x0800, udp4('192.0.2.9', '192.0.2.50', 1900, 40002, body))
        elif key == 'search':
            yield ethernet(LAPTOP, bytes.fromhex('01005e7ffffa'), 0x0800, udp4('192.0.2.50', '239.255.255.250', 40002, 1900, body, 4))
        else:
            yield ethernet(PRINTER, bytes.fromhex('01005e7ffffa'), 0x0800, udp4('192.0.2.9', '239.255.255.250', 1900, 1900, body, 4))
    yield ethernet(PRINTER, LAPTOP, 0x0800, udp4('192.0.2.9', '192.0.2.50', 38616, 40002, SSDP['response']))
    yield ethernet(PRINTER, LAPTOP, 0x0800, udp4('192.0.2.9', '192.0.2.50', 38616, 40002, SSDP['body']))
    yield ethernet(PRINTER, bytes.fromhex('33330000000c'), 0x86dd, udp6('fe80::5eff:fe00:9', 'ff02::c', 1900, 1900, SSDP['notify'], 2))

def dhcp6_frames():
    everybody, client, server = bytes.fromhex('333300010002'), 'fe80::5eff:fe00:1', 'fe80::fe'
    for body in DHCP6.values():
        if body[0] in (2, 7):
            yield ethernet(ROUTER, LAPTOP, 0x86dd, udp6(server, client, 547, 546, body, 64))
        elif body[0] in (12, 13):
            yield ethernet(ROUTER, CAMERA, 0x86dd, udp6('2001:db8:7::1', '2001:db8:9::1', 547, 547, body, 64))
        else:
            yield ethernet(LAPTOP, everybody, 0x86dd, udp6(client, 'ff02::1:2', 546, 547, body, 1))

def lldp_frames():
    for body in LLDP.values():
        yield ethernet(SWITCH, bytes.fromhex('0180c200000e'), 0x88cc, body)
    yield ethernet(SWITCH, bytes.fromhex('0180c200000e'), 0x8100, vlan(7, 0x88cc, LLDP['no-end']))

def snap(source, destination, oui, pid, body):
    return destination + source + struct.pack('>H', len(body) + 8) + b'\xaa\xaa\3' + oui + struct.pack('>H', pid) + body

def cdp_frames():
    everybody = bytes.fromhex('01000ccccccc')
    for body in CDP.values():
        yield snap(SWITCH, everybody, b'\0\0\x0c', 0x2000, body)
    yield snap(SWITCH, everybody, b'\0\0\x0c', 0x2004, CDP['switch'])
    yield snap(SWITCH, everybody, b'\0\0\x0d', 0x2000, CDP['switch'])

def wsd_frames():
    group = bytes.fromhex('01005e7ffffa')
    for key, body in WSD.items():
        if 'matches' in key:
            yield ethernet(CAMERA, LAPTOP, 0x0800, udp4('192.0.2.12', '192.0.2.50', 3702, 50000, body))
        else:
            yield ethernet(CAMERA, group, 0x0800, udp4('192.0.2.12', '239.255.255.250', 50001, 3702, body, 1))
    yield ethernet(CAMERA, bytes.fromhex('33330000000c'), 0x86dd, udp6('fe80::5eff:fe00:c', 'ff02::c', 50001, 3702, WSD['hello'], 1))

def syn_frames():
    for body in SYN.values():
        yield ethernet(LAPTOP, ROUTER, 0x0800, ipv4('192.0.2.50', '198.51.100.1', 6, body, fragment=0x4000, identification=0))
    yield ethernet(LAPTOP, ROUTER, 0x0800, ipv4('192.0.2.50', '198.51.100.1', 6, SYN['linux'] + b'early'))
    yield ethernet(LAPTOP, ROUTER, 0x0800, ipv4('192.0.2.50', '198.51.100.1', 6, segment(0x10)))
    yield ethernet(LAPTOP, ROUTER, 0x86dd, ipv6('2001:db8:1::50', '2001:db8:9::1', 6, SYN['linux'], 64))

def group_frames():
    for key, body in GROUP.items():
        if key.startswith('mld'):
            yield ethernet(LAPTOP, bytes.fromhex('333300000016'), 0x86dd, icmp6('fe80::5eff:fe00:1', 'ff02::16', body, 1))
        else:
            yield ethernet(LAPTOP, bytes.fromhex('01005e000016'), 0x0800,
                           ipv4('192.0.2.50', '224.0.0.22', 2, body, 1, options=b'\x94\4\0\0'))

def llmnr_frames():
    for key, body in LLMNR.items():
        if key in ('answer', 'reverse', 'cut-answer'):
            yield ethernet(LAPTOP, PRINTER, 0x0800, udp4('192.0.2.50', '192.0.2.9', 5355, 50000, body, 128))
        else:
            yield ethernet(LAPTOP, bytes.fromhex('01005e0000fc'), 0x0800, udp4('192.0.2.50', '224.0.0.252', 50000, 5355, body, 1))
    yield ethernet(LAPTOP, bytes.fromhex('333300010003'), 0x86dd, udp6('fe80::5eff:fe00:1', 'ff02::1:3', 50000, 5355, LLMNR['query'], 1))

def nbns_frames():
    for key, body in NBNS.items():
        answer = body[2] & 0x80
        yield ethernet(PRINTER, LAPTOP if answer else BROADCAST, 0x0800,
                       udp4('192.0.2.9', '192.0.2.50' if answer else '192.0.2.255', 137, 137, body, 128))

def browser_frames():
    for body in BROWSER.values():
        yield ethernet(PRINTER, BROADCAST, 0x0800, udp4('192.0.2.9', '192.0.2.255', 138, 138, body))

def tunnel_frames():
    """The same ARP request or mDNS answer inside everything that carries one."""
    request = arp(1, CAMERA, '192.0.2.12', bytes(6), '192.0.2.1')
    inner = ethernet(CAMERA, BROADCAST, 0x0806, request)
    answer = to_printer(MDNS['goodbye'])
    outside = lambda payload, protocol: ethernet(ROUTER, LAPTOP, 0x0800, ipv4('198.51.100.1', '198.51.100.2', protocol, payload))
    over_udp = lambda payload, port: ethernet(ROUTER, LAPTOP, 0x0800, udp4('198.51.100.1', '198.51.100.2', 50000, port, payload))
    yield ethernet(CAMERA, BROADCAST, 0x8100, vlan(7, 0x0806, request))
    yield ethernet(CAMERA, BROADCAST, 0x88a8, vlan(100, 0x8100, vlan(7, 0x0806, request)))
    snap = b'\xaa\xaa\3\0\0\0\x08\6' + request
    yield BROADCAST + CAMERA + struct.pack('>H', len(snap)) + snap
    yield ethernet(PRINTER, LAPTOP, 0x8864, struct.pack('>BBHH', 0x11, 0, 1, len(answer) + 2) + b'\0\x21' + answer)
    yield ethernet(PRINTER, LAPTOP, 0x8847, struct.pack('>I', 16 << 12 | 1 << 8 | 64) + answer)
    yield outside(struct.pack('>HH', 0, 0x6558) + inner, 47)
    yield outside(struct.pack('>HH', 0, 0x0800) + answer, 47)
    yield outside(struct.pack('>HHI', 0x1000, 0x88be, 1) + struct.pack('>II', 1 << 28 | 7 << 16, 0) + inner, 47)
    yield outside(answer, 4)
    yield outside(icmp6('fe80::fe', ALL_HOSTS, NDP['router-advert-bare']), 41)
    yield over_udp(struct.pack('>II', 0x08000000, 7 << 8) + inner, 4789)
    yield over_udp(struct.pack('>HHI', 0, 0x6558, 7 << 8) + inner, 6081)
    yield over_udp(struct.pack('>HHI', 0, 0x0806, 7 << 8) + request, 6081)
    yield over_udp(struct.pack('>BBHI', 0x30, 255, len(answer), 1) + answer, 2152)
    yield over_udp(icmp6('fe80::8000:ffff:ffff:fffd', ALL_ROUTERS, NDP['router-solicit-unspecified']), 3544)

def fragment_frames():
    whole = udp('192.0.2.9', '224.0.0.251', 5353, 5353, MDNS['announcement'])
    cut = 96
    first = ipv4('192.0.2.9', '224.0.0.251', 17, whole[:cut], 255, 77, 0x2000)
    last = ipv4('192.0.2.9', '224.0.0.251', 17, whole[cut:], 255, 77, cut // 8)
    group = bytes.fromhex('01005e0000fb')
    yield ethernet(PRINTER, group, 0x0800, first)
    yield ethernet(PRINTER, group, 0x0800, last)
    yield ethernet(PRINTER, group, 0x0800, last.replace(b'\0\x4d', b'\0\x4e', 1))
    whole = udp('fe80::5eff:fe00:9', 'ff02::fb', 5353, 5353, MDNS['announcement'])
    for offset, more, part in ((cut, 0, whole[cut:]), (0, 1, whole[:cut])):
        header = struct.pack('>BBHI', 17, 0, offset | more, 99)
        yield ethernet(PRINTER, bytes.fromhex('3333000000fb'), 0x86dd, ipv6('fe80::5eff:fe00:9', 'ff02::fb', 44, header + part))

def tcp4(client, server, side, sequence, payload):
    """A segment between a port above 40000 and the server's; side 0 is the client."""
    source, destination = (client, server)[::1 - 2 * side]
    ports = source[1], destination[1]
    header = struct.pack('>HHIIHHHH', *ports, sequence, 1, 0x5018, 1024, 0, 0)
    macs = (ROUTER, LAPTOP) if side else (LAPTOP, ROUTER)
    return ethernet(*macs, 0x0800, ipv4(source[0], destination[0], 6, header + payload))

def cut(frame, n):
    """A frame of which a snapshot length has left the first n bytes."""
    return frame[:n], len(frame)

HELLO_EXTENSIONS = (struct.pack('>HHHBH', 0, 16, 14, 0, 11) + b'nas.example' + struct.pack('>HHH', 16, 5, 3) + b'\2h2' +
                    struct.pack('>HHH', 43, 3, 0x0203) + b'\4')
HELLO_BODY = struct.pack('>H', 0x0303) + bytes(32) + b'\0' + struct.pack('>HHBB', 2, 0x1301, 1, 0)
HELLO_BODY += struct.pack('>H', len(HELLO_EXTENSIONS)) + HELLO_EXTENSIONS
HELLO = struct.pack('>BHHBBH', 22, 0x0301, 4 + len(HELLO_BODY), 1, 0, len(HELLO_BODY)) + HELLO_BODY

def cut_frames():
    """Messages that a snapshot length cuts: what of them is whole is told, and what follows them is."""
    web = ('192.0.2.50', 40001), ('198.51.100.1', 80)
    get = http('GET /a HTTP/1.1', 'Host: www.example', 'User-Agent: Example/9', 'Accept: */*')
    ok = http('HTTP/1.1 200 OK', 'Server: Example/1', 'X-Powered-By: Example', 'Content-Type: text/html') + bytes(400)
    yield cut(tcp4(*web, 0, 1, get), 54 + get.index(b'/9'))
    yield cut(tcp4(*web, 1, 1, ok), 54 + ok.index(b'ple\r\nContent'))
    yield cut(tcp4(*web, 1, 1 + len(ok), ok), 54 + ok.index(b'K\r\n'))
    yield cut(tcp4(*web, 0, 1 + len(get), get), 54 + get.index(b'TP/1'))
    yield cut(tcp4(*web, 0, 1 + 2 * len(get), get), 54 + get.index(b'1.1'))
    yield tcp4(*web, 0, 1 + 3 * len(get), get)
    for number, cut_at in enumerate((b'example', b'\0\x10', b'h2', b'\4')):
        tls = ('192.0.2.50', 40002 + number), ('198.51.100.1', 443)
        yield cut(tcp4(*tls, 0, 1, HELLO), 54 + HELLO.rindex(cut_at) + len(cut_at) // 2)
    dns = ('192.0.2.50', 40010), ('192.0.2.1', 53)
    for key, side, at in (('query-edns', 0, -5), ('answer', 1, -40), ('answer', 1, -120)):
        body = struct.pack('>H', len(DNS[key])) + DNS[key]
        yield cut(tcp4(*dns, side, 1 if at != -120 else 1 + len(body), body), at)
    ssh = ('192.0.2.50', 40011), ('192.0.2.1', 22)
    yield cut(tcp4(*ssh, 0, 1, b'SSH-2.0-Example_9\r\n' + bytes(40)), -20)
    yield cut(tcp4(*ssh, 1, 1, b'SSH-2.0-Example_9 and more\r\n'), -7)
    notify = ethernet(PRINTER, bytes.fromhex('01005e7ffffa'), 0x0800, udp4('192.0.2.9', '239.255.255.250', 1900, 1900, SSDP['notify'], 4))
    yield cut(notify, notify.index(b'root'))
    yield cut(notify, 50)

def cooked(source, ethertype, payload):
    return struct.pack('>HHH', 1, 1, 6) + source + b'\0\0' + struct.pack('>H', ethertype) + payload

def cooked2(source, ethertype, payload):
    return struct.pack('>HHIHBB', ethertype, 0, 2, 1, 1, 6) + source + b'\0\0' + payload

ANSWER, REQUEST = to_printer(MDNS['goodbye']), arp(1, CAMERA, '192.0.2.12', bytes(6), '192.0.2.1')
SOLICIT = icmp6('fe80::5eff:fe00:1', ALL_HOSTS, NDP['solicit'])

# name: link type, frames
CAPTURES = {
    'arp': (1, arp_frames()),
    'ndp': (1, ndp_frames()),
    'dhcp': (1, dhcp_frames()),
    'mdns': (1, mdns_frames()),
    'dns': (1, dns_frames()),
    'ssdp': (1, ssdp_frames()),
    'dhcp6': (1, dhcp6_frames()),
    'lldp': (1, lldp_frames()),
    'cdp': (1, cdp_frames()),
    'wsd': (1, wsd_frames()),
    'syn': (1, syn_frames()),
    'group': (1, group_frames()),
    'llmnr': (1, llmnr_frames()),
    'nbns': (1, nbns_frames()),
    'browser': (1, browser_frames()),
    'tunnels': (1, tunnel_frames()),
    'fragments': (1, fragment_frames()),
    'cut': (1, cut_frames()),
    'link-sll': (113, (cooked(PRINTER, 0x0800, ANSWER), cooked(CAMERA, 0x0806, REQUEST), cooked(LAPTOP, 0x86dd, SOLICIT))),
    'link-sll2': (276, (cooked2(PRINTER, 0x0800, ANSWER), cooked2(CAMERA, 0x0806, REQUEST), cooked2(LAPTOP, 0x86dd, SOLICIT))),
    'link-raw': (101, (ANSWER, SOLICIT)),
    'link-null': (0, (struct.pack('<I', 2) + ANSWER, struct.pack('<I', 30) + SOLICIT, struct.pack('>I', 2) + ANSWER)),
    'link-loop': (108, (struct.pack('>I', 2) + ANSWER, struct.pack('>I', 30) + SOLICIT)),
    'link-ppp': (9, (b'\xff\3\0\x21' + ANSWER, b'\0\x57' + SOLICIT)),
}
SEEDS = {'ndp': NDP, 'dhcp': {**DHCP_CLIENT, **DHCP_SERVER}, 'mdns': MDNS, 'dns': DNS, 'ssdp': SSDP,
         'dhcp6': DHCP6, 'lldp': LLDP, 'cdp': CDP, 'wsd': WSD, 'syn': SYN, 'group': GROUP,
         'llmnr': LLMNR, 'nbns': NBNS, 'browser': BROWSER,
         'arp': {str(i): frame[14:] for i, frame in enumerate(arp_frames())}}

def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)

def write_captures(folder):
    for capture, (link_type, frames) in CAPTURES.items():
        data = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, link_type)
        for number, frame in enumerate(frames):
            frame, length = frame if isinstance(frame, tuple) else (frame, len(frame))
            data += struct.pack('<IIII', 1700000000 + number, 0, len(frame), length) + frame
        write(os.path.join(folder, capture + '.pcap'), data)

def write_seeds(folder):
    for protocol, messages in SEEDS.items():
        os.makedirs(os.path.join(folder, protocol), exist_ok=True)
        for number, (key, body) in enumerate(messages.items()):
            write(os.path.join(folder, protocol, key), bytes([number & 15]) + body)

if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[1] not in ('captures', 'seeds'):
        sys.exit(__doc__)
    (write_captures if sys.argv[1] == 'captures' else write_seeds)(sys.argv[2])
