/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/entry.h"

/* What operating system a TCP signature speaks for, remembered for the signatures that come again and again. */

struct os_guesses;

int os_guesses_new(struct os_guesses **ret, uint64_t seed);
struct os_guesses *os_guesses_free(struct os_guesses *guesses);
/* What was found with other signatures counts no more. */
void os_guesses_forget(struct os_guesses *guesses);

/* `fact` is a tcp.raw_sig that `entry` said. */
void entry_guess_os(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now);
