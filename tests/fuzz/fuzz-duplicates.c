/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any frame is no copy at first, and one of itself then. Input: link type (1 byte) and the frame. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/duplicates.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct duplicates *d;
        struct frame frame;
        uint8_t *copy;

        if (size < 1 || duplicates_new(&d, NSEC_PER_MSEC, 1) < 0)
                return 0;
        copy = malloc(size); /* without a spare byte behind it */
        if (!copy)
                abort();
        memcpy(copy, data + 1, size - 1);
        copy = realloc(copy, size - 1 ?: 1) ?: copy;
        frame = (struct frame) { .ts = 1, .linktype = data[0], .captured = (uint32_t) size - 1, .length = (uint32_t) size - 1,
                                 .data = copy };
        if (duplicates_check(d, &frame) != DUPLICATE_NONE || duplicates_check(d, &frame) != DUPLICATE_EXACT)
                abort();
        free(copy);
        duplicates_free(d);
        return 0;
}
