/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Exceptions on the bus. */

#include "daemon/exception-bus.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/append-bus.h"

static int take_text(sd_bus_message *m, char *to, size_t size) {
        const char *text;
        int r = method_read_variant(m, 's', &text);

        if (r < 0)
                return r;
        if (strlen(text) >= size)
                return -E2BIG;
        memcpy(to, text, strlen(text) + 1);
        return 0;
}

static int take_option(void *userdata, const char *key, sd_bus_message *m) {
        struct alert_exception *e = userdata;
        const char *text;
        uint64_t usec;
        int r;

        if (strcmp(key, "Kind") == 0) {
                r = method_read_variant(m, 's', &text);
                return r < 0 ? r : (e->kind = alert_kind_from_string(text)) == _ALERT_KIND_INVALID ? -EINVAL : 0;
        }
        if (strcmp(key, "Device") == 0) {
                r = method_read_variant(m, 'o', &text);
                return r < 0 ? r : object_path_parse(text, LANSCOPE_DEVICE_PREFIX, &e->device);
        }
        if (strcmp(key, "Peer") == 0)
                return take_text(m, e->peer, sizeof e->peer);
        if (strcmp(key, "Note") == 0)
                return take_text(m, e->note, sizeof e->note);
        if (strcmp(key, "Expires") == 0) {
                r = method_read_variant(m, 't', &usec);
                return r < 0 ? r : __builtin_mul_overflow(usec, NSEC_PER_USEC, &e->expires) || e->expires > INT64_MAX ? -ERANGE : 0;
        }
        return -ENOENT;
}

int exception_bus_parse_mute(struct method_call *call, sd_bus_error *error) {
        struct alert_exception *e = &call->arguments.exception;
        int r;

        memset(e, 0, sizeof *e);
        e->kind = _ALERT_KIND_INVALID;
        r = method_read_options(call->message, take_option, e, error);
        if (r < 0)
                return r;
        if (e->kind == _ALERT_KIND_INVALID && e->device == 0 && *e->peer == '\0')
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "Name a Kind, a Device or a Peer; all alerts cannot be muted");
        if (e->device != 0 && !inventory_get(manager_inventory(call->manager), e->device))
                return sd_bus_error_set(error, LANSCOPE_ERROR_NO_SUCH_DEVICE, "There is no such device");
        return 0;
}

int exception_bus_mute(struct method_call *call, sd_bus_error *error) {
        struct alert_exception e = call->arguments.exception;
        int r = manager_mute(call->manager, &e);

        if (r == -E2BIG)
                return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "There are as many exceptions as can be; remove some");
        if (r < 0)
                return method_fail(call, r, error);
        return sd_bus_reply_method_return(call->message, "t", e.id);
}

int exception_bus_parse_unmute(struct method_call *call, sd_bus_error *error _unused_) {
        return sd_bus_message_read(call->message, "t", &call->arguments.id);
}

int exception_bus_unmute(struct method_call *call, sd_bus_error *error) {
        int r = manager_unmute(call->manager, call->arguments.id);

        if (r == -ENOENT)
                return sd_bus_error_set(error, LANSCOPE_ERROR_NO_SUCH_EXCEPTION, "There is no such exception");
        return r < 0 ? method_fail(call, r, error) : method_done(call);
}

static int append_exception(sd_bus_message *m, const struct alert_exception *e) {
        char path[OBJECT_PATH_MAX];
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = append_entry_u64(m, "Id", e->id);
        if (r >= 0)
                r = append_entry_text(m, "Kind", e->kind == _ALERT_KIND_INVALID ? "" : alert_kind_to_string(e->kind));
        if (r >= 0)
                r = append_entry_path(m, "Device", e->device ? device_path(e->device, path) : "/");
        if (r >= 0)
                r = append_entry_text(m, "Peer", e->peer);
        if (r >= 0)
                r = append_entry_text(m, "Note", e->note);
        if (r >= 0)
                r = append_entry_u64(m, "Created", e->created / NSEC_PER_USEC);
        if (r >= 0)
                r = append_entry_u64(m, "Expires", e->expires / NSEC_PER_USEC);
        if (r >= 0)
                r = append_entry_u64(m, "Hits", e->hits);
        if (r >= 0)
                r = append_entry_u64(m, "LastHit", e->last_hit / NSEC_PER_USEC);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int exception_bus_list(struct method_call *call, sd_bus_error *error _unused_) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        size_t n;
        const struct alert_exception *list = alert_ledger_exceptions(engine_alert_ledger(call->manager->engine), &n);
        int r = sd_bus_message_new_method_return(call->message, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_exception(reply, &list[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
