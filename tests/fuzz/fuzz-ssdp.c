/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/fuzz-dissector.h"

/* Both rows: known by the port, and by the answer itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        fuzz_dissector(ssdp_reply_dissect, LAYER_UDP, data, size);
        return fuzz_dissector(ssdp_dissect, LAYER_UDP, data, size);
}
