/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "common/address.h"

/* An address that wanders between routers or servers by design: VRRP and CARP (RFC 9568 §7.3), HSRP 1 and 2 and its IPv6
 * form, GLBP (Cisco), and Microsoft's network load balancing. */
static inline bool mac_is_virtual_router(const struct mac_address *mac) {
        static const struct {
                uint8_t length; /* bits */
                uint8_t bytes[5];
        } prefixes[] = {
                { 40, { 0x00, 0x00, 0x5e, 0x00, 0x01 } }, { 40, { 0x00, 0x00, 0x5e, 0x00, 0x02 } },
                { 40, { 0x00, 0x00, 0x0c, 0x07, 0xac } }, { 36, { 0x00, 0x00, 0x0c, 0x9f, 0xf0 } },
                { 36, { 0x00, 0x05, 0x73, 0xa0, 0x00 } }, { 32, { 0x00, 0x07, 0xb4, 0x00, 0x00 } },
                { 16, { 0x02, 0xbf, 0x00, 0x00, 0x00 } },
        };

        for (unsigned i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
                unsigned bytes = prefixes[i].length / 8;

                if (memcmp(mac->bytes, prefixes[i].bytes, bytes) != 0)
                        continue;
                if (prefixes[i].length % 8 == 0 || (mac->bytes[bytes] & 0xf0) == prefixes[i].bytes[bytes])
                        return true;
        }
        return false;
}
