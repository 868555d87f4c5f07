/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The ownership idioms and the few numeric macros that every folder uses. */

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

#define MIN(a, b)                               \
        ({                                      \
                __typeof__(a) min_a = (a);      \
                __typeof__(b) min_b = (b);      \
                min_a < min_b ? min_a : min_b;  \
        })
#define MAX(a, b)                               \
        ({                                      \
                __typeof__(a) max_a = (a);      \
                __typeof__(b) max_b = (b);      \
                max_a > max_b ? max_a : max_b;  \
        })

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(text, first) __attribute__((format(printf, text, first)))
#define _unused_ __attribute__((unused))
#define _pure_ __attribute__((pure))
#define _noinline_ __attribute__((noinline))
/* For functions that are only fast where the compiler knows some of their parameters. */
#define _always_inline_ inline __attribute__((always_inline))

/* Hands a pointer over to its next owner, so that the cleanup of the old one finds NULL. */
#define TAKE_PTR(p)                             \
        ({                                      \
                __typeof__(p) *take_p = &(p);   \
                __typeof__(p) take_v = *take_p; \
                *take_p = NULL;                 \
                take_v;                         \
        })

#define TAKE_FD(fd)                             \
        ({                                      \
                int *take_fd = &(fd);           \
                int take_v = *take_fd;          \
                *take_fd = -1;                  \
                take_v;                         \
        })

/* Defines `func`p(), which `_cleanup_` takes. `func` accepts NULL, as all destructors here do. */
#define DEFINE_CLEANUP(type, func)              \
        static inline void func##p(type *p) {   \
                func(*p);                       \
        }

#define NSEC_PER_USEC UINT64_C(1000)
#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_SEC UINT64_C(1000000000)
#define USEC_PER_SEC UINT64_C(1000000)
