/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/fuzz-dissector.h"

#define OUI_CISCO 0x00000c

static int dissect(const struct packet *packet, struct emitter *emitter) {
        struct packet cisco = *packet;

        cisco.snap_oui = OUI_CISCO;
        return cdp_dissect(&cisco, emitter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        return fuzz_dissector(dissect, LAYER_LLC_SNAP, data, size);
}
