/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The gate. It owns nothing; the rows are those of manager-bus.c and device-bus.c. */

#include "daemon/method-bus.h"

#include <errno.h>
#include <string.h>

#include "daemon/append-bus.h"
#include "daemon/device-bus.h"
#include "daemon/log.h"
#include "daemon/manager-bus.h"

const struct method *method_find(const char *interface, const char *member) {
        const struct method *const tables[] = { manager_methods, device_methods };

        for (size_t i = 0; i < ELEMENTSOF(tables); i++)
                for (const struct method *row = tables[i]; row->interface; row++)
                        if (strcmp(row->interface, interface) == 0 && strcmp(row->member, member) == 0)
                                return row;
        return NULL;
}

/* The object that the message is for may have gone since the bus delivered it. */
static int find_object(struct method_call *call, sd_bus_error *error) {
        const char *path = sd_bus_message_get_path(call->message);
        uint64_t id;

        if (strcmp(sd_bus_message_get_interface(call->message), LANSCOPE_DEVICE_INTERFACE) != 0)
                return 0;
        if (object_path_parse(path, LANSCOPE_DEVICE_PREFIX, &id) >= 0)
                call->device = inventory_get(manager_inventory(call->manager), id);
        if (!call->device)
                return sd_bus_error_setf(error, SD_BUS_ERROR_UNKNOWN_OBJECT, "There is no device at %s any more", path);
        return 0;
}

static int prepare(struct method_call *call, const struct method *row, sd_bus_error *error) {
        int r = sd_bus_message_rewind(call->message, true);

        if (r >= 0)
                r = find_object(call, error);
        if (r >= 0 && row->parse)
                r = row->parse(call, error);
        return r;
}

/* The second half, when polkit has answered. */
static void on_verdict(void *userdata, sd_bus_message *m, int verdict, const sd_bus_error *why) {
        const struct method *row = method_find(sd_bus_message_get_interface(m), sd_bus_message_get_member(m));
        struct method_call call = { .manager = userdata, .message = m, .in_full = verdict >= 0 };
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = verdict;

        if (r < 0 && !row->in_full)
                sd_bus_error_copy(&error, why);
        else {
                r = prepare(&call, row, &error);
                if (r >= 0)
                        r = row->apply(&call, &error);
        }
        if (r < 0)
                (void) sd_bus_reply_method_errno(m, r, &error);
        sd_bus_error_free(&error);
}

int method_dispatch(sd_bus_message *m, void *userdata _unused_, sd_bus_error *error) {
        const struct method *row = method_find(sd_bus_message_get_interface(m), sd_bus_message_get_member(m));
        sd_bus_slot *slot = sd_bus_get_current_slot(sd_bus_message_get_bus(m));
        struct method_call call = { .manager = sd_bus_slot_get_userdata(slot), .message = m };
        const char *action;
        int r;

        if (!row)
                return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED, "Nobody may call %s", sd_bus_message_get_member(m));
        r = prepare(&call, row, error);
        if (r < 0)
                return r;
        action = row->in_full ? row->in_full : call.action ? call.action : row->action;
        if (!action)
                return row->apply(&call, error);
        r = polkit_check(call.manager->polkit, m, action, !row->in_full, on_verdict, call.manager, error);
        return r < 0 ? r : 1;
}

int method_fail(struct method_call *call, int r, sd_bus_error *error) {
        const char *why;

        if (sd_bus_error_is_set(error))
                return r;
        switch (r) {
        case -ENOENT:
                return sd_bus_error_set(error, LANSCOPE_ERROR_NO_SUCH_DEVICE, "There is no such device any more");
        case -EXDEV:
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "The devices belong to different networks");
        case -E2BIG:
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "That is more than one device may have");
        case -EINVAL:
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "The inventory does not accept this value");
        case -EINPROGRESS:
                return sd_bus_error_setf(error, LANSCOPE_ERROR_NOT_SAVED, "Changed, but not saved yet, which will be tried again: %s",
                                         store_last_error(call->manager->store));
        default:
                why = store_last_error(call->manager->store);
                return sd_bus_error_setf(error, LANSCOPE_ERROR_NOT_SAVED, "Not saved, and not changed: %s",
                                         *why ? why : strerror(-r));
        }
}

int method_done(struct method_call *call) {
        return sd_bus_reply_method_return(call->message, NULL);
}

int method_read_variant(sd_bus_message *m, char type, void *ret) {
        const char signature[2] = { type, '\0' };
        const char *contents;
        char outer;
        int r = sd_bus_message_peek_type(m, &outer, &contents);

        if (r < 0)
                return r;
        if (outer != 'v' || strcmp(contents, signature) != 0)
                return -ENXIO;
        r = sd_bus_message_enter_container(m, 'v', signature);
        if (r >= 0)
                r = sd_bus_message_read_basic(m, type, ret);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int method_read_options(sd_bus_message *m, int (*take)(void *userdata, const char *key, sd_bus_message *m),
                        void *userdata, sd_bus_error *error) {
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *key;

                r = sd_bus_message_read_basic(m, 's', &key);
                if (r < 0)
                        break;
                r = take(userdata, key, m);
                if (r == -ENOENT)
                        return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "There is no option '%s'", key);
                if (r < 0)
                        return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "The value of '%s' is not understood", key);
                r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}
