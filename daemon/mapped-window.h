/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/* A window on a file: a part of it as memory, without a copy, moved along by who reads it. Others may write to the file,
 * which changes what is seen, and may truncate it: what is no longer there, or cannot be read, becomes zeros, and the
 * window is lost. That takes a handler for SIGBUS, which is there while there are windows; whatever is not about one of
 * them is left to the handler of before. */

struct mapped_window;

/* `fd` stays the caller's, and open. -EMFILE: there are too many windows already. Each window belongs to one thread. */
int mapped_window_new(struct mapped_window **ret, int fd);
struct mapped_window *mapped_window_free(struct mapped_window *window);

/* Shows `size` bytes from `offset` on, all of which the file should have, until the next call, and fetches them. */
int mapped_window_move(struct mapped_window *window, uint64_t offset, size_t size, const uint8_t **ret);

/* Not 0: it is lost, and what was read of it lately may have been zeros. */
const volatile sig_atomic_t *mapped_window_lost(const struct mapped_window *window);
