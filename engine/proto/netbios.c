/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* NetBIOS names, for the name service and the datagram service. */

#include "engine/proto/netbios.h"

#include "common/strbuf.h"

const char *netbios_name_format(const uint8_t name[static NETBIOS_NAME_SIZE], char buffer[static NETBIOS_TEXT_MAX]) {
        struct strbuf b = strbuf_make(buffer, NETBIOS_TEXT_MAX);
        size_t length = NETBIOS_NAME_SIZE - 1;

        /* Blanks, and NULs behind the "*" that asks for all names (RFC 1002 §4.2.17). */
        while (length > 0 && (name[length - 1] == ' ' || name[length - 1] == '\0'))
                length--;
        for (size_t i = 0; i < length; i++)
                if (name[i] >= 0x20 && name[i] < 0x7f)
                        strbuf_char(&b, (char) name[i]);
                else
                        strbuf_printf(&b, "\\x%02x", name[i]);
        strbuf_printf(&b, "<%02x>", name[NETBIOS_NAME_SIZE - 1]);
        return buffer;
}

bool netbios_name_decode(const char *label, uint8_t ret[static NETBIOS_NAME_SIZE]) {
        for (size_t i = 0; i < NETBIOS_NAME_SIZE; i++) {
                char high = label[2 * i], low = high ? label[2 * i + 1] : '\0';

                if (high < 'A' || high > 'P' || low < 'A' || low > 'P')
                        return false;
                ret[i] = (uint8_t) ((high - 'A') << 4 | (low - 'A'));
        }
        return label[2 * NETBIOS_NAME_SIZE] == '\0' || label[2 * NETBIOS_NAME_SIZE] == '.';
}

bool netbios_is_link_scoped(const struct packet *packet) {
        return packet->flags & PACKET_LINK_GROUP &&
               (packet->hop_limit == 64 || packet->hop_limit == 128 || packet->hop_limit == 255);
}
