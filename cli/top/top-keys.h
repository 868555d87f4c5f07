/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-model.h"

/* What keys do. Characters stand for themselves (Unicode); what has none comes from beyond. */

enum {
        TOP_KEY_UP = 0x110000,
        TOP_KEY_DOWN, TOP_KEY_LEFT, TOP_KEY_RIGHT,
        TOP_KEY_PAGE_UP, TOP_KEY_PAGE_DOWN, TOP_KEY_HOME, TOP_KEY_END,
        TOP_KEY_BACK_TAB,
        TOP_KEY_F1, TOP_KEY_F2, TOP_KEY_F3, TOP_KEY_F4, TOP_KEY_F5,
        TOP_KEY_F6, TOP_KEY_F7, TOP_KEY_F8, TOP_KEY_F9, TOP_KEY_F10,
        TOP_KEY_ESCAPE = 0x1b,
        TOP_KEY_ENTER = '\n',
        TOP_KEY_TAB = '\t',
        TOP_KEY_BACKSPACE = 0x7f,
};

enum top_action {
        TOP_GO_ON,
        TOP_QUIT,
        TOP_REPAINT,     /* everything: something else wrote on the terminal */
        TOP_ACKNOWLEDGE, /* the selected alert */
};

enum top_action top_keys_press(struct top_model *model, uint32_t key);

/* Lines of the help, one by one; NULL behind the last. `*ret_keys` is "" for a line without keys. */
const char *top_keys_help(size_t line, const char **ret_keys);
/* What the function key `n` (1..10) does here, in a word; "" for nothing. */
const char *top_keys_label(const struct top_model *model, int n);
