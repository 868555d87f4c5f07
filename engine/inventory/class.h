/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/entry.h"

/* Evidence -> classification; addresses -> vendor. */

void entry_classify(struct inventory *inventory, struct entry *entry);
void entry_set_vendor(struct inventory *inventory, struct entry *entry);
