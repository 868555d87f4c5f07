/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads every capture of ../shared/corpus and compares frames, bytes, times and whether the file is whole
 * with what an independent reader found. Skipped where the corpus is not there. */

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

enum { EXIT_SKIP = 77 };

/* The other reader counts pcapng custom blocks as frames without content and time. */
static const struct {
        const char *name;
        uint64_t frames;
} custom_blocks[] = {
        { "gopacket_be_test202.pcapng", 1 },
        { "gopacket_le_test018.pcapng", 2 },
};

struct totals {
        uint64_t frames, bytes, first, last; /* times of the earliest and the latest frame, ns */
        int end; /* what capture_file_next() ended with */
};

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
        return t->bytes != (uint64_t) get_number(row, "bytes") || differs_in_time(t->first, get_number(row, "first_ts")) ||
               differs_in_time(t->last, get_number(row, "last_ts"));
}

static uint64_t count_custom_blocks(const char *pcap) {
        for (size_t i = 0; i < ELEMENTSOF(custom_blocks); i++)
                if (strstr(pcap, custom_blocks[i].name))
                        return custom_blocks[i].frames;
        return 0;
}

/* 1: as expected; 0: not. */
static int check(const char *corpus, json_object *row) {
        const char *pcap = get_string(row, "pcap");
        struct totals t = {};
        char path[4096];
        int r;

        if (!pcap || strncmp(pcap, "open/", 5) != 0)
                return 0;
        snprintf(path, sizeof path, "%s/%s", corpus, pcap + 5);
        r = read_totals(path, &t);
        if (r < 0 || differs(row, &t, count_custom_blocks(pcap))) {
                printf("%s: %s; %" PRIu64 " frames, %" PRIu64 " bytes, end %d; expected %.0f frames, %.0f bytes, %s\n", pcap,
                       strerror(-r), t.frames, t.bytes, t.end, get_number(row, "frames"), get_number(row, "bytes"),
                       get_string(row, "tshark_error") ?: "whole");
                return 0;
        }
        return 1;
}

int main(int argc, char *argv[]) {
        _cleanup_(freep) char *line = NULL;
        _cleanup_(fclosep) FILE *list = NULL;
        unsigned good = 0, bad = 0;
        size_t allocated = 0;
        char path[4096];

        if (argc != 2)
                return 2;
        snprintf(path, sizeof path, "%s/expect/captures.jsonl", argv[1]);
        list = fopen(path, "re");
        if (!list) {
                printf("skipped: no corpus at %s\n", argv[1]);
                return EXIT_SKIP;
        }
        while (getline(&line, &allocated, list) > 0) {
                json_object *row = json_tokener_parse(line);

                if (row && check(argv[1], row) > 0)
                        good++;
                else
                        bad++;
                json_object_put(row);
        }
        printf("%u captures as expected, %u not\n", good, bad);
        return bad > 0 || good == 0;
}
