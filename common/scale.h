/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* `*quotient` and `*rest` / divisor, with `whole` and `part` / divisor added. False: it does not fit. */
static inline bool scale_add(uint64_t *quotient, uint64_t *rest, uint64_t whole, uint64_t part, uint64_t divisor) {
        bool carry = *rest >= divisor - part;

        *rest = carry ? *rest - (divisor - part) : *rest + part;
        return !__builtin_add_overflow(*quotient, whole, quotient) &&
               !__builtin_add_overflow(*quotient, carry, quotient);
}

/* n * by / divisor, rounded down; UINT64_MAX where it does not fit. The product may be larger than a word, and 32-bit
 * processors have nothing wider: then it is made bit by bit of `by`, as nothing but a remainder. `divisor` is not 0. */
static inline uint64_t scale_u64(uint64_t n, uint64_t by, uint64_t divisor) {
        uint64_t product, whole, part, quotient = 0, rest = 0;

        if (!__builtin_mul_overflow(n, by, &product))
                return product / divisor;
        whole = n / divisor;
        part = n % divisor;
        for (int bit = 63; bit >= 0; bit--) {
                if (!scale_add(&quotient, &rest, quotient, rest, divisor))
                        return UINT64_MAX;
                if (by >> bit & 1 && !scale_add(&quotient, &rest, whole, part, divisor))
                        return UINT64_MAX;
        }
        return quotient;
}
