/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What follows a banner of SSH. Input: bytes a segment (1 byte, 0 for all at once), then what the client says. */

#include "tests/fuzz/fuzz-stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char banner[] = "SSH-2.0-fuzz\r\n";
        struct fuzz_stream f;

        if (size < 1 || fuzz_stream_begin(&f) < 0)
                return 0;
        fuzz_stream_say(&f, 0, banner, strlen(banner), sizeof banner);
        fuzz_stream_say(&f, 0, data + 1, size - 1, data[0] ? data[0] : size);
        fuzz_stream_end(&f);
        return 0;
}
