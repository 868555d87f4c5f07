/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* To be called before anything is fetched from libcrypto; costs nothing from the second call on. Left to itself, the first
 * fetch loads a configuration, error texts and tables by name that nothing here asks for: five million instructions
 * instead of one. Where the program has set libcrypto up before, that stands. */
void crypto_open(void);
