/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-bus.h>

#include "common/macro.h"

/* Asks polkit whether the sender of a message may do something, without blocking. Whoever asks is
 * called back with the verdict, or never, if the sender is gone by then: nobody waits for the reply.
 * Root may do everything, with polkit or without. No polkit: nobody else may do anything. */

struct polkit;

/* Checks under way, of one connection, of one user, and of all; more are refused. The bus allows the service 128 calls
 * without a reply (dbus-daemon's max_replies_per_connection), and each check is one. */
#define POLKIT_PENDING_PER_PEER 32
#define POLKIT_PENDING_PER_USER 32
#define POLKIT_PENDING_MAX 96

/* How long a person may take to answer the authentication dialog. */
#define POLKIT_TIMEOUT (120 * USEC_PER_SEC)

/* `verdict` 1: allowed; negative errno: not, and `error` is set, to be sent as the reply. */
typedef void (*polkit_done_fn)(void *userdata, sd_bus_message *message, int verdict, const sd_bus_error *error);

int polkit_new(struct polkit **ret, sd_bus *bus);
/* Pending checks end without a call back. */
struct polkit *polkit_free(struct polkit *polkit);
DEFINE_CLEANUP(struct polkit *, polkit_free)

/* 0: under way, `done` will be called later (never from within this call). -EUSERS: too many are pending;
 * other -errno: could not ask. `error` is set on failure. `may_prompt`: where the message allows it, polkit may ask
 * the user for a password. */
int polkit_check(struct polkit *polkit, sd_bus_message *message, const char *action, bool may_prompt, polkit_done_fn done,
                 void *userdata, sd_bus_error *error);

size_t polkit_pending(const struct polkit *polkit);
