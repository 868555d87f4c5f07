/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* HTTP in both directions, with the UPnP descriptions that answers carry. Input: bytes a segment (1 byte, 0 for all at
 * once), length of the request (2 bytes, big-endian), the request, and the rest is the answer. */

#include "tests/fuzz/fuzz-stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct cursor c = cursor_make(data, size), request;
        struct fuzz_stream f;
        uint16_t length;
        uint8_t step;

        if (!cursor_u8(&c, &step) || !cursor_be16(&c, &length) ||
            !cursor_take(&c, MIN((size_t) length, cursor_left(&c)), &request) || fuzz_stream_begin(&f) < 0)
                return 0;
        fuzz_stream_say(&f, 0, request.data, cursor_left(&request), step ? step : size);
        fuzz_stream_say(&f, 1, c.data, cursor_left(&c), step ? step : size);
        fuzz_stream_end(&f);
        return 0;
}
