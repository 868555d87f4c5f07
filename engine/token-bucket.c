/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The limit of rates that peers could drive. A clock that stands still or runs back refills nothing. */

#include "engine/token-bucket.h"

bool token_bucket_take(struct token_bucket *bucket, uint64_t now) {
        uint64_t returned = now > bucket->refilled ? (now - bucket->refilled) / bucket->interval : 0;

        if (returned >= bucket->used) {
                bucket->used = 0;
                bucket->refilled = now > bucket->refilled ? now : bucket->refilled;
        } else {
                bucket->used -= (uint32_t) returned;
                bucket->refilled += returned * bucket->interval;
        }
        if (bucket->used >= bucket->burst)
                return false;
        bucket->used++;
        return true;
}

uint64_t token_bucket_next(const struct token_bucket *bucket) {
        return bucket->refilled > UINT64_MAX - bucket->interval ? UINT64_MAX : bucket->refilled + bucket->interval;
}
