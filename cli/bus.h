/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "cli/options.h"
#include "common/json-text.h"

/* Talking to lanscoped. All functions say on standard error what failed and what to do, and return a
 * negative errno then. */

int bus_open(const struct options *options, sd_bus **ret);
/* The same, but says nothing. */
int bus_connect(const struct options *options, sd_bus **ret);

/* Who is called for what; `action` is the polkit action that the method needs, NULL for none. */
struct bus_method {
        const char *interface, *member, *action;
};

/* Calls with the arguments of `types`; polkit may ask the user. `ret` (the reply) may be NULL. */
int bus_call(sd_bus *bus, const char *path, const struct bus_method *method, sd_bus_message **ret, const char *types, ...);
/* The same for a message that the caller has filled. */
int bus_call_message(sd_bus *bus, sd_bus_message *message, const char *action, sd_bus_message **ret);

int bus_new_call(sd_bus *bus, const char *path, const struct bus_method *method, sd_bus_message **ret);

/* All properties of an object, with the names they have on the bus. */
int bus_get_properties(sd_bus *bus, const char *path, const char *interface, struct json_object **ret);
/* A device's, as a record; without its evidence. */
int bus_get_device_brief(sd_bus *bus, const char *path, struct json_object **ret);
/* The next argument of a message, whatever its type. Returns 0 at the end. Says nothing on failure. */
int bus_read_json(sd_bus_message *message, struct json_object **ret);
/* The same of a reply; failures are said. */
int bus_read_reply(sd_bus_message *message, struct json_object **ret);

/* The one device that `name` means. More than one: lists them, -ENOTUNIQ. */
int bus_find_device(sd_bus *bus, const char *name, char **ret_path);

/* To stderr, with what a terminal would obey escaped. */
void bus_say(const char *text);
/* What to say of a failure. `action` as above. */
void bus_complain(const sd_bus_error *error, int r, const char *action);
