/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Datagrams of DTLS (and whatever else is known by its content). Input: records of flags (bit 0 the side), length (2
 * bytes, big-endian) and data. */

#include "common/macro.h"
#include "tests/fuzz/fuzz-datagram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct cursor c = cursor_make(data, size), bytes;
        struct datagram_table *table = NULL;
        struct datagram_counters counters;
        uint64_t number = 0;
        uint16_t length;
        uint8_t flags;

        if (datagram_table_new(&table, 0) < 0)
                return 0;
        while (cursor_u8(&c, &flags) && cursor_be16(&c, &length) && cursor_take(&c, MIN((size_t) length, cursor_left(&c)), &bytes))
                fuzz_datagram(table, ++number, flags & 1, bytes.data, cursor_left(&bytes));
        datagram_table_get_counters(table, &counters);
        if (counters.unfinished > 2)
                abort(); /* one a side */
        datagram_table_free(table);
        return 0;
}
