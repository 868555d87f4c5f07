/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/packet/packet.h"

/* NetBIOS names (RFC 1001 §14, RFC 1002 §4.1): fifteen characters and a byte that says what the name is for. */

#define NETBIOS_NAME_SIZE 16
/* Each of fifteen bytes as \xNN, then <NN>, and the NUL. */
#define NETBIOS_TEXT_MAX (15 * 4 + 4 + 1)

/* "NAME<20>": without the padding, what is not printable ASCII as \xNN. Returns `buffer`. */
const char *netbios_name_format(const uint8_t name[static NETBIOS_NAME_SIZE], char buffer[static NETBIOS_TEXT_MAX]);

/* From the form in which names travel: two letters of A to P a byte, as the first label of a DNS name given as text.
 * A scope behind it is not part of the result. False for what is no such name. */
bool netbios_name_decode(const char *label, uint8_t ret[static NETBIOS_NAME_SIZE]);

/* Did a broadcast reach this link without passing a router? All systems start with one of these hop limits; no router
 * leaves it as it was. */
bool netbios_is_link_scoped(const struct packet *packet);
