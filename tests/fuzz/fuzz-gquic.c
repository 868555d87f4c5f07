/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Datagrams of Google's QUIC, as they stand. Input: records of side (1 byte), length (2 bytes, big-endian) and data. */

#include "tests/fuzz/fuzz-datagram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct cursor c = cursor_make(data, size), bytes;
        struct datagram_table *table = NULL;
        uint64_t number = 0;
        uint16_t length;
        uint8_t side;

        if (datagram_table_new(&table, 0) < 0)
                return 0;
        while (cursor_u8(&c, &side) && cursor_be16(&c, &length) && cursor_take(&c, MIN((size_t) length, cursor_left(&c)), &bytes))
                fuzz_datagram(table, ++number, side & 1, bytes.data, cursor_left(&bytes));
        datagram_table_free(table);
        return 0;
}
