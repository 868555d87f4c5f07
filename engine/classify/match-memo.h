/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"
#include "engine/classify/classify.h"

/* Which conditions of a ruleset hold for values that were looked at before. Devices say the same things, and each time
 * that one is classified anew all of them are asked for again. A fixed number, of bounded size each; of those with the same
 * place the newer ones stay. Values are compared byte for byte. */

#define MATCHES_KEPT_MAX 2048
#define MATCHES_VALUE_MAX 192
#define MATCHES_CONDITIONS_MAX 32

/* `seed`: what a sender must not know who wants to push others' values out. -ENOMEM. */
int match_memo_new(struct match_memo **ret, uint64_t seed);
struct match_memo *match_memo_free(struct match_memo *memo);
DEFINE_CLEANUP(struct match_memo *, match_memo_free)

/* Of another ruleset everything is different. */
void match_memo_forget(struct match_memo *memo);

/* The conditions that hold for a piece of evidence, in `*ret`, which belongs to the memo and stays until something is kept.
 * How many, or -ENOENT: it was not looked at. Conditions do not ask for its weight. */
int match_memo_find(const struct match_memo *memo, const struct classify_evidence *evidence, const uint16_t **ret);
/* Keeps them, in place of older ones; does nothing where they are too many, or the value is too long. */
void match_memo_keep(struct match_memo *memo, const struct classify_evidence *evidence, const uint16_t *conditions, size_t n);
