/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/fuzz-dissector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        fuzz_dissector(dns_anywhere_dissect, LAYER_UDP, data, size);
        return fuzz_dissector(dns_dissect, LAYER_UDP, data, size);
}
