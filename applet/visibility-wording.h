/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the service says in org.lanscope1.Manager.Visibility, in the user's language. Borrowed, from `sentence` or constant. */
const char *visibility_in_words(const char *sentence);

/* The sentences that are translated, NULL at the end. */
const char *const *visibility_sentences(void);
