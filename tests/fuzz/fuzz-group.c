/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/fuzz-dissector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        fuzz_dissector(igmp_dissect, LAYER_IP, data, size);
        return fuzz_dissector(mld_dissect, LAYER_ICMP6, data, size);
}
