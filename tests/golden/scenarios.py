# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small attacks, and traffic that only looks like one, each with the alerts that it must raise: all of them, and no others
above info. Frames are written by hand with the builders of make-captures.py; times are seconds.

A scenario is a function that yields (time, frame); the decorator says what it raises: (kind, MAC of the offender) pairs,
where a kind may have its severity behind a slash. Nothing: it must be quiet.
"""
import importlib.util
import os
import random
import struct

_spec = importlib.util.spec_from_file_location('make_captures', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'make-captures.py'))
m = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(m)

SCENARIOS = {}

def scenario(*expected):
    def add(function):
        SCENARIOS[function.__name__] = (function, [(kind, mac) for kind, mac in expected])
        return function
    return add

def mac(text):
    return bytes.fromhex(text.replace(':', ''))

GATEWAY, GATEWAY_IP = '74:da:88:10:77:01', '192.168.77.1'
NAS, NAS_IP = '00:11:32:9c:77:12', '192.168.77.12'
PC, PC_IP = 'f4:4d:30:5a:77:10', '192.168.77.67'
DAY = 86400
EVIL, EVIL_IP = '00:0c:29:ee:77:66', '192.168.77.66'
ALL = 'ff:ff:ff:ff:ff:ff'

def device(i):
    """MAC and address of the i-th bystander."""
    return '3c:22:fb:00:%02x:%02x' % (i >> 8, i & 255), '192.168.77.%d' % (100 + i % 150)

# ---------------------------------------------------------------------------------------------------------------- frames

def arp(operation, sender, sender_ip, target, target_ip, frame_source=None):
    link = mac(ALL) if target is None else mac(target)
    return m.ethernet(mac(frame_source or sender), link, 0x0806,
                      m.arp(operation, mac(sender), sender_ip, bytes(6) if target is None else mac(target), target_ip))

def who_has(sender, sender_ip, target_ip):
    return arp(1, sender, sender_ip, None, target_ip)

def is_at(sender, sender_ip, target, target_ip):
    return arp(2, sender, sender_ip, target, target_ip)

def gratuitous(sender, ip):
    return arp(1, sender, ip, None, ip)

def udp(source, source_ip, destination, destination_ip, source_port, destination_port, payload, ttl=64):
    return m.ethernet(mac(source), mac(destination), 0x0800,
                      m.udp4(source_ip, destination_ip, source_port, destination_port, payload, ttl))

SYN, ACK, RST, FIN, PSH, URG = 2, 16, 4, 1, 8, 32
OPTIONS = bytes.fromhex('020405b4 0402080a0000000100000000 01030307'.replace(' ', ''))

def tcp(source, source_ip, destination, destination_ip, source_port, destination_port, flags, payload=b'', ttl=64, seq=1, ack=0):
    options = OPTIONS if flags & SYN else b''
    header = struct.pack('>HHIIBBHHH', source_port, destination_port, seq, ack, (5 + len(options) // 4) << 4, flags, 64240, 0, 0)
    return m.ethernet(mac(source), mac(destination), 0x0800, m.ipv4(source_ip, destination_ip, 6, header + options + payload, ttl))

def dhcp_client(client, kind, *options, client_ip='0.0.0.0', source=None):
    body = m.bootp(1, [m.option(53, bytes([kind])), *options], client=mac(client), client_ip=client_ip)
    return m.ethernet(mac(source or client), mac(ALL), 0x0800, m.udp4(client_ip, '255.255.255.255', 68, 67, body))

def dhcp_server(server, server_ip, client, kind, address, router, dns):
    body = m.bootp(2, [m.option(53, bytes([kind])), m.option(54, m.ip4(server_ip)), m.option(51, struct.pack('>I', 7200)),
                       m.option(1, m.ip4('255.255.255.0')), m.option(3, m.ip4(router)), m.option(6, m.ip4(dns))],
                   client=mac(client), your_ip=address)
    return m.ethernet(mac(server), mac(ALL), 0x0800, m.udp4(server_ip, '255.255.255.255', 67, 68, body))

def lease(t, client, address, server=GATEWAY, server_ip=GATEWAY_IP, router=GATEWAY_IP, dns=GATEWAY_IP, parameters=(1, 3, 6, 15)):
    asked = m.option(55, bytes(parameters))
    yield t, dhcp_client(client, 1, asked)
    yield t + .01, dhcp_server(server, server_ip, client, 2, address, router, dns)
    yield t + .02, dhcp_client(client, 3, asked, m.option(54, m.ip4(server_ip)), m.option(50, m.ip4(address)))
    yield t + .03, dhcp_server(server, server_ip, client, 5, address, router, dns)

def link_local(of):
    b = mac(of)
    return 'fe80::%02x%02x:%02xff:fe%02x:%02x%02x' % (b[0] ^ 2, b[1], b[2], b[3], b[4], b[5])

def router_advert(source, *options, ip=None, lifetime=1800):
    body = struct.pack('>BBHBBHII', 134, 0, 0, 64, 0, lifetime, 0, 0) + b''.join(options)
    return m.ethernet(mac(source), mac('33:33:00:00:00:01'), 0x86dd, m.icmp6(ip or link_local(source), 'ff02::1', body))

def rdnss(address):
    return m.nd_option(25, bytes(2) + struct.pack('>I', 600) + m.ip6(address))

def neighbour_advert(source, target, victim, victim_ip, flags=0x60):
    return m.ethernet(mac(source), mac(victim), 0x86dd,
                      m.icmp6(target, victim_ip, m.neighbour(136, flags, target, m.nd_option(2, mac(source)))))

def neighbour_solicit(source, target):
    return m.ethernet(mac(source), mac('33:33:ff:00:00:01'), 0x86dd,
                      m.icmp6(link_local(source), 'ff02::1:ff00:1', m.neighbour(135, 0, target, m.nd_option(1, mac(source)))))

def llmnr_answer(source, source_ip, victim, victim_ip, name):
    body = m.message(0x8000, [m.question(name, 1)], [m.record(name, 1, m.ip4(source_ip), klass=1)])
    return udp(source, source_ip, victim, victim_ip, 5355, 50000, body, ttl=255)

def nbns_answer(source, source_ip, victim, victim_ip, name):
    body = m.nb_answer(m.netbios(name, 0x20), struct.pack('>H', 0) + m.ip4(source_ip))
    return udp(source, source_ip, victim, victim_ip, 137, 137, body)

def mdns_answer(source, source_ip, name):
    body = m.message(0x8400, [], [m.record(name, 1, m.ip4(source_ip))])
    return m.ethernet(mac(source), mac('01:00:5e:00:00:fb'), 0x0800, m.udp4(source_ip, '224.0.0.251', 5353, 5353, body, 255))

# -------------------------------------------------------------------------------------------------- addresses on the link

def home(t=0):
    """What a quiet network has said before."""
    yield from lease(t, PC, PC_IP)
    yield t + 1, who_has(PC, PC_IP, GATEWAY_IP)
    yield t + 1.001, is_at(GATEWAY, GATEWAY_IP, PC, PC_IP)
    yield t + 1.1, who_has(NAS, NAS_IP, GATEWAY_IP)
    yield t + 1.101, is_at(GATEWAY, GATEWAY_IP, NAS, NAS_IP)
    yield t + 1.2, who_has(EVIL, EVIL_IP, GATEWAY_IP)

@scenario(('arp_spoofing/critical', EVIL))
def arpspoof_both_ways():
    yield from home()
    for i in range(10):
        yield 10 + 2 * i, is_at(EVIL, GATEWAY_IP, PC, PC_IP)
        yield 10.1 + 2 * i, is_at(EVIL, PC_IP, GATEWAY, GATEWAY_IP)

@scenario(('arp_spoofing/critical', EVIL))
def arpspoof_of_the_gateway_alone():
    yield from home()
    for i in range(4):
        yield 10 + 2 * i, is_at(EVIL, GATEWAY_IP, PC, PC_IP)

@scenario(('arp_spoofing/critical', EVIL))
def gateway_is_announced_by_another_every_second():
    """While the gateway goes on with its work, and says nothing of its address."""
    yield from home()
    for i in range(10):
        yield 10 + i, arp(2, EVIL, GATEWAY_IP, None, GATEWAY_IP)
        yield 10.5 + i, udp(GATEWAY, '203.0.113.9', PC, PC_IP, 443, 50000, bytes(100))

@scenario(('ndp_spoofing/critical', EVIL))
def gateway_of_both_protocols_is_announced_by_another_every_second():
    """By its address of IPv6; what it goes on with is IPv4."""
    target = link_local(GATEWAY)
    yield from home()
    yield 5, router_advert(GATEWAY, m.nd_option(1, mac(GATEWAY)), PREFIX)
    for i in range(10):
        yield 10 + i, m.ethernet(mac(EVIL), mac('33:33:00:00:00:01'), 0x86dd,
                                 m.icmp6(target, 'ff02::1', m.neighbour(136, 0x20, target, m.nd_option(2, mac(EVIL)))))
        yield 10.5 + i, udp(GATEWAY, '203.0.113.9', PC, PC_IP, 443, 50000, bytes(100))

@scenario()
def router_that_takes_over_announces_it_twice():
    yield from home()
    for i in range(10):
        yield 10 + i % 5 * .01 + i // 5 * 5, gratuitous(EVIL, GATEWAY_IP)
    for i in range(10):
        yield 10.5 + i, udp(GATEWAY, '203.0.113.9', PC, PC_IP, 443, 50000, bytes(100))

@scenario()
def routers_hand_an_address_to_and_fro():
    """VRRP without its own link addresses: one is restarted. Who has the address answers for it."""
    for t, router in ((0, GATEWAY), (10, NAS), (20, GATEWAY)):
        for i in range(10):
            yield t + i % 5 * .001 + i // 5 * 5, gratuitous(router, '192.168.77.254')
        for i in range(4):
            yield t + 2 * i + .5, who_has(PC, PC_IP, '192.168.77.254')
            yield t + 2 * i + .501, is_at(router, '192.168.77.254', PC, PC_IP)

@scenario(('arp_spoofing/critical', EVIL))
def gratuitous_arp_against_a_gateway_that_answers_back():
    yield from home()
    for i in range(4):
        yield 10 + 2 * i, gratuitous(EVIL, GATEWAY_IP)
        yield 11 + 2 * i, gratuitous(GATEWAY, GATEWAY_IP)

@scenario(('ndp_spoofing/critical', EVIL))
def neighbour_adverts_nobody_asked_for():
    target, victim = link_local(NAS), link_local(PC)
    yield 0, neighbour_solicit(PC, target)
    yield .001, neighbour_advert(NAS, target, PC, victim)
    for i in range(4):
        yield 10 + 2 * i, neighbour_advert(EVIL, target, PC, victim)

@scenario(('address_conflict/warning', EVIL))
def two_hosts_with_one_address():
    yield from home()
    for i in range(5):
        yield 10 + 5 * i, who_has(EVIL, NAS_IP, '192.168.77.200')
        yield 12 + 5 * i, who_has(NAS, NAS_IP, '192.168.77.201')

@scenario(('gateway_changed/warning', EVIL))
def gateway_moves_in_silence():
    yield from home()
    yield 10, who_has(EVIL, GATEWAY_IP, PC_IP)
    yield 20, who_has(PC, PC_IP, NAS_IP)

@scenario()
def vrrp_failover():
    virtual, other = '00:00:5e:00:01:01', '74:da:88:10:77:02'
    yield from lease(0, PC, PC_IP)
    for i in range(6):
        owner = (GATEWAY, virtual, other)[i % 3]
        for j in range(3):
            yield 10 * i + j, gratuitous(virtual if i % 3 else owner, GATEWAY_IP)
        yield 10 * i + 5, who_has(PC, PC_IP, GATEWAY_IP)
        yield 10 * i + 5.001, is_at(virtual, GATEWAY_IP, PC, PC_IP)

@scenario()
def failover_without_a_virtual_address():
    standby = '74:da:88:10:77:02'
    yield from home()
    for i in range(5):
        yield 30 + i, gratuitous(standby, GATEWAY_IP)
    yield 40, who_has(PC, PC_IP, GATEWAY_IP)
    yield 40.001, is_at(standby, GATEWAY_IP, PC, PC_IP)

@scenario()
def address_goes_to_the_next_client():
    yield from home()
    yield from lease(60, '3c:22:fb:00:00:01', NAS_IP)
    yield 60.1, gratuitous('3c:22:fb:00:00:01', NAS_IP)
    yield 70, who_has('3c:22:fb:00:00:01', NAS_IP, GATEWAY_IP)

@scenario()
def sleep_proxy_stands_in_and_goes():
    proxy = '3c:22:fb:00:00:09'
    yield from home()
    yield 60, gratuitous(proxy, PC_IP)
    yield 90, who_has(NAS, NAS_IP, PC_IP)
    yield 90.001, is_at(proxy, PC_IP, NAS, NAS_IP)
    yield 400, gratuitous(PC, PC_IP)
    yield 401, who_has(PC, PC_IP, GATEWAY_IP)

@scenario(('arp_sweep/warning', EVIL))
def sweep_by_arp():
    yield from home()
    for i in range(1, 255):
        yield 10 + i * .01, who_has(EVIL, EVIL_IP, '192.168.77.%d' % i)

@scenario()
def gateway_looks_for_hosts_that_are_scanned_from_outside():
    yield from home()
    for i in range(1, 255):
        yield 10 + i * .01, who_has(GATEWAY, GATEWAY_IP, '192.168.77.%d' % i)

@scenario()
def hub_talks_to_many_real_devices():
    for i in range(60):
        address, ip = device(i)
        yield i * .1, who_has(address, ip, GATEWAY_IP)
    for i in range(60):
        yield 30 + i * .02, who_has(PC, PC_IP, device(i)[1])

@scenario(('mac_flood/critical', ''))
def macof():
    r = random.Random(1)
    for i in range(3000):
        made_up = '%02x:%02x:%02x:%02x:%02x:%02x' % (r.randrange(256) & 0xfe, *(r.randrange(256) for _ in range(5)))
        source, destination = ('%d.%d.%d.%d' % tuple(r.randrange(1, 224) for _ in range(4)) for _ in range(2))
        yield i * .0005, tcp(made_up, source, made_up, destination, r.randrange(65536), r.randrange(65536), SYN)

@scenario(('mac_flood/critical', ''), ('syn_flood/critical', ''))
def flood_from_addresses_that_are_all_invented():
    r = random.Random(4)
    for i in range(1000):
        made_up = '02:%02x:%02x:%02x:%02x:%02x' % tuple(r.randrange(256) for _ in range(5))
        yield i * .001, tcp(made_up, '%d.%d.%d.%d' % tuple(r.randrange(1, 224) for _ in range(4)), NAS, NAS_IP, r.randrange(65536), 80, SYN)

@scenario(('mac_cloned/warning', PC))
def two_machines_with_one_mac():
    yield from home()
    for i in range(8):
        yield 10 + 3 * i, tcp(PC, PC_IP, GATEWAY, '203.0.113.9', 40000 + i, 443, SYN, ttl=64 if i % 2 else 128)

@scenario()
def network_boot_then_the_system_itself():
    yield from lease(0, PC, PC_IP, parameters=(1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 66, 67, 128))
    yield from lease(10, PC, PC_IP, parameters=(1, 3, 6, 15, 28, 42))
    yield from lease(40, PC, PC_IP, parameters=(1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 66, 67, 128))
    yield from lease(50, PC, PC_IP, parameters=(1, 3, 6, 15, 28, 42))

# -------------------------------------------------------------------------------------------------------- DHCP and routers

@scenario(('rogue_dhcp/critical', EVIL))
def second_dhcp_server_with_another_router():
    yield from lease(0, PC, PC_IP)
    yield from lease(60, NAS, NAS_IP, server=EVIL, server_ip=EVIL_IP, router=EVIL_IP, dns=EVIL_IP)

@scenario(('rogue_dhcp/warning', EVIL))
def second_dhcp_server_known_by_requests_alone():
    yield 0, who_has(EVIL, EVIL_IP, GATEWAY_IP)
    yield 0.5, dhcp_client(PC, 3, m.option(54, m.ip4(GATEWAY_IP)), m.option(50, m.ip4(PC_IP)))
    yield 60, dhcp_client(NAS, 3, m.option(54, m.ip4(EVIL_IP)), m.option(50, m.ip4(NAS_IP)))

@scenario()
def dhcp_servers_in_a_pair():
    yield from lease(0, PC, PC_IP)
    yield from lease(60, NAS, NAS_IP, server='74:da:88:10:77:02', server_ip='192.168.77.2')

@scenario(('dhcp_changed/warning', GATEWAY))
def dhcp_server_names_another_dns():
    yield from lease(0, PC, PC_IP)
    yield from lease(600, PC, PC_IP, dns='203.0.113.66')

@scenario()
def dhcp_renew_storm_after_a_power_cut():
    for i in range(120):
        address, ip = device(i)
        yield from lease(i * .05, address, ip)

@scenario()
def dhcp_server_offers_to_clients_that_have_no_address_yet():
    for i in range(40):
        address, ip = device(i)
        yield i * .1, dhcp_client(address, 1)
        yield i * .1 + .01, udp(GATEWAY, GATEWAY_IP, address, ip, 67, 68, m.bootp(2, [m.option(53, b'\x02'), m.option(54, m.ip4(GATEWAY_IP))],
                                                                                client=mac(address), your_ip=ip))

@scenario(('dhcp_flood/critical', EVIL))
def dhcp_starvation():
    for i in range(200):
        yield i * .01, dhcp_client('02:ee:00:00:00:%02x' % i, 1, source=EVIL)

@scenario(('dhcp_flood/warning', EVIL))
def dhcp_starvation_that_takes_its_time():
    for i in range(150):
        yield i * 15, dhcp_client('02:ee:00:00:00:%02x' % i, 1, source=EVIL)

@scenario(('dhcp_flood/critical', EVIL))
def dhcp_starvation_by_client_identifiers():
    for i in range(100):
        yield i * .05, dhcp_client(EVIL, 1, m.option(61, b'\0client%d' % i))

@scenario(('dhcp_flood/warning', EVIL))
def dhcp_starvation_by_client_identifiers_that_takes_its_time():
    for i in range(150):
        yield i * 15, dhcp_client(EVIL, 1, m.option(61, b'\0client%d' % i))

@scenario()
def guests_come_and_go():
    """Three hundred in an hour, each asking twice."""
    for i in range(300):
        client, ip = '02:9e:00:00:%02x:%02x' % (i >> 8, i & 255), '192.168.77.%d' % (2 + i % 250)
        for turn in range(2):
            yield from lease(i * 12 + turn * 3, client, ip)

@scenario()
def guests_behind_a_repeater():
    """Which sends in its own name what they ask for."""
    for i in range(60):
        for kind in (1, 3):
            yield i * 60 + kind, dhcp_client('02:9e:00:00:00:%02x' % i, kind, source=NAS)

@scenario()
def host_has_a_client_for_each_of_its_guests():
    for turn in range(20):
        for i in range(30):
            yield turn * 180 + i * 3, dhcp_client(NAS, 1 + 2 * (turn % 2), m.option(61, b'\xff' + bytes(10) + bytes([i])))

ALL_SERVERS6 = ('33:33:00:01:00:02', 'ff02::1:2')

def duid(of):
    return b'\0\3\0\1' + mac(of)

def dhcp6(source, destination, ip, port, body):
    return m.ethernet(mac(source), mac(destination), 0x86dd, m.udp6(link_local(source), ip, 1113 - port, port, body))

def addresses6(address=None):
    return m.option6(3, bytes(12) + (m.option6(5, m.ip6(address) + bytes(8)) if address else b''))

def solicit6(client, *options, kind=1):
    return dhcp6(client, *ALL_SERVERS6, 547, m.dhcp6(kind, m.option6(1, duid(client)), *options, addresses6()))

def answer6(kind, client, server, dns, address, server_duid=None):
    named = [m.option6(23, b''.join(m.ip6(one) for one in dns.split()))] if dns else []
    return m.dhcp6(kind, m.option6(1, duid(client)), m.option6(2, server_duid or duid(server)), addresses6(address), *named)

def lease6(t, client, server, dns=None, address='fd77:1::67', heard=True, server_duid=None):
    """Solicit, advertise, request, reply; what the server sends to the client alone may not be heard."""
    yield t, solicit6(client)
    if heard:
        yield t + .01, dhcp6(server, client, link_local(client), 546, answer6(2, client, server, dns, address, server_duid))
    yield t + .02, dhcp6(client, *ALL_SERVERS6, 547, m.dhcp6(3, m.option6(1, duid(client)), m.option6(2, server_duid or duid(server)), addresses6()))
    if heard:
        yield t + .03, dhcp6(server, client, link_local(client), 546, answer6(7, client, server, dns, address, server_duid))

def settings6(t, client, server=None, dns=None):
    """Of a client that has its address from elsewhere."""
    yield t, solicit6(client, kind=11)
    if server:
        yield t + .01, dhcp6(server, client, link_local(client), 546, answer6(7, client, server, dns, None))

def asked_in_vain6(t, *options):
    for i in range(20):
        yield t + 60 * i, solicit6(PC, *options)

@scenario(('rogue_dhcp/critical', EVIL))
def second_dhcp6_server_with_other_dns():
    for i in range(3):
        yield from lease6(10 * i, PC, GATEWAY, 'fd77:1::1')
    yield from lease6(60, NAS, EVIL, 'fd66::66')

@scenario(('rogue_dhcp/critical', EVIL))
def second_dhcp6_server_speaks_in_the_name_of_the_first():
    for i in range(3):
        yield from lease6(10 * i, PC, GATEWAY, 'fd77:1::1')
    yield from lease6(60, NAS, EVIL, link_local(EVIL), server_duid=duid(GATEWAY))

@scenario(('rogue_dhcp/warning', EVIL))
def second_dhcp6_server_known_by_requests_alone():
    yield from home()
    yield from lease6(10, PC, GATEWAY, heard=False)
    yield from lease6(60, NAS, EVIL, heard=False)

@scenario(('rogue_dhcp/critical', EVIL))
def second_dhcp6_server_answers_where_the_first_was_not_heard():
    yield from home()
    yield from lease6(10, PC, GATEWAY, heard=False)
    yield from lease6(60, NAS, EVIL, link_local(EVIL))

@scenario(('rogue_dhcp/critical', EVIL))
def dhcp6_is_answered_where_it_never_was():
    """Computers ask at all times, and nobody answered for twenty minutes."""
    yield from home()
    yield from asked_in_vain6(10)
    yield from lease6(1300, PC, EVIL, link_local(EVIL))
    yield from lease6(1400, NAS, EVIL, link_local(EVIL))

@scenario(('rogue_dhcp/critical', EVIL))
def settings_are_given_where_nobody_gave_any():
    yield from home()
    for i in range(20):
        yield from settings6(10 + 60 * i, PC)
    yield from settings6(1300, PC, EVIL, link_local(EVIL))

@scenario(('rogue_dhcp/critical', EVIL))
def dhcp6_server_gives_link_local_addresses():
    """As mitm6 does, which is told before anything is known of the network."""
    yield from home()
    yield from lease6(10, PC, EVIL, link_local(EVIL), 'fe80::77:67:1')

@scenario(('rogue_dhcp/warning', EVIL))
def dhcp6_begins_and_names_another_dns():
    yield from home()
    yield from asked_in_vain6(10)
    yield from lease6(1300, PC, EVIL, '2001:db8::53')

@scenario()
def dhcp6_is_answered_late_by_who_was_there_first():
    """A client asks many times in a minute; then its server is up."""
    yield from home()
    for i in range(12):
        yield 10 + 4 * i, solicit6(PC)
    yield from lease6(700, PC, NAS, link_local(NAS))

@scenario()
def second_dhcp6_server_gives_nothing():
    """A client asks whether its address is right where it is now; a server that does not know it says so, and nothing else."""
    refusal = m.dhcp6(7, m.option6(1, duid(PC)), m.option6(2, duid(NAS)), m.option6(13, b'\0\4not on link'))
    yield from lease6(0, PC, GATEWAY, 'fd77:1::1')
    yield 10, dhcp6(PC, *ALL_SERVERS6, 547, m.dhcp6(4, m.option6(1, duid(PC)), addresses6('fd77:1::67')))
    yield 10.01, dhcp6(NAS, PC, link_local(PC), 546, refusal)

@scenario()
def router_begins_to_answer_dhcp6():
    yield from home()
    yield from asked_in_vain6(10)
    yield from lease6(1300, PC, GATEWAY, 'fd77:1::1')

@scenario()
def router_gives_settings_but_no_addresses():
    yield from home()
    for i in range(20):
        yield 10 + 60 * i, solicit6(PC)
        yield 11 + 60 * i, dhcp6(GATEWAY, PC, link_local(PC), 546, answer6(2, PC, GATEWAY, None, None))
    yield from settings6(1300, NAS, GATEWAY, link_local(GATEWAY))

@scenario()
def dhcp6_is_answered_at_once_to_each_client_alone():
    """As a laptop on a switch hears it: others agree to a rapid answer, which it does not hear."""
    yield from home()
    yield from asked_in_vain6(10, m.option6(14))
    yield from lease6(1300, '3c:22:fb:00:00:01', NAS, link_local(NAS))

@scenario()
def router_reboots_and_has_another_duid():
    yield from lease6(0, PC, GATEWAY, 'fd77:1::1')
    for i in range(10):
        yield 100 + 10 * i, solicit6(PC)
    yield from lease6(300, PC, GATEWAY, link_local(GATEWAY), server_duid=b'\0\1\0\1\1\2\3\4' + mac(GATEWAY))

@scenario()
def router_is_replaced_by_another():
    other = '74:da:88:10:77:02'
    yield from home()
    yield from lease6(2, PC, GATEWAY, link_local(GATEWAY))
    for i in range(5):
        yield 300 + i, gratuitous(other, GATEWAY_IP)
    yield 310, who_has(PC, PC_IP, GATEWAY_IP)
    yield 310.001, is_at(other, GATEWAY_IP, PC, PC_IP)
    yield from lease6(320, PC, other, link_local(other))

@scenario()
def dhcp6_is_relayed_to_two_servers():
    """Which are on another link, but for what passes between them and the relay."""
    for i, server in enumerate((NAS, '00:11:32:9c:77:13')):
        dns = 'fd77:1::%d' % i
        said = answer6(7, PC, server, dns, 'fd77:1::67')
        yield i, solicit6(PC)
        yield i + .001, dhcp6(GATEWAY, server, link_local(server), 547, m.relay6(12, link_local(PC), m.option6(9, m.dhcp6(1, m.option6(1, duid(PC))))))
        yield i + .002, dhcp6(server, GATEWAY, link_local(GATEWAY), 547, m.relay6(13, link_local(PC), m.option6(9, said)))
        yield i + .003, dhcp6(GATEWAY, PC, link_local(PC), 546, said)

@scenario()
def dhcp6_servers_in_a_pair():
    for i in range(6):
        yield from lease6(300 * i, PC, *((GATEWAY, 'fd77:1::1 fd77:1::12'), (NAS, 'fd77:1::12 fd77:1::1'))[i % 2])

@scenario()
def dhcp6_server_follows_a_new_prefix():
    """A provider gives another one each day, and the router's address with it."""
    for i in range(5):
        yield from lease6(DAY * i, PC, GATEWAY, '2001:db8:%d::1' % i, '2001:db8:%d::67' % i)

@scenario()
def laptop_renews_what_it_had_elsewhere():
    said = [m.option6(1, duid(PC)), m.option6(2, duid('74:da:88:99:99:99')), addresses6('2001:db8:9::67')]
    yield from lease6(0, NAS, GATEWAY, 'fd77:1::1')
    for i, kind in enumerate((5, 6, 9)):
        yield 10 + i, dhcp6(PC, *ALL_SERVERS6, 547, m.dhcp6(kind, *said))

PREFIX = m.prefix_option('fd77:1::', 64)

@scenario(('rogue_ra/critical', EVIL))
def second_router_with_its_own_prefix_and_dns():
    for i in range(3):
        yield 10 * i, router_advert(GATEWAY, PREFIX, rdnss('fd77:1::1'))
    yield 35, router_advert(EVIL, m.prefix_option('fd66:6::', 64), rdnss('fd66:6::6'))

@scenario(('rogue_ra/critical', EVIL))
def router_is_said_to_route_no_more():
    for i in range(3):
        yield 10 * i, router_advert(GATEWAY, PREFIX)
        yield 10 * i + 5, router_advert(EVIL, ip=link_local(GATEWAY), lifetime=0)

@scenario(('rogue_ra/critical', ''), ('mac_flood/critical', ''))
def routers_are_made_up_by_the_hundred():
    """Nobody is to blame by name, and one alert says so."""
    yield 0, router_advert(GATEWAY, PREFIX, rdnss('fd77:1::1'))
    for i in range(400):
        yield 5 + i * .005, router_advert('00:18:%02x:%02x:ad:1e' % (i >> 8, i & 255), m.prefix_option('2004:%x::' % i, 64))

@scenario()
def border_routers_of_thread_are_no_routers():
    for i in range(3):
        yield 10 * i, router_advert(GATEWAY, PREFIX, rdnss('fd77:1::1'))
        for j in range(3):
            yield 10 * i + j + 1, router_advert(device(j)[0], m.prefix_option('fd88:%d::' % j, 64), lifetime=0)

# ------------------------------------------------------------------------------------------------------------------ names

@scenario(('name_poisoning/critical', EVIL))
def llmnr_is_answered_for_every_name():
    for i, name in enumerate(('fileserver', 'printserver', 'intranet', 'mailhost', 'sharepoint')):
        yield i, llmnr_answer(EVIL, EVIL_IP, PC, PC_IP, name)

@scenario(('name_poisoning/critical', EVIL))
def names_with_blanks_are_different_names():
    for i, name in enumerate(('print server', 'print queue', 'print archive', 'print spool', 'print office')):
        yield i, llmnr_answer(EVIL, EVIL_IP, PC, PC_IP, name)

@scenario(('name_poisoning/critical', EVIL))
def netbios_is_answered_for_every_name():
    for i, name in enumerate(('FILESERVER', 'PRINTSERVER', 'INTRANET', 'MAILHOST')):
        yield i, nbns_answer(EVIL, EVIL_IP, PC, PC_IP, name)

def nbns(source, source_ip, victim, victim_ip, body):
    return udp(source, source_ip, victim, victim_ip, 137, 137, body)

@scenario()
def file_server_answers_for_the_names_that_it_registered():
    names = 'NAS', 'FILES', 'BACKUP', 'MEDIA', 'PRINT', 'SCAN'
    for i, name in enumerate(names):
        yield i, nbns(NAS, NAS_IP, ALL, '192.168.77.255', m.nb_request(5, m.netbios(name, 0x20), NAS_IP))
    for i, name in enumerate(names):
        yield 20 + i, nbns_answer(NAS, NAS_IP, PC, PC_IP, name)

@scenario()
def file_server_lists_its_names():
    names = [m.node_name(name, 0x20, 0x0400) for name in ('NAS', 'FILES', 'BACKUP', 'MEDIA', 'PRINT', 'SCAN')]
    body = m.nb_answer(m.netbios(b'*', 0, b'\0'), m.node_status(names, mac(NAS)), kind=0x21)
    for i in range(3):
        yield i, nbns(NAS, NAS_IP, PC, PC_IP, body)

@scenario(('name_poisoning/critical', EVIL))
def names_are_answered_for_and_registered_then():
    for i, name in enumerate(('FILESERVER', 'PRINTSERVER', 'INTRANET', 'MAILHOST')):
        yield i, nbns_answer(EVIL, EVIL_IP, PC, PC_IP, name)
        yield i + .5, nbns(EVIL, EVIL_IP, ALL, '192.168.77.255', m.nb_request(5, m.netbios(name, 0x20), EVIL_IP))

@scenario(('name_poisoning/critical', EVIL))
def wpad_is_answered():
    yield 0, mdns_answer(EVIL, EVIL_IP, 'wpad.local')

@scenario()
def hosts_answer_for_their_own_names():
    for i in range(20):
        address, ip = device(i)
        for name in ('host%d' % i, 'host%d.local' % i):
            yield i, llmnr_answer(address, ip, PC, PC_IP, name)
        yield i + .5, nbns_answer(address, ip, PC, PC_IP, 'HOST%d' % i)
        yield i + .6, mdns_answer(address, ip, 'host%d.local' % i)

def mdns_question(source, source_ip, name):
    return m.ethernet(mac(source), mac('01:00:5e:00:00:fb'), 0x0800,
                      m.udp4(source_ip, '224.0.0.251', 5353, 5353, m.message(0, [m.question(name, 1)], []), 255))

def look_up(t, name, *answers):
    """(who answers, its address, the address that it gives)"""
    yield t, mdns_question(PC, PC_IP, name)
    for i, (source, source_ip, address) in enumerate(answers):
        body = m.message(0x8400, [], [m.record(name, 1, m.ip4(address))])
        yield t + .05 + i * .01, m.ethernet(mac(source), mac('01:00:5e:00:00:fb'), 0x0800, m.udp4(source_ip, '224.0.0.251', 5353, 5353, body, 255))

@scenario(('name_poisoning/critical', EVIL))
def mdns_is_answered_for_every_name():
    """As Responder does it, those of others and those that nobody has."""
    yield from home()
    for i in range(10):
        true = (NAS, NAS_IP, NAS_IP)
        yield from look_up(10 + 20 * i, 'server%d.local' % i, *[true] * (i % 5 == 0), (EVIL, EVIL_IP, EVIL_IP))

@scenario(('name_poisoning/critical', EVIL))
def mdns_is_asked_again_by_who_answers_for_every_name():
    yield from home()
    for i in range(10):
        yield from look_up(10 + 20 * i, 'server%d.local' % i, (EVIL, EVIL_IP, EVIL_IP))
        yield 10.02 + 20 * i, mdns_question(EVIL, EVIL_IP, 'server%d.local' % i)

@scenario()
def server_has_a_name_for_each_of_its_services():
    """And announces them when it starts."""
    names = ['service%d.local' % i for i in range(20)]
    yield from home()
    for i, name in enumerate(names):
        yield 5 + i * .1, mdns_answer(NAS, NAS_IP, name)
    for i, name in enumerate(names):
        yield from look_up(10 + i, name, (NAS, NAS_IP, NAS_IP))

@scenario()
def server_with_many_names_was_there_before():
    yield from home()
    for i in range(60):
        yield from look_up(10 + 100 * i, 'service%d.local' % (i % 20), (NAS, NAS_IP, NAS_IP))

@scenario()
def mdns_is_reflected_from_another_link():
    """With questions and answers of all that are there, and the addresses of those."""
    for i in range(40):
        yield from look_up(10 + i, 'host%d.local' % i, (GATEWAY, GATEWAY_IP, '192.168.88.%d' % (10 + i)))

@scenario()
def sleep_proxy_answers_for_many():
    for i in range(20):
        yield i * .1, who_has(*device(i), GATEWAY_IP)
    for i in range(20):
        yield from look_up(10 + i, 'host%d.local' % i, (NAS, NAS_IP, device(i)[1]))

@scenario()
def speakers_of_a_group_are_looked_up():
    for turn in range(5):
        for i in range(12):
            address, ip = device(i)
            yield from look_up(10 + 60 * turn + i, '%032x.local' % i, (address, ip, ip))

# ------------------------------------------------------------------------------------------------------ scans and floods

def internet(i):
    return '%d.%d.%d.%d' % (20 + i % 150, i * 7 % 256, i * 13 % 256, 1 + i % 250)

def connection(t, source, source_ip, destination, destination_ip, source_port, port, answer='open', payload=b'x' * 300):
    """Handshake, something said and answered, the end; or a reset; or silence."""
    out, back = (source, source_ip, destination, destination_ip, source_port, port), (destination, destination_ip, source, source_ip, port, source_port)
    yield t, tcp(*out, SYN)
    if answer == 'closed':
        yield t + .001, tcp(*back, RST | ACK, ack=2)
    if answer != 'open':
        return
    yield t + .01, tcp(*back, SYN | ACK, ack=2)
    yield t + .011, tcp(*out, ACK, seq=2, ack=2)
    yield t + .02, tcp(*out, ACK | PSH, payload, seq=2, ack=2)
    yield t + .04, tcp(*back, ACK | PSH, payload, seq=2, ack=2 + len(payload))
    yield t + .1, tcp(*out, FIN | ACK, seq=2 + len(payload), ack=2 + len(payload))
    yield t + .11, tcp(*back, FIN | ACK, seq=2 + len(payload), ack=3 + len(payload))
    yield t + .111, tcp(*out, ACK, seq=3 + len(payload), ack=3 + len(payload))

@scenario(('port_scan/warning', EVIL))
def ports_scanned_with_resets():
    yield from home()
    for i in range(100):
        yield from connection(10 + i * .01, EVIL, EVIL_IP, NAS, NAS_IP, 50000, 1 + i, 'closed')

@scenario(('port_scan/warning', EVIL))
def ports_scanned_into_silence():
    yield from home()
    for i in range(40):
        yield from connection(10 + i * .1, EVIL, EVIL_IP, NAS, NAS_IP, 50000, 1 + i, 'silent')

@scenario(('port_scan/warning', EVIL))
def ports_scanned_with_acknowledgements():
    yield from home()
    for i in range(100):
        yield 10 + i * .01, tcp(EVIL, EVIL_IP, NAS, NAS_IP, 50000, 1 + i, ACK, ack=5)
        yield 10.001 + i * .01, tcp(NAS, NAS_IP, EVIL, EVIL_IP, 1 + i, 50000, RST)

@scenario(('port_scan/warning', EVIL))
def ports_scanned_with_odd_flags():
    yield from home()
    for i in range(60):
        yield 10 + i * .01, tcp(EVIL, EVIL_IP, NAS, NAS_IP, 50000, 1 + i, (0, FIN, FIN | PSH | URG)[i % 3])

@scenario(('port_scan/warning', EVIL))
def ports_scanned_slowly():
    yield from home()
    for i in range(20):
        yield from connection(10 + i * 15, EVIL, EVIL_IP, NAS, NAS_IP, 50000, 1 + i, 'closed')

@scenario(('port_scan/warning', EVIL))
def ports_scanned_by_udp():
    yield from home()
    for i in range(40):
        yield 10 + i * .1, udp(EVIL, EVIL_IP, NAS, NAS_IP, 50000, 1000 + i, b'hello')

@scenario(('port_scan/warning', EVIL))
def ports_scanned_with_decoys():
    """As nmap -D does it: each port in the name of others, too, who are answered, and go on with what they do."""
    decoys = (EVIL, EVIL_IP), (PC, PC_IP), (GATEWAY, GATEWAY_IP)
    yield from home()
    for i in range(60):
        for j, (owner, ip) in enumerate(decoys):
            t = 10 + i * .05 + j * .01
            yield t, tcp(EVIL, ip, NAS, NAS_IP, 50000, 1 + i, SYN)
            yield t + .001, tcp(NAS, NAS_IP, owner, ip, 1 + i, 50000, RST | ACK, ack=2)
        if i % 5 == 0:
            yield from connection(10.04 + i * .05, PC, PC_IP, NAS, NAS_IP, 40000 + i, 8000 + i)

@scenario(('port_scan/warning', EVIL))
def ports_scanned_in_the_name_of_another():
    yield from home()
    for i in range(40):
        yield 10 + i * .05, udp(EVIL, PC_IP, NAS, NAS_IP, 50000, 1000 + i, b'hello')
        yield 10.001 + i * .05, m.ethernet(mac(NAS), mac(PC), 0x0800, m.ipv4(NAS_IP, PC_IP, 1, struct.pack('>BBHI', 3, 3, 0, 0) + m.udp4(
            PC_IP, NAS_IP, 50000, 1000 + i, b'hello')))

@scenario(('host_scan/warning', EVIL))
def hosts_scanned_for_telnet_far_away():
    for i in range(60):
        yield from connection(i * .1, EVIL, EVIL_IP, GATEWAY, internet(i), 40000 + i, 23, 'silent')

@scenario(('host_scan/warning', EVIL))
def hosts_scanned_on_the_link():
    for i in range(30):
        yield from connection(i * .1, EVIL, EVIL_IP, '00:11:32:00:00:%02x' % i, '192.168.77.%d' % (100 + i), 40000 + i, 445, 'closed')

@scenario(('syn_flood/critical', EVIL))
def invented_sources_flood_one_service():
    r = random.Random(2)
    for i in range(1000):
        yield i * .002, tcp(EVIL, '%d.%d.%d.%d' % tuple(r.randrange(1, 224) for _ in range(4)), NAS, NAS_IP, r.randrange(65536), 80, SYN)

@scenario(('connection_flood/warning', EVIL))
def one_source_floods_one_service():
    for i in range(400):
        yield i * .005, tcp(EVIL, EVIL_IP, NAS, NAS_IP, 1024 + i, 443, SYN)

@scenario(('connection_flood/warning', EVIL))
def connections_are_given_up_at_once():
    """Tools that write SYNs themselves have a kernel that knows nothing of it, and resets what is answered; from any port."""
    for i in range(2000):
        yield i * .001, tcp(EVIL, EVIL_IP, NAS, NAS_IP, 1 + i, 8080, SYN)
        yield i * .001 + .0002, tcp(NAS, NAS_IP, EVIL, EVIL_IP, 8080, 1 + i, SYN | ACK, ack=2)
        yield i * .001 + .0004, tcp(EVIL, EVIL_IP, NAS, NAS_IP, 1 + i, 8080, RST)

@scenario(('connection_flood/info', PC))
def page_of_many_pictures():
    for i in range(300):
        yield from connection(i * .002, PC, PC_IP, NAS, NAS_IP, 40000 + i, 443)

@scenario(('connection_flood/warning', EVIL))
def more_pages_than_anybody_reads():
    for i in range(3000):
        yield from connection(i * .001, EVIL, EVIL_IP, NAS, NAS_IP, 20000 + i, 443)

@scenario(('brute_force/warning', EVIL))
def passwords_are_tried():
    for i in range(30):
        yield from connection(i, EVIL, EVIL_IP, NAS, NAS_IP, 40000 + i, 22)

@scenario(('brute_force/warning', EVIL))
def passwords_are_tried_in_the_name_of_another():
    yield from home()
    for i in range(30):
        yield 10 + i * .5, tcp(EVIL, PC_IP, NAS, NAS_IP, 40000 + i, 22, SYN)
        yield 10.001 + i * .5, tcp(NAS, NAS_IP, PC, PC_IP, 22, 40000 + i, SYN | ACK, ack=2)

def http(t, port, status, then=None):
    """A request and its answer, then another on the same connection."""
    out, back = (EVIL, EVIL_IP, NAS, NAS_IP, port, 8080), (NAS, NAS_IP, EVIL, EVIL_IP, 8080, port)
    request = b'GET /private HTTP/1.1\r\nHost: nas\r\n\r\n'
    yield t, tcp(*out, SYN)
    yield t + .001, tcp(*back, SYN | ACK, ack=2)
    seq, ack = 2, 2
    for i, s in enumerate([status, then] if then else [status]):
        answer = b'HTTP/1.1 %d Because\r\nContent-Length: 0\r\n\r\n' % s
        yield t + .002 + i * .01, tcp(*out, ACK | PSH, request, seq=seq, ack=ack)
        seq += len(request)
        yield t + .003 + i * .01, tcp(*back, ACK | PSH, answer, seq=ack, ack=seq)
        ack += len(answer)
    yield t + .05, tcp(*out, FIN | ACK, seq=seq, ack=ack)
    yield t + .051, tcp(*back, FIN | ACK, seq=ack, ack=seq + 1)

@scenario(('brute_force/warning', EVIL))
def passwords_are_tried_by_http():
    for i in range(40):
        yield from http(i * .3, 40000 + i, 401)

@scenario()
def password_is_asked_for_each_time():
    for i in range(60):
        yield from http(i * .3, 40000 + i, 401, 200)

@scenario()
def browser_starts():
    """Forty hosts within two seconds, some looked up, some known before, two of them dead."""
    for i in range(40):
        address = internet(i)
        if i % 2:
            name = 'cdn%d.example.com' % i
            yield i * .05, udp(PC, PC_IP, GATEWAY, GATEWAY_IP, 30000 + i, 53, m.message(0x100, [m.question(name, 1)], identifier=i))
            yield i * .05 + .01, udp(GATEWAY, GATEWAY_IP, PC, PC_IP, 53, 30000 + i,
                                     m.message(0x8180, [m.question(name, 1)], [m.record(name, 1, m.ip4(address), klass=1)], identifier=i))
        for j in range(3):
            yield from connection(i * .05 + .02, PC, PC_IP, GATEWAY, address, 40000 + 3 * i + j, 443, 'silent' if i % 20 == 7 else 'open')
        yield i * .05 + .03, udp(PC, PC_IP, GATEWAY, address, 50000 + i, 443, b'\xc0' + bytes(50))

@scenario()
def peers_of_bittorrent():
    r = random.Random(3)
    for i in range(400):
        address, port = internet(i), 6881 if i % 3 == 0 else r.randrange(1024, 65536)
        yield from connection(i * .03, PC, PC_IP, GATEWAY, address, 10000 + i, port, ('silent', 'closed', 'open')[i % 3])
        yield i * .03 + .01, udp(PC, PC_IP, GATEWAY, address, 51413, port, b'd1:ad2:id20:')
        if i % 4 == 0:
            yield i * .03 + .05, udp(GATEWAY, address, PC, PC_IP, port, 51413, b'd1:rd2:id20:')
        yield from connection(i * .03 + .02, GATEWAY, internet(i + 1000), PC, PC_IP, 20000 + i, 51413)

@scenario()
def device_without_internet_tries_its_cloud():
    for i in range(130):
        yield from connection(i * 1.5, NAS, NAS_IP, GATEWAY, internet(i % 47), 30000 + i, 3478 if i % 2 else 8443, 'silent')

@scenario()
def backup_to_the_nas():
    for i in range(20):
        yield from connection(i * 30, PC, PC_IP, NAS, NAS_IP, 40000 + i, 445, payload=b'x' * 1400)
    for i in range(300):
        yield 600 + i * .01, tcp(PC, PC_IP, NAS, NAS_IP, 50000, 445, ACK | PSH, b'x' * 1400, seq=1 + 1400 * i)

@scenario()
def many_files_by_passive_ftp():
    for i in range(80):
        yield from connection(i * .1, PC, PC_IP, NAS, NAS_IP, 40000 + i, 20000 + i * 7)

@scenario()
def traceroute_by_udp():
    for i in range(90):
        yield i * .02, udp(PC, PC_IP, GATEWAY, '203.0.113.9', 40000 + i, 33434 + i, b'x' * 24, ttl=1 + i // 3)

@scenario()
def client_resets_its_connections():
    for i in range(60):
        yield i * .1, tcp(PC, PC_IP, NAS, NAS_IP, 2300 + i, 2869, SYN)
        yield i * .1 + .001, tcp(NAS, NAS_IP, PC, PC_IP, 2869, 2300 + i, SYN | ACK)
        yield i * .1 + .002, tcp(PC, PC_IP, NAS, NAS_IP, 2300 + i, 2869, RST)

@scenario()
def hub_polls_devices_that_answer():
    for i in range(60):
        address, ip = device(i)
        yield i * .01, who_has(address, ip, GATEWAY_IP)
        yield from connection(60 + i * .01, PC, PC_IP, address, ip, 40000 + i, 80)

@scenario()
def printers_are_looked_for_on_every_port_they_may_have():
    for i, address in enumerate((GATEWAY, NAS, EVIL)):
        for j, port in enumerate((631, 9100, 515, 80, 443)):
            ip = (GATEWAY_IP, NAS_IP, EVIL_IP)[i]
            yield from connection(i + j * .1, PC, PC_IP, address, ip, 40000 + 10 * i + j, port, 'closed')
        yield i + .6, udp(PC, PC_IP, address, ip, 50000 + i, 161, b'get')

@scenario()
def printers_are_looked_for():
    for i in range(8):
        yield i, m.ethernet(mac(PC), mac(ALL), 0x0800, m.udp4(PC_IP, '255.255.255.255', 50000 + i, 161, b'get'))
        yield i + .1, mdns_answer(NAS, NAS_IP, 'nas.local')
        yield i + .2, udp(NAS, NAS_IP, PC, PC_IP, 161, 50000 + i, b'response')
        yield from connection(i + .3, PC, PC_IP, NAS, NAS_IP, 40000 + i, (631, 9100)[i % 2])

# --------------------------------------------------------------------------------------------------- names and habits


def ask(t, source, source_ip, name, kind=1, answer=None, rcode=0):
    port = 20000 + int(t * 7) % 40000
    yield t, udp(source, source_ip, GATEWAY, GATEWAY_IP, port, 53, m.message(0x100, [m.question(name, kind)]))
    records = [m.record(name, 1, m.ip4(answer), klass=1)] if answer else []
    yield t + .01, udp(GATEWAY, GATEWAY_IP, source, source_ip, 53, port, m.message(0x8180 | rcode, [m.question(name, kind)], records))

def drawn(r, letters, n):
    return ''.join(r.choice(letters) for _ in range(n))

@scenario(('dns_tunnel/warning', EVIL))
def data_in_dns_queries():
    r = random.Random(5)
    for i in range(60):
        yield from ask(i, EVIL, EVIL_IP, '%s.%s.tunnel.example' % (drawn(r, '0123456789abcdef', 60), drawn(r, '0123456789abcdef', 40)), 16)

@scenario(('dns_tunnel/warning', EVIL))
def idle_tunnel_asks_whether_there_is_news():
    """Nothing but numbers of sessions and packets in the names, of no domain: what dnscat2 asks its server for, directly."""
    for i in range(50):
        yield from ask(i, EVIL, EVIL_IP, 'dnscat.%04x01f5%08x%04x' % (i * 7919 % 65536, i * 2654435761 % 2**32, i), (16, 5, 15)[i % 3])

@scenario(('dns_tunnel/warning', EVIL))
def tunnel_of_seven_bits_in_a_byte():
    """As iodine asks, the tunnel's idle calls between."""
    r = random.Random(9)
    for i in range(60):
        data = bytes(r.randrange(0xbc, 0xfe) for _ in range(40)) if i % 2 else drawn(r, 'abcdefghijklmnopqrstuvwxyz', 8).encode()
        name = b''.join(bytes([len(l)]) + l for l in (data, b'tunnel', b'example')) + b'\0'
        yield i * .1, udp(EVIL, EVIL_IP, GATEWAY, GATEWAY_IP, 40000, 53, struct.pack('>6H', i, 0x100, 1, 0, 0, 0) + name + struct.pack('>HH', 10, 1))

@scenario()
def mail_server_asks_for_senders():
    for i in range(120):
        yield from ask(i * .2, NAS, NAS_IP, '%d.2.0.192.zen.example.org' % (i % 250), 16, rcode=3)
        yield from ask(i * .2 + .1, NAS, NAS_IP, 'selector1._domainkey.customer%d.example' % i, 16)

@scenario(('dga_names/warning', EVIL))
def names_drawn_by_lot():
    r = random.Random(6)
    for i in range(40):
        yield from ask(i, EVIL, EVIL_IP, drawn(r, 'bcdfghjklmnpqrstvwxz0123456789', 14) + r.choice(('.com', '.net', '.info')), rcode=3)

@scenario()
def busy_resolver():
    r = random.Random(7)
    words = 'mail news shop cloud photo static update video api login home forum search weather music game travel bank'.split()
    for i in range(2000):
        t, name = i * .05, '%s%d.%s%s.example' % (r.choice(words), r.randrange(9), r.choice(words), r.choice(words))
        if i % 20 == 0:
            name = drawn(r, '0123456789abcdef', 32) + '.cdn.example'
        yield t, udp(GATEWAY, GATEWAY_IP, EVIL, '198.51.100.53', 20000 + i, 53, m.message(0x100, [m.question(name, 1)]))
        yield t + .02, udp(EVIL, '198.51.100.53', GATEWAY, GATEWAY_IP, 53, 20000 + i,
                           m.message(0x8180 | (3 if i % 10 == 0 else 0), [m.question(name, 1)]))

@scenario(('beaconing/warning', EVIL))
def calls_home_every_minute():
    for i in range(40):
        yield from connection(i * 60 + i % 3 * .2, EVIL, EVIL_IP, GATEWAY, '203.0.113.66', 40000 + i, 8080)

@scenario(('beaconing/info', PC))
def asks_for_news_every_five_minutes():
    yield from ask(0, PC, PC_IP, 'news.example.com', answer='203.0.113.66')
    for i in range(40):
        yield from connection(1 + i * 300, PC, PC_IP, GATEWAY, '203.0.113.66', 40000 + i, 443)

@scenario()
def calls_at_irregular_times():
    r, t = random.Random(8), 0
    for i in range(60):
        t += r.uniform(20, 200)
        yield from connection(t, PC, PC_IP, GATEWAY, '203.0.113.66', 40000 + i, 443)

@scenario(('device_returned/info', PC))
def comes_back_after_months():
    yield from home()
    yield 3600, who_has(NAS, NAS_IP, GATEWAY_IP)
    yield 100 * DAY, who_has(PC, PC_IP, GATEWAY_IP)

@scenario(('device_returned/info', PC))
def comes_back_with_packets_that_tell_nothing():
    yield from home()
    yield 3600, who_has(NAS, NAS_IP, GATEWAY_IP)
    for i in range(5):
        yield 100 * DAY + i, udp(PC, PC_IP, GATEWAY, '203.0.113.66', 40000, 40001, b'packet')

@scenario()
def comes_back_after_a_week():
    yield from home()
    yield 7 * DAY, who_has(PC, PC_IP, GATEWAY_IP)

@scenario(('new_service/warning', NAS))
def nas_opens_telnet():
    for day in range(3):
        yield from connection(day * DAY, PC, PC_IP, NAS, NAS_IP, 40000 + day, 445)
    yield from connection(3 * DAY, PC, PC_IP, NAS, NAS_IP, 41000, 23)

@scenario(('identity_changed/info', PC))
def dhcp_client_is_another():
    for i in range(6):
        yield from lease(i * DAY / 3, PC, PC_IP, parameters=(1, 3, 6, 15))
    yield from lease(3 * DAY, PC, PC_IP, parameters=(1, 121, 33, 3, 6, 12))

@scenario()
def dhcp_client_has_two_habits():
    for i in range(20):
        yield from lease(i * DAY / 3, PC, PC_IP, parameters=(1, 3, 6, 15) if i % 2 else (1, 121, 33, 3, 6, 12))

@scenario(('unusual_contact/info', '00:17:88:24:76:ff'))
def lamp_calls_a_place_it_never_called():
    lamp, ip = '00:17:88:24:76:ff', '192.168.77.50'
    body = m.message(0x8400, [], [m.record('_hue._tcp.local', 12, m.name('Hue Bridge - 2476FF._hue._tcp.local')), m.record('hue.local', 1, m.ip4(ip))])
    for hour in range(0, 100, 5):
        yield hour * 3600, who_has(lamp, ip, GATEWAY_IP)
        yield hour * 3600 + 1, m.ethernet(mac(lamp), mac('01:00:5e:00:00:fb'), 0x0800, m.udp4(ip, '224.0.0.251', 5353, 5353, body, 255))
        yield from connection(hour * 3600 + 2 + hour % 7 * 60, lamp, ip, GATEWAY, '203.0.113.9', 40000 + hour, 443)
    yield from connection(100 * 3600, lamp, ip, GATEWAY, '198.51.100.9', 41000, 443)

@scenario(('beaconing/warning', PC), ('upload_anomaly/warning', PC))
def uploads_what_it_never_did():
    """Frames of 60 kB, as a card that joins segments hands them over."""
    for hour in range(24 * 4):
        yield from connection(hour * 3600, PC, PC_IP, GATEWAY, '203.0.113.9', 30000 + hour, 443, payload=b'x' * 1000)
    t = 24 * 4 * 3600
    yield t, tcp(PC, PC_IP, GATEWAY, '198.51.100.66', 50000, 443, SYN)
    yield t + .01, tcp(GATEWAY, '198.51.100.66', PC, PC_IP, 443, 50000, SYN | ACK, ack=2)
    for i in range(5000):
        yield t + .1 + i * .01, tcp(PC, PC_IP, GATEWAY, '198.51.100.66', 50000, 443, ACK, bytes(60000), seq=2 + 60000 * i, ack=2)
    yield t + 60, tcp(PC, PC_IP, GATEWAY, '198.51.100.66', 50000, 443, FIN | ACK, seq=2 + 300000000, ack=2)
    yield t + 60.1, tcp(GATEWAY, '198.51.100.66', PC, PC_IP, 443, 50000, FIN | ACK, seq=2, ack=3 + 300000000)
    yield t + 120, who_has(PC, PC_IP, GATEWAY_IP)

@scenario()
def virtual_machine_shares_the_address_of_its_host():
    guest = '192.168.77.68'
    yield from home()
    yield 5, who_has(PC, guest, GATEWAY_IP)
    for i in range(20):
        yield 10 + 2 * i, tcp(PC, PC_IP if i % 2 else guest, GATEWAY, '203.0.113.9', 40000 + i, 443, SYN, ttl=128 if i % 2 else 64)

@scenario()
def extender_brings_its_clients_back():
    """Thirty clients behind a repeater that puts its own address on their frames."""
    for i in range(30):
        yield i * .1, dhcp_client(device(i)[0], 1, source='3c:22:fb:ff:ff:01')

@scenario(('name_poisoning/critical', EVIL), ('arp_sweep/warning', EVIL), ('port_scan/warning', EVIL))
def one_offender_many_kinds():
    yield from sweep_by_arp()
    for i in range(5):
        yield 30 + i, llmnr_answer(EVIL, EVIL_IP, PC, PC_IP, 'server%d' % i)
    for i in range(60):
        yield from connection(40 + i * .01, EVIL, EVIL_IP, NAS, NAS_IP, 50000, 1 + i, 'closed')

@scenario(('ndp_spoofing/critical', EVIL))
def router_is_spoken_for_before_it_is_heard():
    """Whose the address is, is written in it."""
    for i in range(4):
        yield 4 * i, neighbour_advert(EVIL, link_local(GATEWAY), PC, link_local(PC), flags=(0x60, 0x20)[i % 2])
        yield 4 * i + 2, router_advert(GATEWAY, m.nd_option(1, mac(GATEWAY)), PREFIX)

@scenario(('port_scan/warning', EVIL))
def slow_scan_of_a_host_with_many_services():
    for i, port in enumerate((21, 22, 23, 25, 53, 80, 81, 88, 110, 111, 135, 139, 143, 443, 445, 465, 514, 587, 631, 993, 995, 1433, 1723, 2049)):
        answer = 'open' if port in (21, 22, 23, 25, 80, 443, 445) else 'closed'
        yield from connection(i * 1.5, EVIL, EVIL_IP, NAS, NAS_IP, 50000 + i, port, answer)

@scenario(('ndp_spoofing/critical', EVIL), ('address_conflict/warning', EVIL))
def every_neighbour_is_answered_for():
    """Two answers to each question: the owner's, and that of who wants the traffic."""
    for i in range(12):
        owner = device(i % 3)[0]
        target = link_local(owner)
        yield 5 * i, neighbour_solicit(PC, target)
        yield 5 * i + .001, neighbour_advert(owner, target, PC, link_local(PC))
        yield 5 * i + .01, neighbour_advert(EVIL, target, PC, link_local(PC))

# ------------------------------------------------------------------------------------------------------ floods of packets

def invented(r):
    return '%d.%d.%d.%d' % tuple(r.randrange(1, 224) for _ in range(4))

def talk():
    """The flooded host is there, and heard."""
    yield from home()
    yield from connection(5, PC, PC_IP, NAS, NAS_IP, 40000, 445)

def ping(source, source_ip, destination, destination_ip, kind, identifier, sequence):
    body = struct.pack('>BBHHH', kind, 0, 0, identifier, sequence) + bytes(8)
    body = body[:2] + struct.pack('>H', m.checksum(body)) + body[4:]
    return m.ethernet(mac(source), mac(destination), 0x0800, m.ipv4(source_ip, destination_ip, 1, body))

def ip_packet(source, source_ip, destination, destination_ip, protocol, payload=bytes(8)):
    return m.ethernet(mac(source), mac(destination), 0x0800, m.ipv4(source_ip, destination_ip, protocol, payload))

@scenario(('packet_flood/critical', EVIL))
def datagrams_of_invented_sources():
    r = random.Random(11)
    yield from talk()
    for i in range(3000):
        yield 10 + i * .001, udp(EVIL, invented(r), NAS, NAS_IP, r.randrange(1024, 65536), 5060, b'x' * 20)

@scenario(('packet_flood/warning', EVIL))
def datagrams_from_port_after_port():
    yield from talk()
    for i in range(8000):
        yield 10 + i * .0005, udp(EVIL, EVIL_IP, NAS, NAS_IP, 1024 + i, 9, b'')

@scenario(('packet_flood/critical', EVIL))
def acknowledgements_of_invented_sources():
    """The host resets what it does not know, as far as the frames go that way."""
    r = random.Random(12)
    yield from talk()
    for i in range(3000):
        source, port = invented(r), r.randrange(1024, 65536)
        yield 10 + i * .001, tcp(EVIL, source, NAS, NAS_IP, port, 445, ACK, ack=7)
        yield 10.0002 + i * .001, tcp(NAS, NAS_IP, GATEWAY, source, 445, port, RST)

@scenario(('packet_flood/critical', EVIL))
def resets_of_invented_sources():
    r = random.Random(13)
    yield from talk()
    for i in range(3000):
        yield 10 + i * .001, tcp(EVIL, invented(r), NAS, NAS_IP, r.randrange(1024, 65536), 445, RST)

@scenario(('packet_flood/warning', EVIL))
def acknowledgements_from_port_after_port():
    yield from talk()
    for i in range(8000):
        yield 10 + i * .0005, tcp(EVIL, EVIL_IP, NAS, NAS_IP, 1024 + i, 445, ACK, ack=7)

@scenario(('packet_flood/critical', EVIL))
def pings_of_invented_sources():
    r = random.Random(14)
    yield from talk()
    for i in range(3000):
        yield 10 + i * .001, ping(EVIL, invented(r), NAS, NAS_IP, 8, 7, i)

@scenario(('packet_flood/warning', EVIL))
def pings_that_nobody_answers():
    yield from talk()
    for i in range(8000):
        yield 10 + i * .0005, ping(EVIL, EVIL_IP, NAS, NAS_IP, 8, 7, i)

@scenario(('packet_flood/warning', EVIL))
def pings_faster_than_anybody_waits_for_answers():
    yield from talk()
    for i in range(40000):
        yield 10 + i * .0001, ping(EVIL, EVIL_IP, NAS, NAS_IP, 8, 7, i % 65536)
        yield 10.00005 + i * .0001, ping(NAS, NAS_IP, EVIL, EVIL_IP, 0, 7, i % 65536)

@scenario()
def pings_as_fast_as_they_are_answered():
    yield from talk()
    for i in range(10000):
        yield 10 + i * .0005, ping(PC, PC_IP, NAS, NAS_IP, 8, 7, i)
        yield 10.0002 + i * .0005, ping(NAS, NAS_IP, PC, PC_IP, 0, 7, i)

@scenario()
def stream_of_datagrams_one_way():
    """A test of speed, a video, a backup over UDP."""
    yield from talk()
    for i in range(20000):
        yield 10 + i * .0002, udp(PC, PC_IP, NAS, NAS_IP, 50000, 5001, bytes(1400))

@scenario()
def download_by_quic():
    yield from talk()
    for i in range(10000):
        yield 10 + i * .0005, udp(GATEWAY, '203.0.113.9', PC, PC_IP, 443, 50000, b'\x40' + bytes(1200))
        if i % 4 == 0:
            yield 10.0001 + i * .0005, udp(PC, PC_IP, GATEWAY, '203.0.113.9', 50000, 443, b'\x40' + bytes(30))

@scenario()
def resolver_that_many_ask():
    """Three thousand questions in three seconds, answered."""
    yield from talk()
    for i in range(3000):
        client, ip = device(i % 100)
        yield 10 + i * .001, udp(client, ip, NAS, NAS_IP, 1024 + i, 4053, b'question')
        yield 10.0005 + i * .001, udp(NAS, NAS_IP, client, ip, 4053, 1024 + i, b'answer')

@scenario()
def thousands_of_connections_are_older_than_the_capture():
    yield from home()
    for i in range(3000):
        for turn in range(3):
            t, source = turn * 2 + i * .0005, internet(i)
            yield t, tcp(GATEWAY, source, NAS, NAS_IP, 2000 + i, 443, ACK | PSH, bytes(50), seq=1 + 50 * turn, ack=1 + 50 * turn)
            yield t + .0002, tcp(NAS, NAS_IP, GATEWAY, source, 443, 2000 + i, ACK | PSH, bytes(50), seq=1 + 50 * turn, ack=51 + 50 * turn)

@scenario()
def capture_that_has_one_direction_only():
    """Nothing that the server sends is in it, and so nothing is answered."""
    for i in range(6000):
        client, ip = device(i % 200)
        yield i * .0005, udp(GATEWAY, internet(i), NAS, NAS_IP, 1024 + i, 53, b'question')

@scenario(('port_scan/warning', EVIL))
def protocols_over_ip_are_tried():
    yield from home()
    for i in range(60):
        yield 10 + i * .1, ip_packet(EVIL, EVIL_IP, NAS, NAS_IP, 70 + i)

@scenario(('port_scan/warning', EVIL))
def ports_scanned_by_sctp():
    yield from home()
    for i in range(40):
        init = struct.pack('>HHIIBBHIIHHI', 50000, 1000 + i, 0, 0, 1, 0, 20, 7, 32768, 10, 2048, 1)
        yield 10 + i * .1, ip_packet(EVIL, EVIL_IP, NAS, NAS_IP, 132, init)

@scenario()
def tunnels_to_many_hosts():
    """Two IP protocols each, to forty neighbours."""
    for i in range(40):
        address, ip = device(i)
        yield i * .05, ip_packet(PC, PC_IP, address, ip, 50, bytes(80))
        yield i * .05 + .01, ip_packet(PC, PC_IP, address, ip, 51, bytes(80))
