/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/address.h"
#include "common/macro.h"

/* Who a MAC address was registered to (IEEE MA-L, MA-M and MA-S), from the hardware database of systemd, which the
 * distribution keeps up to date. */

struct vendor_db;

/* -ENOENT: no hardware database on this machine. */
int vendor_db_new(struct vendor_db **ret);
struct vendor_db *vendor_db_free(struct vendor_db *db);
DEFINE_CLEANUP(struct vendor_db *, vendor_db_free)

/* The vendor's name, owned by `db`; NULL where there is none, and for a group address. For locally administered ones
 * the few that are known though nobody registered them ("QEMU"), with a `db` of NULL as well. */
const char *vendor_db_lookup(struct vendor_db *db, const struct mac_address *mac);
/* Locally administered, and not by somebody known for it: most likely drawn at random. */
bool vendor_is_random(const struct mac_address *mac);
