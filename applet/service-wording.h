/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A sentence of the service's in the user's language: what it can see, what is wrong with it, why an interface is not watched or not
 * in the best way. What is not known comes back as it is. No markup, and not made plain. The caller frees. */
char *service_in_words(const char *sentence);

/* The sentences that are translated, with {1}, {2} for what stands in them; NULL at the end. */
const char *const *service_sentences(void);
