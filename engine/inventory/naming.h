/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/entry.h"

/* Evidence -> names and services. */

void entry_derive_names(struct inventory *inventory, struct entry *entry);
void entry_clear_names(struct inventory *inventory, struct entry *entry);
void entry_take_service(struct inventory *inventory, struct entry *entry, enum fact_kind kind, const char *value,
                        bool goodbye, uint64_t now);
void entry_adopt_service(struct inventory *inventory, struct entry *entry, const struct device_service *service);
void entry_clear_services(struct inventory *inventory, struct entry *entry);
