/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where records begin, found in several sections at a time and one by one, which must give the same. Input: the records. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/cursor.h"
#include "common/macro.h"
#include "engine/packet/frame-index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t find_plainly(const uint8_t *bytes, size_t size, const uint8_t **starts) {
        const uint8_t *p = bytes;
        size_t n = 0;

        while (bytes + size - p >= FRAME_RUN_HEADER) {
                size_t captured = load_le32(p + 8), left = (size_t) (bytes + size - p) - FRAME_RUN_HEADER;

                if (captured > FRAME_RUN_FRAME_MAX || captured > left)
                        break;
                starts[n++] = p;
                p += FRAME_RUN_HEADER + captured;
        }
        starts[n] = p;
        return n;
}

/* Memory without a spare byte behind it shows a read past its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint8_t **plain = calloc(FRAME_INDEX_ROOM(size), sizeof *plain);
        const uint8_t **found = calloc(FRAME_INDEX_ROOM(size), sizeof *found);
        uint8_t *bytes = malloc(size ?: 1);
        size_t n;

        if (!plain || !found || !bytes)
                abort();
        memcpy(bytes, data, size);
        n = find_plainly(bytes, size, plain);
        for (unsigned sections = 1; sections <= FRAME_INDEX_SECTIONS_MAX; sections++)
                if (frame_index_find(bytes, (uint32_t) size, sections, found) != n ||
                    memcmp(found, plain, (n + 1) * sizeof *found) != 0)
                        abort();
        free(plain);
        free(found);
        free(bytes);
        return 0;
}
