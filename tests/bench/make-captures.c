/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes the captures of the benchmarks, the same every time:
 *
 *   make-captures home N   connections of a home: handshakes, requests, answers in full segments, DNS, some IPv6
 *   make-captures talk N   the same, and packets say something: TLS hellos, names asked for and told, ARP, mDNS
 *   make-captures flows N  64-byte frames over N / 4 connections, shuffled
 *   make-captures syn N    half a port scan that is refused, half SYNs from everywhere to one port
 *
 * Classic pcap with microseconds, to standard output. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"

#define HOME UINT32_C(0x0a000000) /* 10.0.0.0/16 */
#define ABROAD UINT32_C(0x0b000000) /* up to 218.255.255.255: no group among them */
#define ABROAD_MAX UINT32_C(0xd0000000)

enum { FRAME_MAX = 1514, PARALLEL = 400 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct ends {
        uint32_t client, server;
        uint16_t client_port, server_port;
        bool ipv6, udp;
        bool talks, answered; /* there is something in its packets; the server has said its hello */
};

struct connection {
        struct ends ends;
        uint32_t sent, received, left; /* sequence numbers; bytes of the answer yet to come */
        uint8_t step;
};

static uint64_t state = 1;

static uint64_t next(void) {
        uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}

static void store16(uint8_t *p, uint32_t n) {
        p[0] = (uint8_t) (n >> 8);
        p[1] = (uint8_t) n;
}

static void store32(uint8_t *p, uint32_t n) {
        store16(p, n >> 16);
        store16(p + 2, n);
}

static void write_record(const uint8_t *frame, uint32_t length, uint64_t usec) {
        uint32_t header[4] = { (uint32_t) (1700000000 + usec / 1000000), (uint32_t) (usec % 1000000), length, length };

        fwrite(header, sizeof header, 1, stdout);
        fwrite(frame, length, 1, stdout);
}

/* The last four bytes: devices have those of their address, and all that is not at home is behind the router. */
static uint32_t mac_of(uint32_t address) {
        return address >> 16 == HOME >> 16 ? address : 1;
}

/* Returns where the transport header goes. */
static uint8_t *put_network(uint8_t *f, const struct ends *e, bool back, uint32_t payload) {
        uint32_t from = back ? e->server : e->client, to = back ? e->client : e->server;

        memset(f, 0, 74);
        store32(f + 2, mac_of(to));
        store32(f + 8, mac_of(from));
        store16(f + 12, e->ipv6 ? 0x86dd : 0x0800);
        f += 14;
        if (e->ipv6) {
                store32(f, 0x60000000);
                store16(f + 4, payload);
                f[6] = e->udp ? 17 : 6;
                f[7] = 64;
                store32(f + 8, 0xfd000000);
                store32(f + 20, from);
                store32(f + 24, 0xfd000000);
                store32(f + 36, to);
                return f + 40;
        }
        f[0] = 0x45;
        store16(f + 2, payload + 20);
        f[8] = 64;
        f[9] = e->udp ? 17 : 6;
        store32(f + 12, from);
        store32(f + 16, to);
        return f + 20;
}

static uint8_t *put(uint8_t *p, const void *bytes, size_t n) {
        memcpy(p, bytes, n);
        return p + n;
}

static uint8_t *put16(uint8_t *p, uint32_t n) {
        store16(p, n);
        return p + 2;
}

/* "n1234.example", as DNS has it (RFC 1035 §3.1) and as TLS does. */
static uint8_t *put_dns_name(uint8_t *p, uint32_t number) {
        char label[8];

        snprintf(label, sizeof label, "%cn%04u", 5, number % 10000);
        return put(put(p, label, 6), "\7example", 9);
}

static uint8_t *put_host_name(uint8_t *p, uint32_t number) {
        char name[16];

        snprintf(name, sizeof name, "n%04u.example", number % 10000);
        return put(p, name, 13);
}

/* A question, or with `back` the answer: RFC 1035 §4.1. */
static void put_dns(uint8_t *p, const struct ends *e, bool back) {
        p = put16(p, e->client_port);
        p = put16(p, back ? 0x8180 : 0x0100);
        p = put(p, back ? "\0\1\0\1\0\0\0\0" : "\0\1\0\0\0\0\0\0", 8);
        p = put_dns_name(p, e->server);
        p = put(p, "\0\1\0\1", 4);
        if (back) {
                p = put(p, "\300\14\0\1\0\1\0\0\1\54\0\4", 12);
                store32(p, e->server);
        }
}

/* 300 bytes: RFC 8446 §4.1.2, with six extensions and one that fills up. */
static void put_client_hello(uint8_t *p, const struct ends *e) {
        static const uint8_t offers[] = { 0, 10, 0x13, 1, 0x13, 2, 0x13, 3, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0 };
        static const uint8_t rest[] = {
                0, 10, 0, 6, 0, 4, 0, 29, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1,
                0, 16, 0, 5, 0, 3, 2, 'h', '2', 0, 43, 0, 5, 4, 3, 4, 3, 3,
        };
        uint8_t *end = p + 300;

        p = put(p, "\26\3\1\1\47\1\0\1\43\3\3", 11); /* record of 295 bytes, hello of 291 */
        store32(p, e->client);
        p = put(p + 32, "", 1);
        p = put(p, offers, sizeof offers);
        p = put16(p, (uint32_t) (end - p) - 2);
        p = put(p, "\0\0\0\22\0\20\0\0\15", 9);
        p = put_host_name(p, e->server);
        p = put(p, rest, sizeof rest);
        p = put16(p, 21); /* padding, RFC 7685 */
        put16(p, (uint32_t) (end - p) - 2);
}

/* ServerHello of TLS 1.3, and what follows is sealed. */
static void put_server_hello(uint8_t *p) {
        static const uint8_t record[] = { 22, 3, 3, 0, 50, 2, 0, 0, 46, 3, 3 },
                             rest[] = { 0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4, 23, 3, 3, 0x40, 0 };

        put(put(p, record, sizeof record) + 32, rest, sizeof rest);
}

static void put_content(uint8_t *p, const struct ends *e, bool back, uint32_t data) {
        if (e->udp)
                put_dns(p, e, back);
        else if (!back && data == 300)
                put_client_hello(p, e);
        else if (back && !e->answered && data >= 80)
                put_server_hello(p);
}

static void put_frame(const struct ends *e, bool back, uint8_t flags, uint32_t sequence, uint32_t acknowledged,
                      uint32_t data, uint64_t usec) {
        uint8_t frame[FRAME_MAX + 128] = { 0 };
        uint32_t header = e->udp ? 8 : 20, length;
        uint8_t *t = put_network(frame, e, back, header + data);

        store16(t, back ? e->server_port : e->client_port);
        store16(t + 2, back ? e->client_port : e->server_port);
        if (e->udp) {
                store16(t + 4, 8 + data);
        } else {
                store32(t + 4, sequence);
                store32(t + 8, acknowledged);
                t[12] = 0x50;
                t[13] = flags;
                store16(t + 14, 64000);
        }
        if (e->talks && data > 0)
                put_content(t + header, e, back, data);
        length = (uint32_t) (t - frame) + header + data;
        write_record(frame, MAX(length, 60U), usec);
}

static void open_connection(struct connection *c) {
        bool talks = c->ends.talks;
        uint64_t r = next();

        *c = (struct connection) {
                .ends = { HOME + 2 + (uint32_t) (r % 60), 0xc6120000 + (uint32_t) (r >> 8) % 4000,
                          (uint16_t) (32768 + (r >> 20) % 28000), 443, r >> 40 & 7 ? false : true, (r >> 44) % 4 == 0 },
                .sent = (uint32_t) next(), .received = (uint32_t) next(), .left = 500 + (uint32_t) (next() % 60000),
        };
        if (c->ends.udp)
                c->ends.server_port = 53;
        c->ends.talks = talks;
}

/* One frame of a connection; a finished one becomes another. */
static void step_datagram(struct connection *c, uint64_t now) {
        put_frame(&c->ends, c->step == 1, 0, 0, 0, c->step ? 120 : 40, now);
        if (c->step++ == 1)
                open_connection(c);
}

static void step_data(struct connection *c, uint64_t now) {
        uint32_t data = MIN(c->left, 1440U);

        if (c->step % 3 == 0) {
                put_frame(&c->ends, false, ACK, c->sent, c->received, 0, now);
        } else {
                put_frame(&c->ends, true, ACK | PSH, c->received, c->sent, data, now);
                c->received += next() % 200 == 0 ? 0 : data; /* sent again next time */
                c->left -= data;
                c->ends.answered = true;
        }
        c->step = c->left > 0 ? (uint8_t) (4 + (c->step + 1 - 4) % 3) : 10;
}

static void step(struct connection *c, uint64_t now) {
        if (c->ends.udp) {
                step_datagram(c, now);
                return;
        }
        switch (c->step) {
        case 0: put_frame(&c->ends, false, SYN, c->sent++, 0, 0, now); break;
        case 1: put_frame(&c->ends, true, SYN | ACK, c->received++, c->sent, 0, now); break;
        case 2: put_frame(&c->ends, false, ACK, c->sent, c->received, 0, now); break;
        case 3: put_frame(&c->ends, false, ACK | PSH, c->sent, c->received, 300, now); c->sent += 300; break;
        case 10: put_frame(&c->ends, false, ACK | FIN, c->sent++, c->received, 0, now); break;
        case 11: put_frame(&c->ends, true, ACK | FIN, c->received++, c->sent, 0, now); break;
        case 12: put_frame(&c->ends, false, ACK, c->sent, c->received, 0, now); open_connection(c); return;
        default: step_data(c, now); return;
        }
        c->step++;
}

/* Who has the router? RFC 826. */
static void put_arp(uint32_t client, uint64_t usec) {
        static const uint8_t head[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 0, 0 };
        uint8_t frame[60] = { 255, 255, 255, 255, 255, 255 };

        store32(frame + 8, client);
        put(frame + 12, head, sizeof head);
        store32(frame + 24, client);
        store32(frame + 28, client);
        store32(frame + 38, HOME + 1);
        write_record(frame, sizeof frame, usec);
}

/* Tells its name and address: RFC 6762 §8.3. */
static void put_mdns(uint32_t client, uint64_t usec) {
        struct ends e = { client, 0xe00000fb, 5353, 5353, false, true, .talks = false };
        uint8_t frame[128] = { 0 }, *t = put_network(frame, &e, false, 8 + 39), *p = t + 8;

        put(frame, "\1\0\136\0\0\373", 6); /* RFC 1112 §6.4 */
        store16(t, 5353);
        store16(t + 2, 5353);
        store16(t + 4, 8 + 39);
        p = put(p, "\0\0\204\0\0\0\0\1\0\0\0\0\5", 13);
        for (int shift = 16; shift >= 0; shift -= 4)
                *p++ = "abcdefghijklmnop"[client >> shift & 15];
        p = put(p, "\5local", 7);
        p = put(p, "\0\1\200\1\0\0\0\170\0\4", 10);
        store32(p, client);
        write_record(frame, (uint32_t) (p + 4 - frame), usec);
}

static void make_home(uint64_t n, bool talks) {
        static struct connection connections[PARALLEL];

        for (unsigned i = 0; i < PARALLEL; i++) {
                connections[i].ends.talks = talks;
                open_connection(&connections[i]);
        }
        for (uint64_t i = 0; i < n; i++) {
                if (talks && i % 40 == 7)
                        put_arp(HOME + 2 + (uint32_t) (i / 40 % 60), i * 1000);
                else if (talks && i % 80 == 20)
                        put_mdns(HOME + 2 + (uint32_t) (i / 80 % 60), i * 1000);
                else
                        step(&connections[next() % PARALLEL], i * 1000);
        }
}

static void make_flows(uint64_t n) {
        for (uint64_t i = 0; i < n; i++) {
                uint64_t r = next(), flow = r % (n / 4 + 1);
                struct ends e = { 0x0a000000 + (uint32_t) flow, 0xc6120000 + (uint32_t) (flow * 7919 % 65536),
                                  (uint16_t) (1024 + flow % 60000), 443, false, false };

                put_frame(&e, r >> 63, ACK, 1, 1, 10, i * 40);
        }
}

static void make_syn(uint64_t n) {
        for (uint64_t i = 0; i < n; i++) {
                struct ends scan = { HOME + 5, HOME + 0x100 + (uint32_t) (i / 131072), 40000, (uint16_t) (i / 2), false, false };
                struct ends flood = { ABROAD + (uint32_t) (next() % ABROAD_MAX), HOME + 1, (uint16_t) next(), 80, false, false };

                if (i < n / 2)
                        put_frame(&scan, i & 1, i & 1 ? RST | ACK : SYN, i & 1 ? 0 : 7, 8, 0, i * 20);
                else
                        put_frame(&flood, false, SYN, (uint32_t) next(), 0, 0, i * 20);
        }
}

int main(int argc, char *argv[]) {
        static const uint32_t header[] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1 };
        uint64_t n = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;

        if (n == 0)
                return 2;
        fwrite(header, sizeof header, 1, stdout);
        if (strcmp(argv[1], "home") == 0)
                make_home(n, false);
        else if (strcmp(argv[1], "talk") == 0)
                make_home(n, true);
        else if (strcmp(argv[1], "flows") == 0)
                make_flows(n);
        else if (strcmp(argv[1], "syn") == 0)
                make_syn(n);
        else
                return 2;
        return fflush(stdout) == 0 ? 0 : 1;
}
