/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* So many at once, and one more each interval of packet time. */
struct token_bucket {
        uint32_t burst;
        uint64_t interval; /* ns */
        uint32_t used;
        uint64_t refilled; /* ns since the epoch */
};

bool token_bucket_take(struct token_bucket *bucket, uint64_t now);
/* When an empty one has a token again. */
uint64_t token_bucket_next(const struct token_bucket *bucket);
