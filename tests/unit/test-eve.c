/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Events: what was said is told once, with both sides in it, in order, and within bounds. */

#include "cmocka-all.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json-text.h"
#include "daemon/eve.h"
#include "daemon/eve-alert.h"

#define SECOND NSEC_PER_SEC
#define BEGIN (UINT64_C(1700000000) * SECOND + 123456789)

struct fixture {
        struct flow_hasher *hasher;
        struct eve *eve;
        struct json_object *events[4096];
        size_t n;
        struct fact_dns dns; /* of the messages that are said */
};

static void take(void *userdata, enum eve_type type, const char *line, size_t length) {
        struct fixture *f = userdata;

        assert_int_equal(strlen(line), length);
        assert_null(memchr(line, '\n', length));
        assert_true(f->n < ELEMENTSOF(f->events));
        f->events[f->n] = json_tokener_parse(line);
        assert_non_null(f->events[f->n]);
        assert_string_equal(json_text_at(f->events[f->n++], "event_type"), eve_type_to_string(type));
}

static const char *interface(void *userdata, uint32_t ifindex) {
        (void) userdata;
        return ifindex == 7 ? "eth7" : NULL;
}

static void make(struct fixture *f, uint32_t types) {
        const struct eve_ops ops = { take, interface, f };
        const struct eve_config config = { .types = types, .hasher = f->hasher };

        f->eve = eve_free(f->eve);
        assert_int_equal(eve_new(&f->eve, &config, &ops), 0);
}

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);

        if (!f || flow_hasher_new(&f->hasher) < 0)
                return -1;
        make(f, EVE_ALL);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;

        eve_free(f->eve);
        flow_hasher_free(f->hasher);
        for (size_t i = 0; i < f->n; i++)
                json_object_put(f->events[i]);
        free(f);
        return 0;
}

/* From `source`, "10.0.0.1", to `destination`. */
static void say(struct fixture *f, uint64_t ts, const char *source, uint16_t source_port, const char *destination,
                uint16_t destination_port, uint8_t protocol, enum fact_kind kind, const char *value) {
        struct fact fact = {
                .ts = ts,
                .ifindex = 7,
                .kind = kind,
                .source_port = source_port,
                .destination_port = destination_port,
                .protocol = protocol,
                .value_length = (uint32_t) strlen(value),
                .value = value,
                .flags = FACT_HAS_MAC,
                .dns = f->dns,
        };

        assert_int_equal(ip_parse(source, &fact.ip), 0);
        assert_int_equal(ip_parse(destination, &fact.destination), 0);
        memcpy(fact.source.bytes, fact.ip.bytes, 4);
        fact.mac = fact.source;
        eve_take_fact(f->eve, &fact);
}

static void client(struct fixture *f, uint64_t ts, enum fact_kind kind, const char *value) {
        say(f, ts, "10.0.0.1", 50000, "192.0.2.2", 443, IPPROTO_TCP, kind, value);
}

static void server(struct fixture *f, uint64_t ts, enum fact_kind kind, const char *value) {
        say(f, ts, "192.0.2.2", 443, "10.0.0.1", 50000, IPPROTO_TCP, kind, value);
}

static const char *text(const struct fixture *f, size_t i, const char *path) {
        struct json_object *value;

        assert_true(i < f->n);
        value = json_at(f->events[i], path);
        return value ? json_object_get_string(value) : "";
}

static void both_sides_are_one_event(void **state) {
        struct fixture *f = *state;

        client(f, BEGIN, FACT_TLS_SNI, "www.example.com");
        client(f, BEGIN, FACT_TLS_ALPN, "h2,http/1.1");
        client(f, BEGIN, FACT_TLS_JA3, "0123");
        server(f, BEGIN + SECOND, FACT_TLS_SERVER_VERSION, "TLS1.2");
        server(f, BEGIN + SECOND, FACT_TLS_JA3S, "4567");
        server(f, BEGIN + SECOND, FACT_TLS_CERT_SUBJECT_CN, "leaf");
        server(f, BEGIN + SECOND, FACT_TLS_CERT_NOT_AFTER, "2030-01-02T03:04:05Z");
        server(f, BEGIN + SECOND, FACT_TLS_CERT_SUBJECT_CN, "authority");
        assert_int_equal(f->n, 0);
        eve_advance(f->eve, BEGIN + EVE_PATIENCE - 1);
        assert_int_equal(f->n, 0);
        assert_true(eve_next_deadline(f->eve) == BEGIN + EVE_PATIENCE);
        eve_advance(f->eve, BEGIN + EVE_PATIENCE);
        assert_int_equal(f->n, 1);
        assert_true(eve_next_deadline(f->eve) == UINT64_MAX);
        assert_string_equal(text(f, 0, "timestamp"), "2023-11-14T22:13:20.123456+0000");
        assert_string_equal(text(f, 0, "event_type"), "tls");
        assert_string_equal(text(f, 0, "in_iface"), "eth7");
        assert_string_equal(text(f, 0, "src_ip"), "10.0.0.1");
        assert_string_equal(text(f, 0, "src_port"), "50000");
        assert_string_equal(text(f, 0, "dest_ip"), "192.0.2.2");
        assert_string_equal(text(f, 0, "dest_port"), "443");
        assert_string_equal(text(f, 0, "proto"), "TCP");
        assert_string_equal(text(f, 0, "ether.src_mac"), "0a:00:00:01:00:00");
        assert_string_equal(text(f, 0, "ether.dest_mac"), "c0:00:02:02:00:00");
        assert_string_equal(text(f, 0, "tls.sni"), "www.example.com");
        assert_string_equal(text(f, 0, "tls.client_alpns"), "[ \"h2\", \"http\\/1.1\" ]");
        assert_string_equal(text(f, 0, "tls.ja3.hash"), "0123");
        assert_string_equal(text(f, 0, "tls.version"), "TLS 1.2");
        assert_string_equal(text(f, 0, "tls.ja3s.hash"), "4567");
        assert_string_equal(text(f, 0, "tls.subject"), "CN=leaf");
        assert_string_equal(text(f, 0, "tls.notafter"), "2030-01-02T03:04:05");
        assert_null(json_at(f->events[0], "lanscope"));
}

/* The reference's example, corelight/community-id-spec, whoever speaks first. */
static void ends_stand_for_who_began(void **state) {
        struct fixture *f = *state;
        const char *id = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=";

        say(f, BEGIN, "66.35.250.204", 80, "128.232.110.120", 34855, IPPROTO_TCP, FACT_HTTP_STATUS, "200");
        eve_flush(f->eve);
        say(f, BEGIN, "128.232.110.120", 34855, "66.35.250.204", 80, IPPROTO_TCP, FACT_HTTP_REQUEST, "GET /a b");
        eve_flush(f->eve);
        assert_int_equal(f->n, 2);
        for (size_t i = 0; i < 2; i++) {
                assert_string_equal(text(f, i, "src_ip"), "128.232.110.120");
                assert_string_equal(text(f, i, "dest_port"), "80");
                assert_string_equal(text(f, i, "community_id"), id);
                assert_string_equal(text(f, i, "flow_id"), text(f, 0, "flow_id"));
        }
        assert_string_equal(text(f, 0, "http.status"), "200");
        assert_true(json_object_is_type(json_at(f->events[0], "http.status"), json_type_int));
        assert_string_equal(text(f, 1, "http.http_method"), "GET");
        assert_string_equal(text(f, 1, "http.url"), "/a b");
}

static void exchanges_on_a_connection_are_events_of_their_own(void **state) {
        struct fixture *f = *state;

        for (unsigned i = 0; i < 3; i++) {
                client(f, BEGIN + i, FACT_HTTP_REQUEST, i == 0 ? "GET /0" : i == 1 ? "GET /1" : "GET /2");
                client(f, BEGIN + i, FACT_HTTP_HOST, "host.example:8080");
                server(f, BEGIN + i, FACT_HTTP_STATUS, i == 1 ? "404" : "200");
        }
        eve_flush(f->eve);
        assert_int_equal(f->n, 3);
        assert_string_equal(text(f, 0, "http.url"), "/0");
        assert_string_equal(text(f, 1, "http.url"), "/1");
        assert_string_equal(text(f, 1, "http.status"), "404");
        assert_string_equal(text(f, 2, "http.hostname"), "host.example");
        assert_string_equal(text(f, 2, "http.http_port"), "8080");
}

static void ssh_tells_both_versions(void **state) {
        struct fixture *f = *state;

        server(f, BEGIN, FACT_SSH_BANNER, "SSH-2.0-OpenSSH_9.2p1 Debian-2");
        client(f, BEGIN + 1, FACT_SSH_BANNER, "SSH-2.0-PuTTY_Release_0.78");
        client(f, BEGIN + 2, FACT_SSH_HASSH, "aa");
        server(f, BEGIN + 3, FACT_SSH_HASSH_SERVER, "bb");
        eve_flush(f->eve);
        assert_int_equal(f->n, 1);
        assert_string_equal(text(f, 0, "src_ip"), "10.0.0.1");
        assert_string_equal(text(f, 0, "ssh.server.software_version"), "OpenSSH_9.2p1");
        assert_string_equal(text(f, 0, "ssh.server.comments"), "Debian-2");
        assert_string_equal(text(f, 0, "ssh.server.hassh.hash"), "bb");
        assert_string_equal(text(f, 0, "ssh.client.proto_version"), "2.0");
        assert_string_equal(text(f, 0, "ssh.client.software_version"), "PuTTY_Release_0.78");
        assert_string_equal(text(f, 0, "ssh.client.hassh.hash"), "aa");
}

static void ask(struct fixture *f, uint64_t ts, const char *question) {
        say(f, ts, "10.0.0.1", 40000, "10.0.0.53", 53, IPPROTO_UDP, FACT_DNS_QUERY, question);
}

static void answer(struct fixture *f, uint64_t ts, enum fact_kind kind, const char *value) {
        say(f, ts, "10.0.0.53", 53, "10.0.0.1", 40000, IPPROTO_UDP, kind, value);
}

static void dns_is_told_by_message(void **state) {
        struct fixture *f = *state;

        ask(f, BEGIN, "www.example.com A");
        answer(f, BEGIN + 5, FACT_DNS_ANSWER, "www.example.com CNAME cdn.example.net");
        answer(f, BEGIN + 5, FACT_DNS_ANSWER, "cdn.example.net A 203.0.113.5");
        answer(f, BEGIN + 5, FACT_DNS_ANSWER, "cdn.example.net TXT v=spf1 -all");
        assert_int_equal(f->n, 1); /* the question: it is complete when another message comes */
        eve_settle(f->eve);
        assert_int_equal(f->n, 2);
        assert_string_equal(text(f, 0, "dns.type"), "query");
        assert_string_equal(text(f, 0, "dns.rrname"), "www.example.com");
        assert_string_equal(text(f, 0, "dns.rrtype"), "A");
        assert_string_equal(text(f, 1, "dns.type"), "answer");
        assert_string_equal(text(f, 1, "dns.rcode"), "NOERROR");
        assert_string_equal(text(f, 1, "dns.rrname"), "www.example.com");
        assert_string_equal(text(f, 1, "dns.grouped.A"), "[ \"203.0.113.5\" ]");
        assert_string_equal(text(f, 1, "dns.grouped.TXT"), "[ \"v=spf1 -all\" ]");
        assert_int_equal(json_object_array_length(json_at(f->events[1], "dns.answers")), 3);
        for (size_t i = 0; i < 2; i++) {
                assert_string_equal(text(f, i, "src_ip"), "10.0.0.1");
                assert_string_equal(text(f, i, "dest_port"), "53");
                assert_string_equal(text(f, i, "flow_id"), text(f, 0, "flow_id"));
        }
}

static void an_answer_that_names_nothing_is_told_with_its_question(void **state) {
        struct fixture *f = *state;

        ask(f, BEGIN, "nothing.example TXT");
        answer(f, BEGIN + 1, FACT_DNS_RCODE, "3");
        eve_settle(f->eve);
        assert_int_equal(f->n, 2);
        assert_string_equal(text(f, 1, "dns.rcode"), "NXDOMAIN");
        assert_string_equal(text(f, 1, "dns.rrname"), "nothing.example");
        assert_string_equal(text(f, 1, "dns.rrtype"), "TXT");
}

static void dns_has_numbers_flags_and_times(void **state) {
        struct fixture *f = *state;

        f->dns = (struct fact_dns) { .id = 65535, .flags = 0x0100 };
        ask(f, BEGIN, "www.example.com A");
        f->dns = (struct fact_dns) { .id = 65535, .flags = 0x8580, .ttl = UINT32_MAX };
        answer(f, BEGIN + 5, FACT_DNS_ANSWER, "www.example.com A 203.0.113.5");
        f->dns = (struct fact_dns) { .id = 7, .flags = 0x2803 };
        ask(f, BEGIN + 9, "other.example SOA");
        eve_settle(f->eve);
        assert_int_equal(f->n, 3);
        assert_string_equal(text(f, 0, "dns.id"), "65535");
        assert_string_equal(text(f, 0, "dns.opcode"), "0");
        assert_string_equal(text(f, 0, "dns.flags"), ""); /* of answers alone */
        assert_string_equal(text(f, 1, "dns.id"), "65535");
        assert_string_equal(text(f, 1, "dns.flags"), "8580");
        assert_string_equal(text(f, 1, "dns.aa"), "true");
        assert_string_equal(text(f, 1, "dns.tc"), "");
        assert_string_equal(text(f, 1, "dns.answers"), "[ { \"rrname\": \"www.example.com\", \"rrtype\": \"A\", \"ttl\": 4294967295,"
                                                       " \"rdata\": \"203.0.113.5\" } ]");
        assert_string_equal(text(f, 2, "dns.id"), "7");
        assert_string_equal(text(f, 2, "dns.opcode"), "5");
}

static void each_question_is_an_event(void **state) {
        struct fixture *f = *state;

        ask(f, BEGIN, "a.example A");
        ask(f, BEGIN, "b.example A");
        eve_settle(f->eve);
        assert_int_equal(f->n, 2);
        assert_string_equal(text(f, 1, "dns.rrname"), "b.example");
}

static void dhcp_says_who_asked_and_what_for(void **state) {
        struct fixture *f = *state;

        say(f, BEGIN, "0.0.0.0", 68, "255.255.255.255", 67, IPPROTO_UDP, FACT_DHCP_MSG_TYPE, "discover");
        say(f, BEGIN, "0.0.0.0", 68, "255.255.255.255", 67, IPPROTO_UDP, FACT_DHCP_HOSTNAME, "laptop");
        say(f, BEGIN + 1, "10.0.0.254", 67, "10.0.0.7", 68, IPPROTO_UDP, FACT_DHCP_MSG_TYPE, "offer");
        say(f, BEGIN + 1, "10.0.0.254", 67, "10.0.0.7", 68, IPPROTO_UDP, FACT_DHCP_DNS, "10.0.0.1,10.0.0.2");
        say(f, BEGIN + 1, "10.0.0.254", 67, "10.0.0.7", 68, IPPROTO_UDP, FACT_DHCP_LEASE_TIME, "3600");
        eve_settle(f->eve);
        assert_int_equal(f->n, 2);
        assert_string_equal(text(f, 0, "dhcp.type"), "request");
        assert_string_equal(text(f, 0, "dhcp.hostname"), "laptop");
        assert_string_equal(text(f, 0, "dhcp.client_mac"), "00:00:00:00:00:00");
        assert_string_equal(text(f, 1, "dhcp.type"), "reply");
        assert_string_equal(text(f, 1, "dhcp.dns_servers"), "[ \"10.0.0.1\", \"10.0.0.2\" ]");
        assert_true(json_object_is_type(json_at(f->events[1], "dhcp.lease_time"), json_type_int));
}

static void several_facts_of_a_kind_are_a_list(void **state) {
        struct fixture *f = *state;

        for (unsigned i = 0; i < 3; i++)
                say(f, BEGIN, "10.0.0.1", 5353, "224.0.0.251", 5353, IPPROTO_UDP, FACT_MDNS_SERVICE, "_ipp._tcp.local");
        say(f, BEGIN, "10.0.0.1", 5353, "224.0.0.251", 5353, IPPROTO_UDP, FACT_MDNS_HOSTNAME, "printer.local 10.0.0.1");
        eve_settle(f->eve);
        assert_int_equal(f->n, 1);
        assert_int_equal(json_object_array_length(json_at(f->events[0], "mdns.service")), 3);
        assert_string_equal(text(f, 0, "mdns.hostname"), "printer.local 10.0.0.1");
}

static struct flow_record flow_of(const char *source, uint16_t source_port, const char *destination, uint16_t destination_port,
                                  uint8_t protocol) {
        struct flow_record r = { .protocol = protocol, .first = BEGIN, .last = BEGIN + 61 * SECOND, .end = FLOW_END_FIN };

        assert_int_equal(ip_parse(source, &r.endpoints[0].ip), 0);
        assert_int_equal(ip_parse(destination, &r.endpoints[1].ip), 0);
        r.endpoints[0].port = source_port;
        r.endpoints[1].port = destination_port;
        r.directions[0].packets = 5;
        r.directions[0].bytes = 500;
        r.directions[1].packets = 4;
        r.directions[1].bytes = 4000;
        return r;
}

static void a_flow_ends_behind_what_was_said_in_it(void **state) {
        struct fixture *f = *state;
        struct flow_record r = flow_of("10.0.0.1", 50000, "192.0.2.2", 443, IPPROTO_TCP);

        r.state = FLOW_CLOSED;
        r.directions[0].tcp_flags = 0x1b;
        r.directions[1].tcp_flags = 0x12;
        r.last = BEGIN + 1;
        client(f, BEGIN, FACT_TLS_SNI, "www.example.com");
        eve_take_flow(f->eve, &r);
        assert_int_equal(f->n, 2);
        assert_string_equal(text(f, 0, "event_type"), "tls");
        assert_string_equal(text(f, 1, "event_type"), "flow");
        assert_string_equal(text(f, 1, "app_proto"), "tls");
        assert_string_equal(text(f, 1, "flow_id"), text(f, 0, "flow_id"));
        assert_string_equal(text(f, 1, "community_id"), text(f, 0, "community_id"));
        assert_string_equal(text(f, 1, "flow.pkts_toserver"), "5");
        assert_string_equal(text(f, 1, "flow.bytes_toclient"), "4000");
        assert_string_equal(text(f, 1, "flow.state"), "closed");
        assert_string_equal(text(f, 1, "flow.reason"), "timeout");
        assert_string_equal(text(f, 1, "tcp.tcp_flags_ts"), "1b");
        assert_string_equal(text(f, 1, "tcp.tcp_flags_tc"), "12");
        assert_string_equal(text(f, 1, "tcp.psh"), "true");
        assert_null(json_at(f->events[1], "tcp.rst"));
        assert_string_equal(text(f, 1, "tcp.state"), "closed");
        assert_string_equal(text(f, 1, "lanscope.end"), "fin");
}

static void icmp_has_types_and_no_ports(void **state) {
        struct fixture *f = *state;
        struct flow_record echo = flow_of("192.168.0.89", 8, "192.168.0.1", 0x1234, IPPROTO_ICMP),
                           unreachable = flow_of("192.168.0.89", 3, "192.168.0.1", 1, IPPROTO_ICMP);

        eve_take_flow(f->eve, &echo);
        eve_take_flow(f->eve, &unreachable);
        assert_string_equal(text(f, 0, "icmp_type"), "8");
        assert_null(json_at(f->events[0], "src_port"));
        assert_null(json_at(f->events[0], "icmp_code"));
        assert_string_equal(text(f, 0, "community_id"), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
        assert_string_equal(text(f, 0, "flow.age"), "61");
        assert_string_equal(text(f, 1, "icmp_code"), "1");
        assert_null(json_at(f->events[1], "tcp"));
}

static const struct alert scan = {
        .id = 3, .ts = BEGIN, .first = BEGIN, .last = BEGIN + 1, .count = 2, .kind = ALERT_PORT_SCAN, .severity = SEVERITY_WARNING,
        .mac = { { 2, 0, 0, 0, 0, 1 } }, .name = "evil\x1b[31m", .peer = "192.0.2.9:22 (nas)", .message = "It scans.",
        .details = "{\"source\":\"192.0.2.7\",\"ports\":40}", .state = ALERT_ACTIVE,
};

static void an_alert_is_told_once(void **state) {
        struct fixture *f = *state;

        eve_take_alert(f->eve, &scan, true);
        eve_take_alert(f->eve, &scan, false);
        assert_int_equal(f->n, 2);
        assert_string_equal(text(f, 0, "event_type"), "alert");
        assert_string_equal(text(f, 0, "src_ip"), "192.0.2.7");
        assert_string_equal(text(f, 0, "dest_ip"), "192.0.2.9");
        assert_string_equal(text(f, 0, "dest_port"), "22");
        assert_string_equal(text(f, 0, "ether.src_mac"), "02:00:00:00:00:01");
        assert_string_equal(text(f, 0, "alert.severity"), "2");
        assert_string_equal(text(f, 0, "alert.signature_id"), "8400016");
        assert_string_equal(text(f, 0, "alert.category"), "Detection of a Network Scan");
        assert_string_equal(text(f, 0, "lanscope.message"), "It scans.");
        assert_string_equal(text(f, 0, "lanscope.details.ports"), "40");
        assert_string_equal(text(f, 1, "event_type"), "lanscope");
        assert_string_equal(text(f, 1, "lanscope.event"), "alert_changed");
        assert_null(json_at(f->events[1], "alert"));
}

/* Whoever filters by number filters the same for ever; a kind without one would be all of them. */
static void every_kind_has_its_number(void **state) {
        uint64_t seen = 0;

        (void) state;
        for (enum alert_kind k = 0; k < _ALERT_KIND_MAX; k++) {
                const struct alert a = { .kind = k, .severity = SEVERITY_CRITICAL };
                struct json_object *o = eve_alert_object(&a);
                int number = json_object_get_int(json_at(o, "signature_id")) - 8400000;

                assert_true(number > 0 && number < 64);
                assert_false(seen >> number & 1);
                seen |= UINT64_C(1) << number;
                assert_true(*json_text_at(o, "signature") && *json_text_at(o, "category"));
                assert_int_equal(json_object_get_int(json_at(o, "severity")), 1);
                json_object_put(o);
        }
}

static void peers_are_read(void **state) {
        static const struct {
                const char *peer, *ip;
                uint16_t port;
        } cases[] = {
                { "192.0.2.1", "192.0.2.1", 0 },
                { "192.0.2.1 (a [b]:c)", "192.0.2.1", 0 },
                { "192.0.2.1:65535 (x)", "192.0.2.1", 65535 },
                { "[2001:db8::1]:443", "2001:db8::1", 443 },
                { "2001:db8::1", "2001:db8::1", 0 },
                { "", NULL, 0 }, { "nas", NULL, 0 }, { "[", NULL, 0 }, { "[]:1", NULL, 0 }, { ":1", NULL, 0 },
                { "192.0.2.1.2:3", NULL, 0 }, { "02:00:00:00:00:01", NULL, 0 },
                { "[2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8]:1", NULL, 0 },
        };

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct ip_address ip;
                char buffer[IP_STRING_MAX];
                uint16_t port = 0;

                assert_int_equal(eve_alert_peer(cases[i].peer, &ip, &port), cases[i].ip != NULL);
                if (!cases[i].ip)
                        continue;
                assert_string_equal(ip_format(&ip, buffer), cases[i].ip);
                assert_int_equal(port, cases[i].port);
        }
}

static void only_what_is_wanted_is_told(void **state) {
        struct fixture *f = *state;
        struct flow_record r = flow_of("10.0.0.1", 50000, "192.0.2.2", 443, IPPROTO_TCP);

        make(f, EVE_MASK(EVE_FLOW));
        client(f, BEGIN, FACT_TLS_SNI, "www.example.com");
        ask(f, BEGIN, "a.example A");
        eve_take_alert(f->eve, &scan, true);
        eve_take_alert(f->eve, &scan, false);
        eve_take_flow(f->eve, &r);
        eve_flush(f->eve);
        assert_int_equal(f->n, 1);
        assert_string_equal(text(f, 0, "event_type"), "flow");
        assert_string_equal(text(f, 0, "app_proto"), "tls"); /* which it is known to be all the same */
}

static void what_waits_is_bounded(void **state) {
        struct fixture *f = *state;
        struct eve_counters counters;

        for (unsigned i = 0; i < 3000; i++)
                say(f, BEGIN + i, "10.0.0.1", (uint16_t) (1024 + i), "192.0.2.2", 443, IPPROTO_TCP, FACT_TLS_SNI, "x.example");
        assert_true(f->n >= 3000 - EVE_PENDING_MAX);
        eve_get_counters(f->eve, &counters);
        assert_int_equal(counters.early, f->n);
        eve_flush(f->eve);
        assert_int_equal(f->n, 3000);
        eve_get_counters(f->eve, &counters);
        assert_int_equal(counters.events, 3000);
        assert_int_equal(counters.failed, 0);
}

static void a_message_is_bounded(void **state) {
        struct fixture *f = *state;
        struct eve_counters counters;
        char large[8001];

        memset(large, 'x', sizeof large - 1);
        large[sizeof large - 1] = '\0';
        for (unsigned i = 0; i < 5000; i++)
                say(f, BEGIN, "10.0.0.1", 5353, "224.0.0.251", 5353, IPPROTO_UDP, FACT_MDNS_TXT, i < 20 ? large : "small");
        eve_settle(f->eve);
        assert_int_equal(f->n, 1);
        assert_string_equal(text(f, 0, "lanscope.cut"), "true");
        assert_true(strlen(json_object_to_json_string(f->events[0])) < 40000);
        eve_get_counters(f->eve, &counters);
        assert_int_equal(counters.cut, 1);
}

static void hostile_text_stays_text(void **state) {
        struct fixture *f = *state;
        static const char *const values[] = { "", " ", ",", ",,a,", "\n\"\\\x01", "SSH-", "-", "a b c d", "12x", ":", ":::", "[::1]:99999" };

        for (enum fact_kind k = 0; k < _FACT_KIND_MAX; k++)
                for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                        client(f, BEGIN, k, values[i]);
                        server(f, BEGIN, k, values[i]);
                        eve_flush(f->eve);
                }
        assert_true(f->n > 1000);
}

static void time_may_go_backwards(void **state) {
        struct fixture *f = *state;

        client(f, BEGIN, FACT_TLS_SNI, "a");
        say(f, 5, "10.0.0.9", 50001, "192.0.2.2", 443, IPPROTO_TCP, FACT_TLS_SNI, "b");
        eve_advance(f->eve, 6);
        assert_int_equal(f->n, 0);
        eve_advance(f->eve, EVE_PATIENCE + 5);
        assert_int_equal(f->n, 1);
        assert_string_equal(text(f, 0, "timestamp"), "1970-01-01T00:00:00.000000+0000");
        eve_advance(f->eve, UINT64_MAX);
        assert_int_equal(f->n, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(both_sides_are_one_event),
                TEST(ends_stand_for_who_began),
                TEST(exchanges_on_a_connection_are_events_of_their_own),
                TEST(ssh_tells_both_versions),
                TEST(dns_is_told_by_message),
                TEST(dns_has_numbers_flags_and_times),
                TEST(an_answer_that_names_nothing_is_told_with_its_question),
                TEST(each_question_is_an_event),
                TEST(dhcp_says_who_asked_and_what_for),
                TEST(several_facts_of_a_kind_are_a_list),
                TEST(a_flow_ends_behind_what_was_said_in_it),
                TEST(icmp_has_types_and_no_ports),
                TEST(an_alert_is_told_once),
                TEST(every_kind_has_its_number),
                TEST(peers_are_read),
                TEST(only_what_is_wanted_is_told),
                TEST(what_waits_is_bounded),
                TEST(a_message_is_bounded),
                TEST(hostile_text_stays_text),
                TEST(time_may_go_backwards),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
