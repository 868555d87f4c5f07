/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames of any link type through the decoder and all dissectors. Input: link type (1 byte; the last
 * six are others, as below), then records of length (2 bytes, big-endian; with the top bit, the capture cut 256 bytes off) and
 * frame. A second passes from one to the next. */

#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/cursor.h"
#include "engine/flow/contact.h"
#include "engine/proto/dissector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUT_OFF = 0x8000 };

static void take(void *userdata, const struct fact *fact) {
        /* Reads every byte that a value claims, and the NUL that must follow. */
        (void) userdata;
        if (strlen(fact->value) != fact->value_length)
                abort();
}

/* What the decoder points at must be there to read. */
static volatile unsigned sum;

static void read_packet(const struct packet *packet) {
        const struct cursor *parts[] = { &packet->payload, &packet->tcp_options };

        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                for (const uint8_t *p = parts[i]->data; p < parts[i]->end; p++)
                        sum += *p;
        if (packet->ip_header)
                sum += packet->ip_header[packet->source.family == AF_INET6 ? 39 : 19];
        if (packet->transport_header)
                sum += packet->transport_header[packet->layer == LAYER_TCP ? 19 : 7];
        if (packet->payload_length < cursor_left(&packet->payload))
                abort();
}

static uint32_t linktype_of(uint8_t byte) {
        static const uint32_t others[] = { 281, 282, 284, 285, 258, 276 };

        return byte < 256 - ELEMENTSOF(others) ? byte : others[byte - (256 - ELEMENTSOF(others))];
}

/* A copy without a spare byte behind it shows a read past the frame's end. */
static void decode_copy(struct packet_decoder *decoder, struct contact_table *contacts, const struct cursor *bytes,
                        struct frame *frame) {
        struct fact_sink sink = { take, NULL };
        struct contact contact;
        struct packet packet;
        uint8_t *copy;

        copy = malloc(cursor_left(bytes) ?: 1);
        if (!copy)
                abort();
        memcpy(copy, bytes->data, cursor_left(bytes));
        frame->data = copy;
        if (packet_decode(decoder, frame, &packet) > 0) {
                dissectors_run(&packet, &sink, NULL, NULL);
                if (contact_from_packet(contacts, &packet, &contact) && contact.kind >= _CONTACT_KIND_MAX)
                        abort();
        }
        read_packet(&packet);
        free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct cursor c = cursor_make(data, size), bytes;
        struct packet_decoder *decoder = NULL;
        struct contact_table *contacts = NULL;
        uint64_t number = 0;
        uint8_t linktype;
        uint16_t length;

        if (!cursor_u8(&c, &linktype) || packet_decoder_new(&decoder) < 0)
                return 0;
        if (contact_table_new(&contacts, 0) < 0)
                abort();
        while (cursor_be16(&c, &length) &&
               cursor_take(&c, MIN((size_t) length & (CUT_OFF - 1), cursor_left(&c)), &bytes)) {
                struct frame frame = { .number = ++number };

                frame.ts = number * NSEC_PER_SEC;
                frame.linktype = linktype_of(linktype);
                frame.captured = frame.length = (uint32_t) cursor_left(&bytes);
                if (length & CUT_OFF)
                        frame.length += 256;
                decode_copy(decoder, contacts, &bytes, &frame);
        }
        contact_table_free(contacts);
        packet_decoder_free(decoder);
        return 0;
}
