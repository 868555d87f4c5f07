/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* cmocka wants these before it, in this order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Ends a test that cannot run here. cmocka's skip() says "not ok" of it in TAP, which meson takes for a failure. */
#define SKIP(reason)                                       \
        do {                                               \
                print_message("# skipped: %s\n", reason);  \
                return;                                    \
        } while (0)
