/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* rtnetlink datagrams into a link table, with commits and a resynchronisation between. Input: records of
 * length (2 bytes, big-endian) and datagram; the length's top bit asks for a resynchronisation. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/cursor.h"
#include "common/macro.h"
#include "daemon/link-table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *userdata, const struct link *link) {
        (void) userdata;
        if (strnlen(link->name, sizeof link->name) == sizeof link->name || link->n_addresses > LINK_ADDRESSES_MAX)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct link_ops ops = { check, check, check, NULL };
        struct cursor c = cursor_make(data, size), datagram;
        struct link_table *table = NULL;
        uint16_t length;

        if (link_table_new(&table, &ops) < 0)
                return 0;
        while (cursor_be16(&c, &length) && cursor_take(&c, MIN((size_t) length & 0x7fff, cursor_left(&c)), &datagram)) {
                if (length & 0x8000)
                        link_table_begin_sync(table);
                link_table_read(table, datagram.data, cursor_left(&datagram));
                if (length & 0x8000)
                        link_table_end_sync(table);
                link_table_commit(table);
                link_table_default(table);
        }
        link_table_free(table);
        return 0;
}
