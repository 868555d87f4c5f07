/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Alerts as dictionaries: listed, and in signals. */

#include "daemon/alert-bus.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "daemon/append-bus.h"

/* Alerts a ListAlerts call gives at most. */
#define ALERTS_MAX 1000u

static int append_whom(sd_bus_message *m, const struct alert *a) {
        char path[OBJECT_PATH_MAX], mac[MAC_STRING_MAX];
        int r;

        /* Object paths have no "none": an alert about no device names the root. */
        r = append_entry_path(m, "Device", a->device ? device_path(a->device, path) : "/");
        if (r >= 0)
                r = append_entry_path(m, "Network", a->network ? network_path(a->network, path) : "/");
        if (r >= 0)
                r = append_entry_text(m, "Mac", mac_is_zero(&a->mac) ? "" : mac_format(&a->mac, mac));
        return r < 0 ? r : append_entry_text(m, "Name", a->name);
}

static int append_in_full(sd_bus_message *m, const struct alert *a) {
        int r = append_entry_text(m, "Peer", a->peer);

        if (r >= 0)
                r = append_entry_text(m, "Message", a->message);
        return r < 0 ? r : append_entry_text(m, "Details", a->details);
}

static int append_gist(sd_bus_message *m, const struct alert *a) {
        const char *gist = alert_kind_to_gist(a->kind);
        char text[DEVICE_USER_TEXT_MAX + 256], mac[MAC_STRING_MAX];
        struct strbuf b = STRBUF(text);

        if (!gist) { /* it names nobody else, and neither do its details */
                int r = append_entry_text(m, "Message", a->message);

                return r < 0 ? r : append_entry_text(m, "Details", a->details);
        }
        mac_format(&a->mac, mac);
        strbuf_string(&b, mac_is_zero(&a->mac) ? "Somebody" : *a->name ? a->name : mac);
        if (!mac_is_zero(&a->mac) && *a->name && strcmp(a->name, mac) != 0)
                strbuf_printf(&b, " (%s)", mac);
        strbuf_printf(&b, " %s", gist);
        return append_entry_text(m, "Message", text);
}

int alert_bus_append(sd_bus_message *m, const struct alert *a, bool in_full) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = append_entry_u64(m, "Id", a->id);
        if (r >= 0)
                r = append_entry_u64(m, "Time", a->ts / NSEC_PER_USEC);
        if (r >= 0)
                r = append_entry_text(m, "Kind", alert_kind_to_string(a->kind));
        if (r >= 0)
                r = append_entry_text(m, "Severity", alert_severity_to_string(a->severity));
        if (r >= 0)
                r = append_whom(m, a);
        if (r >= 0)
                r = in_full ? append_in_full(m, a) : append_gist(m, a);
        if (r >= 0)
                r = append_entry_bool(m, "Acknowledged", a->acknowledged);
        if (r >= 0)
                r = append_entry_text(m, "State", alert_state_to_string(a->state));
        if (r >= 0)
                r = append_entry_u64(m, "Count", a->count);
        if (r >= 0)
                r = append_entry_u64(m, "First", a->first / NSEC_PER_USEC);
        if (r >= 0)
                r = append_entry_u64(m, "Last", a->last / NSEC_PER_USEC);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int emit(sd_bus *bus, const char *name, const struct alert *alert) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_signal(bus, &m, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, name);

        if (r >= 0)
                r = sd_bus_message_append(m, "t", alert->id);
        if (r >= 0)
                r = alert_bus_append(m, alert, false);
        return r < 0 ? r : sd_bus_send(bus, m, NULL);
}

int alert_bus_emit_raised(sd_bus *bus, const struct alert *alert) {
        return emit(bus, "AlertRaised", alert);
}

int alert_bus_emit_changed(sd_bus *bus, const struct alert *alert) {
        return emit(bus, "AlertChanged", alert);
}

int alert_bus_emit_acknowledged(sd_bus *bus, const uint64_t *ids, size_t n) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_signal(bus, &m, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, "AlertsAcknowledged");

        if (r >= 0)
                r = sd_bus_message_append_array(m, 't', ids, n * sizeof *ids);
        return r < 0 ? r : sd_bus_send(bus, m, NULL);
}

static int take_ids(struct store_alert_filter *f, sd_bus_message *m) {
        const char *contents;
        const void *ids;
        size_t size;
        char type;
        int r = sd_bus_message_peek_type(m, &type, &contents);

        if (r < 0)
                return r;
        if (type != 'v' || strcmp(contents, "at") != 0)
                return -ENXIO;
        r = sd_bus_message_enter_container(m, 'v', "at");
        if (r >= 0)
                r = sd_bus_message_read_array(m, 't', &ids, &size);
        if (r < 0)
                return r;
        f->ids = ids;
        f->n_ids = size / sizeof(uint64_t);
        f->by_id = true;
        return f->n_ids > ALERTS_MAX ? -E2BIG : sd_bus_message_exit_container(m);
}

static int take_alert_option(void *userdata, const char *key, sd_bus_message *m) {
        struct store_alert_filter *f = userdata;
        const char *text;
        uint64_t usec;
        int flag, r;

        if (strcmp(key, "Unacknowledged") == 0) {
                r = method_read_variant(m, 'b', &flag);
                f->unacknowledged = r >= 0 && flag;
                return r;
        }
        if (strcmp(key, "Kind") == 0) {
                r = method_read_variant(m, 's', &text);
                return r < 0 ? r : (f->kind = alert_kind_from_string(text)) < 0 ? -EINVAL : 0;
        }
        if (strcmp(key, "Severity") == 0) {
                r = method_read_variant(m, 's', &text);
                return r < 0 ? r : (f->severity = alert_severity_from_string(text)) < 0 ? -EINVAL : 0;
        }
        if (strcmp(key, "Device") == 0) {
                r = method_read_variant(m, 'o', &text);
                return r < 0 ? r : object_path_parse(text, LANSCOPE_DEVICE_PREFIX, &f->device);
        }
        if (strcmp(key, "Since") == 0) {
                r = method_read_variant(m, 't', &usec);
                return r < 0 ? r : __builtin_mul_overflow(usec, NSEC_PER_USEC, &f->since) ? -ERANGE : 0;
        }
        if (strcmp(key, "Ids") == 0)
                return take_ids(f, m);
        if (strcmp(key, "Limit") == 0)
                return method_read_variant(m, 'u', &f->limit);
        return -ENOENT;
}

int alert_bus_parse_list(struct method_call *call, sd_bus_error *error) {
        struct store_alert_filter *f = &call->arguments.alert_filter;
        int r;

        *f = STORE_ALERT_FILTER_ALL;
        r = method_read_options(call->message, take_alert_option, f, error);
        if (f->limit == 0 || f->limit > ALERTS_MAX)
                f->limit = ALERTS_MAX;
        return r;
}

struct alert_list {
        sd_bus_message *reply;
        size_t size;
        bool in_full;
};

/* An upper bound of the bytes that one takes. */
static size_t alert_size(const struct alert *a) {
        return 800 + strlen(a->name) + strlen(a->peer) + strlen(a->message) + strlen(a->details);
}

static int append_alert(void *userdata, const struct alert *alert) {
        struct alert_list *list = userdata;

        list->size += alert_size(alert);
        if (list->size > MESSAGE_BUDGET)
                return -EMSGSIZE;
        return alert_bus_append(list->reply, alert, list->in_full);
}

int alert_bus_list(struct method_call *call, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct alert_list list = { .in_full = call->in_full };
        int r = sd_bus_message_new_method_return(call->message, &reply);

        list.reply = reply;
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        if (r >= 0)
                r = store_list_alerts(call->manager->store, &call->arguments.alert_filter, append_alert, &list);
        if (r == -EMSGSIZE)
                return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                        "More than fits into one message: ask for fewer with Limit");
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
