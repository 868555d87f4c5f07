/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Initial packets of QUIC. Input: records of flags (bit 0 the side, bit 1 version 2, bit 2 a datagram as it stands, else
 * what the packet holds, which is sealed here; bits 3 and 4: 1 Q050, 2 T050, 3 T051), length (2 bytes, big-endian) and data. */

#include "tests/fuzz/fuzz-datagram.h"
#include "tests/unit/quic-bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const uint32_t google[] = { 0, QUIC_Q050, QUIC_T050, QUIC_T051 };
        static const uint8_t id[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
        struct cursor c = cursor_make(data, size), bytes;
        struct datagram_table *table = NULL;
        struct quic_keys keys[2];
        uint8_t packet[8192 + 128];
        uint64_t number = 0;
        uint16_t length;
        uint8_t flags;

        if (datagram_table_new(&table, 0) < 0)
                return 0;
        while (cursor_u8(&c, &flags) && cursor_be16(&c, &length) && cursor_take(&c, MIN((size_t) length, cursor_left(&c)), &bytes)) {
                uint32_t version = flags & 2 ? 0x6b3343cf : 1;
                size_t n = MIN(cursor_left(&bytes), (size_t) 8192);

                if (flags >> 3 & 3)
                        version = google[flags >> 3 & 3];
                number++;
                if (flags & 4) {
                        fuzz_datagram(table, number, flags & 1, bytes.data, n);
                        continue;
                }
                quic_keys_of(version, id, sizeof id, keys);
                n = quic_initial(version, &keys[flags & 1], id, sizeof id, (uint8_t) number, bytes.data, n, packet);
                fuzz_datagram(table, number, flags & 1, packet, n);
        }
        datagram_table_free(table);
        return 0;
}
