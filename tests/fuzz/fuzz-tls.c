/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Records of TLS. Input: bytes a segment (1 byte, 0 for all at once), bit 0 the side that says it (1 byte), then
 * records. An alert in front makes them known for what they are. */

#include "tests/fuzz/fuzz-stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const uint8_t alert[] = { 21, 3, 1, 0, 2, 1, 0 };
        struct fuzz_stream f;

        if (size < 2 || fuzz_stream_begin(&f) < 0)
                return 0;
        fuzz_stream_say(&f, data[1] & 1, alert, sizeof alert, sizeof alert);
        fuzz_stream_say(&f, data[1] & 1, data + 2, size - 2, data[0] ? data[0] : size);
        fuzz_stream_end(&f);
        return 0;
}
