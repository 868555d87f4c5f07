/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/classify/classify.h"
#include "engine/classify/rule.h"

/* Votes -> a classification. Whatever order the votes come in, the outcome is the same. */

/* One rule that matched. */
struct vote {
        const struct rule *rule;
        uint16_t evidence;    /* the piece that its first condition matched */
        uint8_t strength;     /* 1..100: the rule's confidence, scaled by the weight of its evidence */
        /* What templates of the rule take their captures of: few have any. */
        const struct glob *glob;
        const char *value;
        uint16_t length; /* of what the pattern looks at */
};

/* So many votes are heard, the strongest first: a device cannot make the work endless. */
#define VOTES_MAX 256

/* `votes` must be sorted by vote_compare(); `ret` must be all zero. */
void fuse(const struct vote *votes, size_t n, struct classification *ret);
int vote_compare(const struct vote *a, const struct vote *b);

/* Is `specific` a kind of `general`, or a thing that `general` is commonly a part of? */
bool type_refines(enum device_type specific, enum device_type general);
