/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* hostile CASE N: what an attacker would send to make work, N units of it, through the engine as `analyze` runs it. The
 * caller counts the instructions. hostile --list prints the cases. */

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/engine.h"

#define FRAME_MAX (96 * 1024)

struct sender {
        struct engine *engine;
        uint8_t frame[FRAME_MAX];
        size_t length;
        uint64_t ts;
};

static void put(struct sender *s, const void *bytes, size_t n) {
        if (s->length + n > sizeof s->frame)
                abort();
        memcpy(s->frame + s->length, bytes, n);
        s->length += n;
}

static void put_16(struct sender *s, size_t v) {
        put(s, (uint8_t[]) { (uint8_t) (v >> 8), (uint8_t) v }, 2);
}

static void put_32(struct sender *s, size_t v) {
        put_16(s, v >> 16);
        put_16(s, v & 0xffff);
}

static void put_repeated(struct sender *s, const char *text, size_t n) {
        for (size_t i = 0; i < n; i++)
                put(s, text, strlen(text));
}

static void begin(struct sender *s, size_t type) {
        static const uint8_t addresses[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };

        s->length = 0;
        put(s, addresses, sizeof addresses);
        put_16(s, type);
}

static void begin_ipv4(struct sender *s, uint8_t protocol, size_t id, size_t fragment) {
        begin(s, 0x0800);
        put(s, (uint8_t[]) { 0x45, 0 }, 2);
        put_16(s, 0); /* length: see send_frame() */
        put_16(s, id);
        put_16(s, fragment);
        put(s, (uint8_t[]) { 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2 }, 12);
}

/* IPv4 cannot say more than 65535; what is longer is cut off there, as a frame is. */
static void send_frame(struct sender *s) {
        size_t length = MIN(s->length - 14, (size_t) UINT16_MAX);
        struct frame frame = { .ts = s->ts += NSEC_PER_USEC, .number = 1, .linktype = 1, .data = s->frame };

        if (s->frame[12] == 8 && s->frame[13] == 0) {
                s->frame[16] = (uint8_t) (length >> 8);
                s->frame[17] = (uint8_t) length;
        }
        frame.captured = frame.length = (uint32_t) (length + 14);
        engine_feed_frame(s->engine, &frame);
}

static void send_tcp(struct sender *s, uint16_t port, uint8_t flags, size_t sequence, const void *data, size_t n) {
        begin_ipv4(s, IPPROTO_TCP, 1, 0);
        put_16(s, port);
        put_16(s, 80);
        put_32(s, sequence);
        put_32(s, 1);
        put(s, (uint8_t[]) { 0x50, flags, 0xff, 0xff, 0, 0, 0, 0 }, 8);
        put(s, data, n);
        send_frame(s);
}

static void begin_udp(struct sender *s, uint16_t port) {
        begin_ipv4(s, IPPROTO_UDP, 1, 0);
        put_16(s, port);
        put_16(s, port);
        put_32(s, 0xffff0000); /* length and checksum */
}

/* `head`, and then `filler` up to n bytes, in segments of one byte. */
static void say_bytes(struct sender *s, const void *head, size_t length, uint8_t filler, size_t n) {
        for (size_t i = 0; i < n; i++)
                send_tcp(s, 1000, TCP_ACK, 1 + i, i < length ? (const uint8_t *) head + i : &filler, 1);
}

static void tls_message(struct sender *s, size_t n) {
        /* a certificate of 40000 bytes in one record after another of 16384 */
        static const uint8_t head[] = { 22, 3, 3, 0x40, 0, 11, 0, 0x9c, 0x40 };

        say_bytes(s, head, sizeof head, 22, n);
}

static void tls_tiny_records(struct sender *s, size_t n) {
        static const uint8_t head[] = { 22, 3, 3, 0, 4, 11, 0, 0x9c, 0x40 }, record[] = { 22, 3, 3, 0, 1, 0 };

        send_tcp(s, 1000, TCP_ACK, 1, head, sizeof head);
        for (size_t i = 0; i < n; i++)
                send_tcp(s, 1000, TCP_ACK, 1 + sizeof head + i * sizeof record, record, sizeof record);
}

static void http_header(struct sender *s, size_t n) {
        say_bytes(s, "GET / HTTP/1.1\r\nX: ", 19, 'a', n);
}

static void http_lines(struct sender *s, size_t n) {
        say_bytes(s, "GET / HTTP/1.1\r\n", 16, '\n', n);
}

static void http_requests(struct sender *s, size_t n) {
        static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

        for (size_t i = 0; i < n; i++)
                send_tcp(s, 1000, TCP_ACK, 1 + i * strlen(request), request, strlen(request));
}

static void ssh_key_exchange(struct sender *s, size_t n) {
        say_bytes(s, "SSH-2.0-x\r\n\0\0\x80\0\4\x14", 17, 0, n);
}

static void text_without_end(struct sender *s, size_t n) {
        say_bytes(s, "", 0, 'x', n);
}

static void binary_without_sense(struct sender *s, size_t n) {
        say_bytes(s, "", 0, 22, n);
}

static void segments_backwards(struct sender *s, size_t n) {
        send_tcp(s, 1000, TCP_ACK, 1, "G", 1);
        for (size_t i = n; i-- > 0;)
                send_tcp(s, 1000, TCP_ACK, 100 + i, "x", 1);
}

static void segments_with_holes(struct sender *s, size_t n) {
        send_tcp(s, 1000, TCP_ACK, 1, "G", 1);
        for (size_t i = 0; i < n; i++)
                send_tcp(s, 1000, TCP_ACK, 100 + 2 * (i * 7919 % n), "x", 1);
}

static void segments_overlapping(struct sender *s, size_t n) {
        static const uint8_t data[1400];

        send_tcp(s, 1000, TCP_ACK, 1, "G", 1);
        for (size_t i = 0; i < n; i++)
                send_tcp(s, 1000, TCP_ACK, 100 + i, data, sizeof data);
}

static void connections(struct sender *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                send_tcp(s, (uint16_t) i, TCP_SYN, i << 16, "", 0);
}

static void send_fragment(struct sender *s, size_t id, size_t place, bool more, size_t n) {
        static const uint8_t data[1400];

        begin_ipv4(s, IPPROTO_UDP, id, place | (more ? 0x2000 : 0));
        put(s, data, n);
        send_frame(s);
}

static void fragments_backwards(struct sender *s, size_t n) {
        for (size_t i = MIN(n, (size_t) 8000); i-- > 0;)
                send_fragment(s, 1, i, true, 8);
}

static void fragments_with_holes(struct sender *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                send_fragment(s, i / 30, 2 * (i % 30), true, 8);
}

static void fragments_overlapping(struct sender *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                send_fragment(s, i / 100, i % 100, true, 1400);
}

/* Each record's name is a pointer to a name of 60 labels. */
static void dns_pointers(struct sender *s, size_t n) {
        begin_udp(s, 5353);
        put(s, "\0\0\x84\0\0\0", 6);
        put_16(s, MIN(n + 1, (size_t) UINT16_MAX));
        put_32(s, 0);
        put_repeated(s, "\1a", 60);
        put(s, "\0\0\14\0\1\0\0\0\1\0\2\300\14", 13);
        for (size_t i = 0; i < n && s->length < 65000; i++)
                put(s, "\300\14\0\14\0\1\0\0\0\1\0\2\300\14", 14);
        send_frame(s);
}

/* Each record's data is a pointer to the data of the record before: a chain as long as the message. */
static void dns_chain(struct sender *s, size_t n) {
        size_t before = 12;

        begin_udp(s, 5353);
        put(s, "\0\0\x84\0\0\0", 6);
        put_16(s, MIN(n + 1, (size_t) UINT16_MAX));
        put_32(s, 0);
        put(s, "\1a\0\0\14\0\1\0\0\0\1\0\2\300\14", 15);
        for (size_t i = 0; i < n && s->length < 65000 && before < 0x3fff; i++) {
                size_t data = s->length - 42 + 11;

                put(s, "\0\0\14\0\1\0\0\0\1\0\2", 11);
                put_16(s, 0xc000 | before);
                before = data;
        }
        send_frame(s);
}

static void dns_questions(struct sender *s, size_t n) {
        begin_udp(s, 53);
        put(s, "\0\1\1\0", 4);
        put_16(s, MIN(n, (size_t) UINT16_MAX));
        put(s, "\0\0\0\0\0\0", 6);
        put_repeated(s, "\1a", 1);
        put(s, "\0\0\1\0\1", 5);
        for (size_t i = 1; i < n && s->length < 65000; i++)
                put(s, "\300\14\0\1\0\1", 6);
        send_frame(s);
}

static void dhcp_options(struct sender *s, size_t n) {
        begin_udp(s, 67);
        put(s, "\1\1\6\0", 4);
        for (size_t i = 0; i < 232; i++)
                put(s, "\0", 1);
        put(s, "\x63\x82\x53\x63\65\1\1", 7);
        for (size_t i = 0; i < n && s->length < 65000; i++)
                put(s, "\14\1a", 3);
        send_frame(s);
}

static void ssdp_headers(struct sender *s, size_t n) {
        begin_udp(s, 1900);
        put_repeated(s, "NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\n", 1);
        for (size_t i = 0; i < n && s->length < 65000; i++)
                put(s, "NT: a\r\n", 7);
        put(s, "\r\n", 2);
        send_frame(s);
}

static void wsd_elements(struct sender *s, size_t n) {
        begin_udp(s, 3702);
        put_repeated(s, "<?xml version=\"1.0\"?><s:Envelope><s:Body>", 1);
        for (size_t i = 0; i < n && s->length < 65000; i++)
                put(s, "<d:Types>", 9);
        send_frame(s);
}

static void lldp_elements(struct sender *s, size_t n) {
        begin(s, 0x88cc);
        put(s, "\2\7\4\2\0\0\0\0\1\4\2\7a\6\2\0\170", 17);
        for (size_t i = 0; i < n && s->length < 65000; i++)
                put(s, "\12\1a", 3);
        send_frame(s);
}

static void nested_tags(struct sender *s, size_t n) {
        for (size_t k = 0; k < 16; k++) {
                begin(s, 0x8100);
                for (size_t i = 0; i < n / 16 && s->length < 65000; i++)
                        put(s, "\0\1\x81\0", 4);
                send_frame(s);
        }
}

static void nested_tunnels(struct sender *s, size_t n) {
        for (size_t k = 0; k < 16; k++) {
                begin(s, 0x0800);
                for (size_t i = 0; i < n / 16 && s->length < 60000; i++) {
                        put(s, "\x45\0\xff\xff\0\1\0\0\100\4\0\0\12\0\0\1\12\0\0\2", 20);
                }
                send_frame(s);
        }
}

/* IPv6 hop-by-hop and destination options, one behind the other. */
static void extension_headers(struct sender *s, size_t n) {
        for (size_t k = 0; k < 16; k++) {
                begin(s, 0x86dd);
                put(s, "\x60\0\0\0\xff\xff\74\100", 8);
                for (size_t i = 0; i < 32; i++)
                        put(s, i % 16 == 0 ? "\xfe" : i % 16 == 15 ? "\1" : "\0", 1);
                for (size_t i = 0; i < n / 16 && s->length < 65000; i++)
                        put(s, "\74\0\1\4\0\0\0\0", 8);
                send_frame(s);
        }
}

static const struct {
        const char *name;
        void (*run)(struct sender *s, size_t n);
        size_t n;
} cases[] = {
#define CASE(name, n) { #name, name, n }
        CASE(tls_message, 8000), CASE(tls_tiny_records, 4000), CASE(http_header, 4000), CASE(http_lines, 4000),
        CASE(http_requests, 1000), CASE(ssh_key_exchange, 8000), CASE(text_without_end, 4000), CASE(binary_without_sense, 500),
        CASE(segments_backwards, 4000), CASE(segments_with_holes, 4000), CASE(segments_overlapping, 2000), CASE(connections, 4000),
        CASE(fragments_backwards, 4000), CASE(fragments_with_holes, 3000), CASE(fragments_overlapping, 3000),
        CASE(dns_pointers, 1000), CASE(dns_chain, 500), CASE(dns_questions, 4000), CASE(dhcp_options, 8000),
        CASE(ssdp_headers, 4000), CASE(wsd_elements, 3000), CASE(lldp_elements, 8000), CASE(nested_tags, 16000),
        CASE(nested_tunnels, 16000), CASE(extension_headers, 16000),
#undef CASE
};

static int run(const char *name, size_t n) {
        static struct sender sender;
        const struct engine_ops ops = {};
        struct engine_config config;

        engine_config_default(&config);
        config.dissect_only = true;
        if (engine_new(&sender.engine, &config, &ops) < 0)
                return 1;
        sender.ts = NSEC_PER_SEC;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (strcmp(cases[i].name, name) == 0)
                        cases[i].run(&sender, n);
        engine_flush(sender.engine);
        engine_free(sender.engine);
        return 0;
}

int main(int argc, char *argv[]) {
        if (argc == 3)
                return run(argv[1], strtoul(argv[2], NULL, 10));
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                printf("%s %zu\n", cases[i].name, cases[i].n);
        return 0;
}
