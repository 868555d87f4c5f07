/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>
#include <string.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"
#include "engine/proto/phrases.h"

/* A sink for tests: every fact as a line "kind value", in order. */

struct fact_log {
        char text[65536];
        size_t length;
        size_t count;
        struct fact facts[64]; /* the first ones; their values are gone */
};

static inline void fact_log_take(void *userdata, const struct fact *fact) {
        struct fact_log *log = userdata;
        int n = snprintf(log->text + log->length, sizeof log->text - log->length, "%s %s\n",
                         fact_kind_to_string(fact->kind), fact->value);

        if (n > 0 && (size_t) n < sizeof log->text - log->length)
                log->length += (size_t) n;
        if (log->count < ELEMENTSOF(log->facts)) {
                log->facts[log->count] = *fact;
                log->facts[log->count].value = NULL;
        }
        log->count++;
}

/* The first fact of a kind, or NULL. */
static inline const struct fact *fact_log_find(const struct fact_log *log, enum fact_kind kind) {
        for (size_t i = 0; i < log->count && i < ELEMENTSOF(log->facts); i++)
                if (log->facts[i].kind == kind)
                        return &log->facts[i];
        return NULL;
}

/* The same facts, whether texts are made anew or found among those of all packets before? */
static inline void fact_log_again(const struct fact_log *log, const struct packet *packet) {
        static struct phrases *phrases;

        if (!phrases)
                assert_int_equal(phrases_new(&phrases, 1), 0);
        for (unsigned i = 0; i < 2; i++) {
                struct fact_log again = {};
                struct fact_sink sink = { fact_log_take, &again };

                dissectors_run(packet, &sink, phrases, NULL);
                assert_string_equal(again.text, log->text);
        }
}

/* Decodes one Ethernet frame and dissects it; returns what packet_decode() did. */
static inline int fact_log_frame(struct fact_log *log, const void *data, size_t length) {
        struct frame frame = { .ts = 1, .number = 1, .linktype = 1, .captured = (uint32_t) length,
                               .length = (uint32_t) length, .data = data };
        struct fact_sink sink = { fact_log_take, log };
        struct packet_decoder *decoder = NULL;
        struct packet packet;
        int r;

        memset(log, 0, sizeof *log);
        if (packet_decoder_new(&decoder) < 0)
                return -1;
        r = packet_decode(decoder, &frame, &packet);
        if (r > 0) {
                dissectors_run(&packet, &sink, NULL, NULL);
                fact_log_again(log, &packet);
        }
        packet_decoder_free(decoder);
        return r;
}

/* Headers of a datagram as tests need them: from 02:00:00:00:00:01, between the addresses given as text. */
static inline struct packet fact_log_packet(enum packet_layer layer, const char *source, const char *destination) {
        static const struct frame frame = { .ts = 1, .number = 1, .linktype = 1 };
        struct packet packet = { .frame = &frame, .layer = layer, .flags = PACKET_HAS_MAC | PACKET_HAS_IP,
                                 .link_source = { { 0x02, 0, 0, 0, 0, 0x01 } }, .hop_limit = 255 };

        ip_parse(source, &packet.source);
        ip_parse(destination, &packet.destination);
        return packet;
}

/* Dissects `data` as the payload of `packet`; returns what the dissectors' counters say of malformed ones. */
static inline uint64_t fact_log_payload(struct fact_log *log, struct packet packet, const void *data, size_t length) {
        struct dissector_counters counters[DISSECTOR_MAX] = {};
        struct fact_sink sink = { fact_log_take, log };
        uint64_t malformed = 0;

        memset(log, 0, sizeof *log);
        packet.payload = cursor_make(data, length);
        packet.payload_length = (uint32_t) length;
        dissectors_run(&packet, &sink, NULL, counters);
        for (size_t i = 0; i < ELEMENTSOF(counters); i++)
                malformed += counters[i].malformed;
        return malformed;
}

/* The same for UDP. */
static inline uint64_t fact_log_udp(struct fact_log *log, struct packet packet, uint16_t source_port,
                                    uint16_t destination_port, const void *data, size_t length) {
        packet.source_port = source_port;
        packet.destination_port = destination_port;
        packet.flags |= PACKET_HAS_TRANSPORT;
        return fact_log_payload(log, packet, data, length);
}
