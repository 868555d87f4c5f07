/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Connections of a few hosts, 16 bytes each: flags, host, peer, hop limit, port (2), identification (2), sequence number (4),
 * milliseconds since the one before (4), in this machine's byte order. What is said has to be a class, and never the same
 * of a host twice in a row, unless it was forgotten; the table keeps its size. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/proto/numbering.h"

#define RECORD 16
#define HOSTS_MAX 1024

struct said {
        char id_class[64], isn_class[64];
};

struct said_by {
        const struct numbering *numbering;
        struct said of[256][2]; /* by host; [1] of answers */
        struct said *now;
        uint64_t classes;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fact(void *userdata, const struct fact *fact) {
        struct said_by *by = userdata;
        char *before = fact->kind == FACT_IP_ID_CLASS ? by->now->id_class : by->now->isn_class;

        if ((fact->kind != FACT_IP_ID_CLASS && fact->kind != FACT_TCP_ISN_CLASS) || strlen(fact->value) >= sizeof by->now->id_class)
                abort();
        if (strcmp(before, fact->value) == 0 && numbering_counters(by->numbering)->evicted == 0)
                abort();
        strcpy(before, fact->value);
        by->classes++;
}

static void feed(struct numbering *n, const uint8_t *record, uint64_t ts, struct said_by *by) {
        struct frame frame = { .ts = ts, .linktype = 1, .ifindex = 1 };
        struct packet p = {
                .frame = &frame,
                .layer = LAYER_TCP,
                .flags = PACKET_HAS_MAC,
                .tcp_flags = record[0] & 1 ? TCP_SYN | TCP_ACK : TCP_SYN,
                .link_source = { { 2, 0, 0, 0, 0, record[1] } },
                .source = { AF_INET, { 10, 0, 0, record[1] } },
                .destination = { AF_INET, { 10, 0, 1, record[2] } },
                .hop_limit = record[3] & 1 ? 63 : 64,
        };

        memcpy(&p.source_port, record + 4, 2);
        memcpy(&p.ip_id, record + 6, 2);
        memcpy(&p.tcp_sequence, record + 8, 4);
        by->now = &by->of[record[1]][record[0] & 1];
        numbering_feed(n, &p, &(struct fact_sink) { check_fact, by });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(numbering_freep) struct numbering *n = NULL;
        struct said_by by = {};
        uint64_t ts = NSEC_PER_SEC;

        if (numbering_new(&n, 1) < 0)
                return 0;
        by.numbering = n;
        for (; size >= RECORD; data += RECORD, size -= RECORD) {
                uint32_t pause;

                memcpy(&pause, data + 12, 4);
                ts += pause * NSEC_PER_MSEC;
                feed(n, data, ts, &by);
        }
        if (numbering_counters(n)->classes != by.classes ||
            numbering_counters(n)->hosts - numbering_counters(n)->evicted > HOSTS_MAX)
                abort();
        return 0;
}
