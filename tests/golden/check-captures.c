/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads and decodes every capture of ../shared/corpus and compares with what an independent decoder found:
 * frames, bytes, times, whether the file is whole, and how many packets and bytes belong to TCP and UDP, inside
 * all tunnels and after reassembly. Skipped where the corpus is not there. */

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/capture-file.h"
#include "engine/packet/packet.h"

enum { EXIT_SKIP = 77, CAPTURES_MAX = 1024, IP_PROTOCOL_TCP = 6 };

/* The other reader counts pcapng custom blocks as frames without content and time. */
static const struct {
        const char *name;
        uint64_t frames;
} custom_blocks[] = {
        { "gopacket_be_test202.pcapng", 1 },
        { "gopacket_le_test018.pcapng", 2 },
};

/* Frames that belong to a TCP or UDP flow: [0] TCP, [1] UDP. */
struct transport {
        uint64_t packets[2], bytes[2];
};

/* A row of the sums over expect/flows.jsonl. */
struct expected {
        char pcap[256];
        struct transport transport;
};

struct totals {
        uint64_t frames, bytes, first, last; /* times of the earliest and the latest frame, ns */
        int end; /* what capture_file_next() ended with */
        struct transport transport;
};

/* A frame belongs to the flow inside its tunnels, and to the tunnel's own where none is inside. */
static void count_transport(struct transport *t, const struct packet *packet) {
        bool udp = !(packet->flags & PACKET_HAS_TRANSPORT) || packet->ip_protocol != IP_PROTOCOL_TCP;

        if (!(packet->flags & (PACKET_HAS_TRANSPORT | PACKET_HAS_CARRIER)))
                return;
        t->packets[udp]++;
        t->bytes[udp] += packet->frame->length;
}

static int read_totals(const char *path, struct totals *ret) {
        struct packet_decoder *decoder = NULL;
        struct capture_file *file;
        struct totals t = {};
        struct packet packet;
        struct frame frame;
        int r;

        r = capture_file_open(path, &file);
        if (r < 0)
                return r;
        r = packet_decoder_new(&decoder);
        while (r >= 0 && (r = capture_file_next(file, &frame)) > 0) {
                t.first = t.frames++ ? MIN(t.first, frame.ts) : frame.ts;
                t.last = MAX(t.last, frame.ts);
                t.bytes += frame.length;
                packet_decode(decoder, &frame, &packet);
                count_transport(&t.transport, &packet);
        }
        t.end = r;
        packet_decoder_free(decoder);
        capture_file_close(file);
        *ret = t;
        return 0;
}

static double get_number(json_object *row, const char *key) {
        json_object *value;

        return json_object_object_get_ex(row, key, &value) ? json_object_get_double(value) : 0;
}

static const char *get_string(json_object *row, const char *key) {
        json_object *value;

        return json_object_object_get_ex(row, key, &value) ? json_object_get_string(value) : NULL;
}

static bool is_hostile(json_object *row) {
        return get_string(row, "hostile") != NULL;
}

/* The expectation has microseconds in a double. */
static bool differs_in_time(uint64_t ns, double seconds) {
        return fabs((double) ns / 1e9 - seconds) > 2e-6;
}

static bool differs(json_object *row, const struct totals *t, uint64_t custom) {
        bool damaged = get_string(row, "tshark_error") != NULL;

        if (t->frames + custom != (uint64_t) get_number(row, "frames") || (t->end < 0) != damaged)
                return true;
        /* Of hostile files the lengths and times are nonsense, and each reader has its own way with that. */
        if (is_hostile(row) || custom > 0)
                return false;
        return t->bytes != (uint64_t) get_number(row, "bytes") ||
               differs_in_time(t->first, get_number(row, "first_ts")) ||
               differs_in_time(t->last, get_number(row, "last_ts"));
}

static uint64_t count_custom_blocks(const char *pcap) {
        for (size_t i = 0; i < ELEMENTSOF(custom_blocks); i++)
                if (strstr(pcap, custom_blocks[i].name))
                        return custom_blocks[i].frames;
        return 0;
}

/* The sums of one capture; its flows stand together in the list. */
static struct expected *find_expected(struct expected *rows, size_t n, const char *pcap) {
        for (size_t i = n; i-- > 0;)
                if (strcmp(rows[i].pcap, pcap) == 0)
                        return &rows[i];
        return NULL;
}

static void add_flow(struct expected *rows, size_t *n, json_object *flow) {
        const char *pcap = get_string(flow, "pcap"), *protocol = get_string(flow, "proto");
        struct expected *e;
        unsigned udp;

        if (!pcap || !protocol)
                return;
        e = find_expected(rows, *n, pcap);
        if (!e) {
                if (*n == CAPTURES_MAX)
                        abort();
                e = &rows[(*n)++];
                snprintf(e->pcap, sizeof e->pcap, "%s", pcap);
        }
        udp = strcmp(protocol, "udp") == 0;
        e->transport.packets[udp] += (uint64_t) (get_number(flow, "pkts_ab") + get_number(flow, "pkts_ba"));
        e->transport.bytes[udp] += (uint64_t) (get_number(flow, "bytes_ab") + get_number(flow, "bytes_ba"));
}

/* Calls back for each line of expect/<name>. False: there is no such file. */
static bool read_rows(const char *corpus, const char *name, void (*take)(void *userdata, json_object *row),
                      void *userdata) {
        _cleanup_(freep) char *line = NULL;
        _cleanup_(fclosep) FILE *list = NULL;
        size_t allocated = 0;
        char path[4096];

        snprintf(path, sizeof path, "%s/expect/%s", corpus, name);
        list = fopen(path, "re");
        if (!list)
                return false;
        while (getline(&line, &allocated, list) > 0) {
                json_object *row = json_tokener_parse(line);

                take(userdata, row);
                json_object_put(row);
        }
        return true;
}

struct check {
        const char *corpus;
        struct expected *expected;
        size_t n_expected;
        unsigned good, bad;
};

static void take_flow(void *userdata, json_object *row) {
        struct check *check = userdata;

        add_flow(check->expected, &check->n_expected, row);
}

static bool transport_differs(const struct check *check, json_object *row, const struct totals *t) {
        static const struct expected none;
        const struct expected *e = find_expected(check->expected, check->n_expected, get_string(row, "pcap")) ?: &none;

        return !is_hostile(row) && memcmp(&e->transport, &t->transport, sizeof t->transport) != 0;
}

/* True: as expected. */
static bool check_capture(const struct check *check, json_object *row) {
        const char *pcap = get_string(row, "pcap");
        struct totals t = {};
        char path[4096];
        int r;

        if (!pcap || strncmp(pcap, "open/", 5) != 0)
                return false;
        snprintf(path, sizeof path, "%s/%s", check->corpus, pcap + 5);
        r = read_totals(path, &t);
        if (r >= 0 && !differs(row, &t, count_custom_blocks(pcap)) && !transport_differs(check, row, &t))
                return true;
        printf("%s: %s; %" PRIu64 " frames (%.0f expected), %" PRIu64 " bytes (%.0f), end %d (%s), ", pcap,
               strerror(-r), t.frames, get_number(row, "frames"), t.bytes, get_number(row, "bytes"), t.end,
               get_string(row, "tshark_error") ?: "whole");
        printf("%" PRIu64 " of TCP, %" PRIu64 " of UDP\n", t.transport.packets[0], t.transport.packets[1]);
        return false;
}

static void take_capture(void *userdata, json_object *row) {
        struct check *check = userdata;

        if (check_capture(check, row))
                check->good++;
        else
                check->bad++;
}

int main(int argc, char *argv[]) {
        _cleanup_(freep) struct expected *expected = calloc(CAPTURES_MAX, sizeof *expected);
        struct check check = { .expected = expected };

        if (argc != 2 || !expected)
                return 2;
        check.corpus = argv[1];
        if (!read_rows(check.corpus, "flows.jsonl", take_flow, &check) ||
            !read_rows(check.corpus, "captures.jsonl", take_capture, &check)) {
                printf("skipped: no corpus at %s\n", check.corpus);
                return EXIT_SKIP;
        }
        printf("%u captures as expected, %u not\n", check.good, check.bad);
        return check.bad > 0 || check.good == 0;
}
