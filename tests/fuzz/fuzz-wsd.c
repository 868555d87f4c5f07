/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/fuzz-dissector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        return fuzz_dissector(wsd_dissect, LAYER_UDP, data, size);
}
