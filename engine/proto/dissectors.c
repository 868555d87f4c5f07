/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of all protocols, and how a packet finds its row. */

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"

static const struct dissector table[] = {
        { "arp", LAYER_ETHERTYPE, 0x0806, arp_dissect },
};

_Static_assert(ELEMENTSOF(table) <= DISSECTOR_MAX, "dissector_counters arrays are too small");

const struct dissector *dissectors_get(size_t *ret_n) {
        *ret_n = ELEMENTSOF(table);
        return table;
}

static bool row_matches(const struct dissector *row, const struct packet *packet) {
        if (row->layer != packet->layer)
                return false;
        if (row->number == 0)
                return true;
        if (row->layer == LAYER_UDP || row->layer == LAYER_TCP)
                return row->number == packet->source_port || row->number == packet->destination_port;
        if (row->layer == LAYER_ICMP || row->layer == LAYER_ICMP6)
                return cursor_left(&packet->payload) > 0 && row->number == packet->payload.data[0];
        return row->number == packet->network_type;
}

struct counting_sink {
        const struct fact_sink *next;
        uint64_t facts;
};

static void count_fact(void *userdata, const struct fact *fact) {
        struct counting_sink *counter = userdata;

        counter->facts++;
        counter->next->take(counter->next->userdata, fact);
}

void dissectors_run(const struct packet *packet, const struct fact_sink *sink,
                    struct dissector_counters *counters) {
        struct counting_sink counter = { .next = sink };
        struct fact_sink counting = { count_fact, &counter };
        struct emitter emitter;

        if (packet->layer == LAYER_NONE || packet->flags & PACKET_FRAGMENT)
                return;
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                int r;

                if (!row_matches(&table[i], packet))
                        continue;
                counter.facts = 0;
                emitter_begin(&emitter, packet, &counting);
                r = table[i].dissect(packet, &emitter);
                if (r == 0)
                        continue;
                if (counters) {
                        counters[i].packets++;
                        counters[i].facts += counter.facts;
                        counters[i].malformed += r < 0;
                }
                return;
        }
}
