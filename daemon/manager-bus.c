/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.lanscope1.Manager, and the connection that everything else on the bus goes through. */

#include "daemon/manager-bus.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "config.h"
#include "daemon/alert-bus.h"
#include "daemon/append-bus.h"
#include "daemon/device-bus.h"
#include "daemon/export.h"
#include "daemon/exception-bus.h"
#include "daemon/flow-bus.h"
#include "daemon/log.h"
#include "daemon/manager-output.h"
#include "daemon/network-bus.h"
#include "daemon/privileges.h"
#include "daemon/statistics.h"
#include "daemon/talker-bus.h"
#include "daemon/traffic-bus.h"
#include "daemon/visibility.h"

/* Ids an AcknowledgeAlerts call takes at most: each is a statement, and the loop waits. */
#define ACKNOWLEDGE_MAX 10000u

PROPERTY_GETTER(get_version) {
        return append_text(reply, PACKAGE_VERSION);
}

PROPERTY_GETTER(get_mode) {
        const struct manager *m = userdata;

        return append_text(reply, capture_mode_to_string(m->config.capture.mode));
}

static int append_interface(sd_bus_message *reply, const struct listener_interface *i) {
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");

        if (r >= 0)
                r = append_entry_text(reply, "Name", i->name);
        if (r >= 0)
                r = append_entry_text(reply, "Backend", listener_backend(i));
        if (r >= 0)
                r = append_entry_text(reply, "Method", i->capture ? capture_method(i->capture) : "");
        if (r >= 0)
                r = append_entry_text(reply, "State", listener_state_to_string(i->state));
        if (r >= 0)
                r = append_entry_text(reply, "Reason", i->reason);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

PROPERTY_GETTER(get_interfaces) {
        const struct manager *m = userdata;
        const struct listener_interface *i;
        size_t position = 0;
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");

        while (r >= 0 && m->listener && (i = listener_next(m->listener, &position)))
                r = append_interface(reply, i);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

PROPERTY_GETTER(get_backend) {
        return append_text(reply, manager_backend(userdata));
}

/* "eth0: sentence" for each line of each interface that could be captured better. */
static int append_reasons(sd_bus_message *reply, const struct listener_interface *i) {
        char lines[sizeof i->reason], *rest = lines, text[sizeof i->reason + sizeof i->name + 2];
        int r = 0;

        snprintf(lines, sizeof lines, "%s", i->reason);
        for (char *line; r >= 0 && (line = strtok_r(rest, "\n", &rest));) {
                snprintf(text, sizeof text, "%s: %s", i->name, line);
                r = append_text(reply, *i->name ? text : line);
        }
        return r;
}

PROPERTY_GETTER(get_backend_reasons) {
        const struct manager *m = userdata;
        const struct listener_interface *i;
        size_t position = 0;
        int r = sd_bus_message_open_container(reply, 'a', "s");

        while (r >= 0 && m->listener && (i = listener_next(m->listener, &position)))
                r = append_reasons(reply, i);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static bool is_capturing(const struct manager *m) {
        const struct listener_interface *i;
        size_t position = 0;

        while (m->listener && (i = listener_next(m->listener, &position)))
                if (i->capture)
                        return true;
        return m->replay && !replay_ended(m->replay);
}

static bool counts_in_kernel(const struct manager *m) {
        const struct listener_interface *i;
        size_t position = 0;

        while (m->listener && (i = listener_next(m->listener, &position)))
                if (i->capture && capture_counts_presence(i->capture))
                        return true;
        return false;
}

PROPERTY_GETTER(get_capabilities) {
        const char *names[PRIVILEGES_MAX];
        size_t n = privileges_names(privileges_held(), names);
        int r = sd_bus_message_open_container(reply, 'a', "s");

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = sd_bus_message_append(reply, "s", names[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

PROPERTY_GETTER(get_visibility) {
        const struct manager *m = userdata;
        const struct visibility v = {
                .mode = m->config.capture.mode,
                .capturing = is_capturing(m),
                .replay = m->replay != NULL,
                .kernel = counts_in_kernel(m),
                .filtered = *m->config.capture.filter,
                .span_drop = m->config.capture.span_drop,
        };
        const char *sentences[VISIBILITY_MAX];
        size_t n = visibility_describe(&v, sentences);
        int r = sd_bus_message_open_container(reply, 'a', "s");

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_text(reply, sentences[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

PROPERTY_GETTER(get_problems) {
        const struct manager *m = userdata;
        int r = sd_bus_message_open_container(reply, 'a', "s");

        for (size_t i = 0; r >= 0 && i < _PROBLEM_MAX; i++)
                if (m->problems.sentences[i])
                        r = append_text(reply, m->problems.sentences[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

PROPERTY_GETTER(get_capturing) {
        return sd_bus_message_append(reply, "b", is_capturing(userdata));
}

PROPERTY_GETTER(get_device_count) {
        struct inventory_counters counters;

        inventory_get_counters(manager_inventory(userdata), &counters);
        return sd_bus_message_append(reply, "u", (uint32_t) counters.devices);
}

PROPERTY_GETTER(get_online_count) {
        return sd_bus_message_append(reply, "u", manager_online_count(userdata));
}

PROPERTY_GETTER(get_unacknowledged) {
        const struct manager *m = userdata;

        return sd_bus_message_append(reply, "u", (uint32_t) MIN(m->unacknowledged, (uint64_t) UINT32_MAX));
}

PROPERTY_GETTER(get_learning_until) {
        const struct manager *m = userdata;

        return append_time(reply, m->learning_until);
}

static int append_statistic(void *userdata, const char *name, uint64_t value) {
        return sd_bus_message_append(userdata, "{st}", name, value);
}

PROPERTY_GETTER(get_statistics) {
        int r = sd_bus_message_open_container(reply, 'a', "{st}");

        if (r >= 0)
                r = statistics_for_each(userdata, append_statistic, reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int take_device_option(void *userdata, const char *key, sd_bus_message *m) {
        struct method_call *call = userdata;
        const char *text;
        int r;

        if (strcmp(key, "Presence") == 0)
                return method_read_variant(m, 's', &call->arguments.device_filter.presence);
        if (strcmp(key, "Category") == 0)
                return method_read_variant(m, 's', &call->arguments.device_filter.category);
        if (strcmp(key, "Type") == 0)
                return method_read_variant(m, 's', &call->arguments.device_filter.type);
        if (strcmp(key, "Trusted") == 0)
                return method_read_variant(m, 'b', &call->arguments.device_filter.trusted);
        if (strcmp(key, "Limit") == 0)
                return method_read_variant(m, 'u', &call->arguments.device_filter.limit);
        if (strcmp(key, "Network") == 0) {
                r = method_read_variant(m, 'o', &text);
                return r < 0 ? r : object_path_parse(text, LANSCOPE_NETWORK_PREFIX, &call->arguments.device_filter.network);
        }
        if (strcmp(key, "After") == 0) {
                r = method_read_variant(m, 'o', &text);
                return r < 0 ? r : object_path_parse(text, LANSCOPE_DEVICE_PREFIX, &call->arguments.device_filter.after);
        }
        return -ENOENT;
}

static bool is_presence(const char *s) {
        for (int p = 0; p < _PRESENCE_MAX; p++)
                if (strcmp(presence_to_string((enum presence) p), s) == 0)
                        return true;
        return false;
}

static bool is_category(const char *s) {
        for (int c = 0; c < _CATEGORY_MAX; c++)
                if (strcmp(device_category_to_string((enum device_category) c), s) == 0)
                        return true;
        return false;
}

static int parse_list_devices(struct method_call *call, sd_bus_error *error) {
        int r;

        call->arguments.device_filter.trusted = -1;
        r = method_read_options(call->message, take_device_option, call, error);
        if (r < 0)
                return r;
        if (call->arguments.device_filter.presence && !is_presence(call->arguments.device_filter.presence))
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "There is no presence '%s'",
                                         call->arguments.device_filter.presence);
        if (call->arguments.device_filter.category && !is_category(call->arguments.device_filter.category))
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "There is no category '%s'",
                                         call->arguments.device_filter.category);
        if (call->arguments.device_filter.type && device_type_from_string(call->arguments.device_filter.type) < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "There is no device type '%s'",
                                         call->arguments.device_filter.type);
        return 0;
}

static bool device_matches(const struct method_call *call, const struct device *d) {
        const __typeof__(call->arguments.device_filter) *f = &call->arguments.device_filter;
        enum device_type type = device_type(d);

        return d->id > f->after && (!f->presence || strcmp(f->presence, presence_to_string(d->presence)) == 0) &&
               (!f->type || strcmp(f->type, device_type_to_string(type)) == 0) &&
               (!f->category || strcmp(f->category, device_category_to_string(device_type_category(type))) == 0) &&
               (f->trusted < 0 || d->user.trusted == (f->trusted != 0)) && (f->network == 0 || d->network == f->network);
}

static int append_device(sd_bus_message *reply, const struct device *d) {
        char path[OBJECT_PATH_MAX];
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");

        if (r >= 0)
                r = append_entry_path(reply, "Path", device_path(d->id, path));
        if (r >= 0)
                r = append_properties(reply, device_vtable, (void *) d);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int list_devices(struct method_call *call, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        uint32_t limit = call->arguments.device_filter.limit, n = 0;
        size_t position = 0, size = 0;
        int r = sd_bus_message_new_method_return(call->message, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (const struct device *d;
             r >= 0 && (limit == 0 || n < limit) && (d = inventory_next(manager_inventory(call->manager), &position));) {
                if (!device_matches(call, d))
                        continue;
                size += device_message_size(d);
                if (size > MESSAGE_BUDGET)
                        return sd_bus_error_setf(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                                 "More than fits into one message: ask for parts with Limit and After");
                r = append_device(reply, d);
                n++;
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int parse_find_device(struct method_call *call, sd_bus_error *error) {
        int r = sd_bus_message_read(call->message, "s", &call->arguments.text);

        if (r >= 0 && *call->arguments.text == '\0')
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "A name is needed");
        return r;
}

static int find_device(struct method_call *call, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const struct device *found[64];
        char path[OBJECT_PATH_MAX];
        size_t n = inventory_find(manager_inventory(call->manager), call->arguments.text, found, ELEMENTSOF(found));
        int r;

        if (n == 0)
                return sd_bus_error_setf(error, LANSCOPE_ERROR_NO_SUCH_DEVICE, "No device is known as '%s'", call->arguments.text);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "o");
        for (size_t i = 0; r >= 0 && i < MIN(n, ELEMENTSOF(found)); i++)
                r = sd_bus_message_append(reply, "o", device_path(found[i]->id, path));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int parse_acknowledge(struct method_call *call, sd_bus_error *error) {
        const void *ids;
        size_t size;
        int r = sd_bus_message_read_array(call->message, 't', &ids, &size);

        if (r < 0)
                return r;
        if (size / sizeof(uint64_t) > ACKNOWLEDGE_MAX)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "More than %u ids; none stands for all alerts", ACKNOWLEDGE_MAX);
        call->arguments.alerts.ids = ids;
        call->arguments.alerts.n = size / sizeof(uint64_t);
        return 0;
}

static int acknowledge(struct method_call *call, sd_bus_error *error) {
        size_t n;
        int r = manager_acknowledge(call->manager, call->arguments.alerts.ids, call->arguments.alerts.n, &n);

        if (r == -ENOENT)
                return sd_bus_error_set(error, LANSCOPE_ERROR_NO_SUCH_ALERT, "One of these alerts does not exist; none was changed");
        if (r < 0)
                return method_fail(call, r, error);
        return sd_bus_reply_method_return(call->message, "u", (uint32_t) n);
}

static int parse_open_evidence(struct method_call *call, sd_bus_error *error _unused_) {
        return sd_bus_message_read(call->message, "t", &call->arguments.id);
}

static int tell_no_evidence(struct method_call *call, sd_bus_error *error) {
        uint64_t id = call->arguments.id;
        int r = store_has_alert(call->manager->store, id);

        if (r < 0)
                return method_fail(call, r, error);
        if (r == 0)
                return sd_bus_error_setf(error, LANSCOPE_ERROR_NO_SUCH_ALERT, "There is no alert %" PRIu64, id);
        if (!call->manager->evidence)
                return sd_bus_error_set(error, LANSCOPE_ERROR_NO_SUCH_ALERT, "No frames are kept without a database file");
        return sd_bus_error_setf(error, LANSCOPE_ERROR_NO_SUCH_ALERT, "No frames are kept of alert %" PRIu64 ", only of the "
                                 "last %d critical ones", id, EVIDENCE_FILES_MAX);
}

static int open_evidence(struct method_call *call, sd_bus_error *error) {
        const struct evidence_keeper *keeper = call->manager->evidence;
        _cleanup_(closep) int fd = keeper ? evidence_keeper_open(keeper, call->arguments.id) : -ENOENT;

        if (fd == -ENOENT)
                return tell_no_evidence(call, error);
        if (fd < 0)
                return method_fail(call, fd, error);
        return sd_bus_reply_method_return(call->message, "h", fd);
}

static int parse_open_events(struct method_call *call, sd_bus_error *error) {
        uint32_t types = 0;
        const char *name;
        int r = sd_bus_message_enter_container(call->message, 'a', "s");

        while (r >= 0 && (r = sd_bus_message_read(call->message, "s", &name)) > 0) {
                enum eve_type type = eve_type_from_string(name);

                if (type == _EVE_TYPE_INVALID && strcmp(name, "all") != 0)
                        return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "There are no events of type '%s'", name);
                types |= type == _EVE_TYPE_INVALID ? EVE_ALL : EVE_MASK(type);
        }
        call->arguments.event_types = types ?: EVE_USUAL;
        return r < 0 ? r : sd_bus_message_exit_container(call->message);
}

static int open_events(struct method_call *call, sd_bus_error *error) {
        const char *peer = sd_bus_message_get_sender(call->message);
        struct manager *m = call->manager;
        _cleanup_(closep) int fd = -1;

        fd = m->output ? output_open_reader(m->output, peer ? peer : "", call->arguments.event_types) : -ENOMEM;
        if (fd == -EUSERS)
                return sd_bus_error_setf(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "Events are read by as many as may read them");
        if (fd < 0)
                return method_fail(call, fd, error);
        return sd_bus_reply_method_return(call->message, "h", fd);
}

static int take_no_option(void *userdata _unused_, const char *key _unused_, sd_bus_message *m _unused_) {
        return -ENOENT;
}

static int parse_export(struct method_call *call, sd_bus_error *error) {
        static const char *const names[_WHAT_MAX] = { [WHAT_DEVICES] = "devices", [WHAT_ALERTS] = "alerts", [WHAT_FLOWS] = "flows" };
        __typeof__(call->arguments.export) *arguments = &call->arguments.export;
        const char *what, *format;
        int r = sd_bus_message_read(call->message, "ss", &what, &format);

        if (r < 0)
                return r;
        for (arguments->what = WHAT_DEVICES; arguments->what < _WHAT_MAX; arguments->what++)
                if (strcmp(names[arguments->what], what) == 0)
                        break;
        if (arguments->what == _WHAT_MAX)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                                         "There is no '%s' to export, only devices, alerts and flows", what);
        arguments->format = export_format_from_string(format);
        if (arguments->format == _EXPORT_FORMAT_MAX)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "There is no format '%s', only json, jsonl and csv", format);
        if (arguments->what != WHAT_DEVICES)
                call->action = LANSCOPE_ACTION_INSPECT_TRAFFIC;
        return method_read_options(call->message, take_no_option, NULL, error);
}

static int export_failed(int r, sd_bus_error *error) {
        switch (r) {
        case -EFBIG:
                return sd_bus_error_setf(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "That is more than %u MiB", EXPORT_MAX >> 20);
        case -EOPNOTSUPP:
                return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED, "No flows are kept here: see Flows= in lanscoped.conf(5)");
        case -EUSERS:
        case -ENOBUFS:
                return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many exports are being read: try again later");
        default:
                return r;
        }
}

static int make_export(const struct method_call *call) {
        enum export_format format = call->arguments.export.format;
        struct manager *m = call->manager;

        switch (call->arguments.export.what) {
        case WHAT_DEVICES:
                return export_devices(manager_inventory(m), format);
        case WHAT_ALERTS:
                return export_alerts(m->store, format);
        case WHAT_FLOWS:
                if (m->flows) {
                        const struct flow_lines lines = manager_flow_lines(m, false);

                        return export_flows(m->flows, m->engine, &lines, format);
                }
                return -EOPNOTSUPP;
        case _WHAT_MAX:
                break;
        }
        return -EINVAL;
}

static int export(struct method_call *call, sd_bus_error *error) {
        struct manager *m = call->manager;
        const char *peer = sd_bus_message_get_sender(call->message);
        _cleanup_(closep) int reader = -1;
        int fd, r = streams_admit(m->streams, peer);

        if (r < 0)
                return export_failed(r, error);
        fd = make_export(call);
        if (fd < 0)
                return export_failed(fd, error);
        reader = streams_send(m->streams, peer, fd);
        if (reader < 0)
                return export_failed(reader, error);
        return sd_bus_reply_method_return(call->message, "h", reader);
}

static int parse_set_mode(struct method_call *call, sd_bus_error *error) {
        _cleanup_(freep) struct config *scratch = calloc(1, sizeof *scratch);
        const char *mode, *name;
        int r;

        if (!scratch)
                return -ENOMEM;
        r = sd_bus_message_read(call->message, "s", &mode);
        if (r < 0)
                return r;
        call->arguments.mode.mode = capture_mode_from_string(mode);
        if (call->arguments.mode.mode < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "There is no mode '%s', only host, gateway and span", mode);
        r = sd_bus_message_enter_container(call->message, 'a', "s");
        while (r >= 0 && (r = sd_bus_message_read_basic(call->message, 's', &name)) > 0) {
                size_t before = scratch->n_interfaces;

                r = config_add_interface(scratch, name);
                if (r < 0)
                        return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                                                 r == -E2BIG ? "Too many interfaces at '%s'" : "'%s' cannot be an interface", name);
                if (scratch->n_interfaces > before)
                        call->arguments.mode.interfaces[call->arguments.mode.n++] = name;
        }
        return r < 0 ? r : sd_bus_message_exit_container(call->message);
}

static int capture_done(struct method_call *call, int r, const char *reasons, sd_bus_error *error) {
        if (r >= 0)
                return method_done(call);
        if (r == -EOPNOTSUPP)
                return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED, "A capture file is being replayed: nothing is captured");
        return sd_bus_error_set(error, LANSCOPE_ERROR_CAPTURE, *reasons ? reasons : strerror(-r));
}

static int set_mode(struct method_call *call, sd_bus_error *error) {
        char reasons[1024];
        struct strbuf b = STRBUF(reasons);
        int r = manager_set_mode(call->manager, call->arguments.mode.mode, call->arguments.mode.interfaces,
                                 call->arguments.mode.n, &b);

        return capture_done(call, r, reasons, error);
}

static int start_capture(struct method_call *call, sd_bus_error *error) {
        char reasons[1024];
        struct strbuf b = STRBUF(reasons);
        int r = manager_start_capture(call->manager, &b);

        return capture_done(call, r, reasons, error);
}

static int stop_capture(struct method_call *call, sd_bus_error *error) {
        return capture_done(call, manager_stop_capture(call->manager), "", error);
}

static int reload(struct method_call *call, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(strings_freep) char **complaints = NULL;
        int r = manager_reload(call->manager, &complaints);

        if (r < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_FAILED, "Not reloaded, all stays as it was: %s", strerror(-r));
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t i = 0; r >= 0 && complaints && complaints[i]; i++)
                r = append_text(reply, complaints[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

const struct method manager_methods[] = {
        { LANSCOPE_MANAGER_INTERFACE, "ListDevices", NULL, parse_list_devices, list_devices },
        { LANSCOPE_MANAGER_INTERFACE, "FindDevice", NULL, parse_find_device, find_device },
        { LANSCOPE_MANAGER_INTERFACE, "ListAlerts", NULL, alert_bus_parse_list, alert_bus_list,
          .in_full = LANSCOPE_ACTION_INSPECT_TRAFFIC },
        { LANSCOPE_MANAGER_INTERFACE, "AcknowledgeAlerts", LANSCOPE_ACTION_MANAGE_ALERTS, parse_acknowledge, acknowledge },
        { LANSCOPE_MANAGER_INTERFACE, "MuteAlerts", LANSCOPE_ACTION_MANAGE_ALERTS, exception_bus_parse_mute, exception_bus_mute },
        { LANSCOPE_MANAGER_INTERFACE, "UnmuteAlerts", LANSCOPE_ACTION_MANAGE_ALERTS, exception_bus_parse_unmute, exception_bus_unmute },
        { LANSCOPE_MANAGER_INTERFACE, "ListExceptions", LANSCOPE_ACTION_MANAGE_ALERTS, NULL, exception_bus_list },
        { LANSCOPE_MANAGER_INTERFACE, "OpenEvidence", LANSCOPE_ACTION_CAPTURE_PACKETS, parse_open_evidence, open_evidence },
        { LANSCOPE_MANAGER_INTERFACE, "OpenEvents", LANSCOPE_ACTION_INSPECT_TRAFFIC, parse_open_events, open_events },
        { LANSCOPE_MANAGER_INTERFACE, "ListFlows", LANSCOPE_ACTION_INSPECT_TRAFFIC, flow_bus_parse_list, flow_bus_list },
        { LANSCOPE_MANAGER_INTERFACE, "ListTalkers", LANSCOPE_ACTION_INSPECT_TRAFFIC, talker_bus_parse, talker_bus_list },
        { LANSCOPE_MANAGER_INTERFACE, "GetTraffic", LANSCOPE_ACTION_INSPECT_TRAFFIC, traffic_bus_parse, traffic_bus_get },
        { LANSCOPE_MANAGER_INTERFACE, "Export", NULL, parse_export, export },
        { LANSCOPE_MANAGER_INTERFACE, "SetMode", LANSCOPE_ACTION_CONTROL, parse_set_mode, set_mode },
        { LANSCOPE_MANAGER_INTERFACE, "StartCapture", LANSCOPE_ACTION_CONTROL, NULL, start_capture },
        { LANSCOPE_MANAGER_INTERFACE, "StopCapture", LANSCOPE_ACTION_CONTROL, NULL, stop_capture },
        { LANSCOPE_MANAGER_INTERFACE, "Reload", LANSCOPE_ACTION_CONTROL, NULL, reload },
        {},
};

#define METHOD_FLAGS SD_BUS_VTABLE_UNPRIVILEGED
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Mode", "s", get_mode, 0, CHANGES),
        SD_BUS_PROPERTY("Interfaces", "aa{sv}", get_interfaces, 0, CHANGES),
        SD_BUS_PROPERTY("Backend", "s", get_backend, 0, CHANGES),
        SD_BUS_PROPERTY("BackendReasons", "as", get_backend_reasons, 0, CHANGES),
        SD_BUS_PROPERTY("Visibility", "as", get_visibility, 0, CHANGES),
        SD_BUS_PROPERTY("Problems", "as", get_problems, 0, CHANGES),
        SD_BUS_PROPERTY("Capturing", "b", get_capturing, 0, CHANGES),
        SD_BUS_PROPERTY("Capabilities", "as", get_capabilities, 0, CHANGES),
        SD_BUS_PROPERTY("DeviceCount", "u", get_device_count, 0, CHANGES),
        SD_BUS_PROPERTY("OnlineCount", "u", get_online_count, 0, CHANGES),
        SD_BUS_PROPERTY("UnacknowledgedAlerts", "u", get_unacknowledged, 0, CHANGES),
        SD_BUS_PROPERTY("LearningUntil", "t", get_learning_until, 0, CHANGES),
        SD_BUS_PROPERTY("Statistics", "a{st}", get_statistics, 0, 0),
        SD_BUS_METHOD_WITH_ARGS("ListDevices", SD_BUS_ARGS("a{sv}", filter), SD_BUS_RESULT("aa{sv}", devices),
                                method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("FindDevice", SD_BUS_ARGS("s", name), SD_BUS_RESULT("ao", devices), method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("ListAlerts", SD_BUS_ARGS("a{sv}", filter), SD_BUS_RESULT("aa{sv}", alerts), method_dispatch,
                                METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("AcknowledgeAlerts", SD_BUS_ARGS("at", ids), SD_BUS_RESULT("u", acknowledged),
                                method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("MuteAlerts", SD_BUS_ARGS("a{sv}", exception), SD_BUS_RESULT("t", id), method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("UnmuteAlerts", SD_BUS_ARGS("t", id), SD_BUS_NO_RESULT, method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("ListExceptions", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", exceptions), method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("OpenEvents", SD_BUS_ARGS("as", types), SD_BUS_RESULT("h", events), method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("OpenEvidence", SD_BUS_ARGS("t", id), SD_BUS_RESULT("h", capture), method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("ListFlows", SD_BUS_ARGS("a{sv}", filter), SD_BUS_RESULT("aa{sv}", flows), method_dispatch,
                                METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("ListTalkers", SD_BUS_ARGS("a{sv}", filter), SD_BUS_RESULT("aa{sv}", talkers), method_dispatch,
                                METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("GetTraffic", SD_BUS_ARGS("a{sv}", filter), SD_BUS_RESULT("a{sv}", traffic), method_dispatch,
                                METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("Export", SD_BUS_ARGS("s", what, "s", format, "a{sv}", options), SD_BUS_RESULT("h", data),
                                method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("SetMode", SD_BUS_ARGS("s", mode, "as", interfaces), SD_BUS_NO_RESULT, method_dispatch,
                                METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("StartCapture", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("StopCapture", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_RESULT("as", complaints), method_dispatch, METHOD_FLAGS),
        SD_BUS_SIGNAL_WITH_ARGS("AlertRaised", SD_BUS_ARGS("t", id, "a{sv}", alert), 0),
        SD_BUS_SIGNAL_WITH_ARGS("AlertChanged", SD_BUS_ARGS("t", id, "a{sv}", alert), 0),
        SD_BUS_SIGNAL_WITH_ARGS("AlertsAcknowledged", SD_BUS_ARGS("at", ids), 0),
        SD_BUS_VTABLE_END,
};

static const char *object_path_of(enum object_kind kind, uint64_t id, char buffer[static OBJECT_PATH_MAX]) {
        switch (kind) {
        case OBJECT_MANAGER:
                return LANSCOPE_PATH;
        case OBJECT_DEVICE:
                return device_path(id, buffer);
        case OBJECT_NETWORK:
                return network_path(id, buffer);
        }
        return LANSCOPE_PATH;
}

static void on_added(void *userdata, enum object_kind kind, uint64_t id) {
        struct manager *m = userdata;
        char buffer[OBJECT_PATH_MAX];

        (void) sd_bus_emit_object_added(m->bus, object_path_of(kind, id, buffer));
}

static void on_removed(void *userdata, enum object_kind kind, uint64_t id) {
        struct manager *m = userdata;
        const char *interface = kind == OBJECT_DEVICE ? LANSCOPE_DEVICE_INTERFACE : LANSCOPE_NETWORK_INTERFACE;
        char buffer[OBJECT_PATH_MAX];

        /* Not sd_bus_emit_object_removed(), which asks the object, now gone, what interfaces it had. */
        (void) sd_bus_emit_signal(m->bus, LANSCOPE_PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", "oas",
                                  object_path_of(kind, id, buffer), 4, "org.freedesktop.DBus.Peer",
                                  "org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Properties", interface);
}

static void emit_manager_changed(struct manager *m, uint32_t mask) {
        static const struct property_change rows[] = {
                { "Mode", MANAGER_MODE },
                { "Visibility", MANAGER_MODE | MANAGER_CAPTURE },
                { "Interfaces", MANAGER_CAPTURE },
                { "Backend", MANAGER_CAPTURE },
                { "BackendReasons", MANAGER_CAPTURE },
                { "Capturing", MANAGER_CAPTURE },
                { "Capabilities", MANAGER_CAPTURE },
                { "DeviceCount", MANAGER_DEVICES },
                { "OnlineCount", MANAGER_DEVICES },
                { "UnacknowledgedAlerts", MANAGER_ALERTS },
                { "LearningUntil", MANAGER_LEARNING },
                { "Problems", MANAGER_PROBLEMS },
        };
        int r = emit_properties_changed(m->bus, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, rows, ELEMENTSOF(rows), mask);

        if (r < 0)
                log_debug("Cannot tell clients of a change of the service: %s", strerror(-r));
}

static void on_changed(void *userdata, enum object_kind kind, uint64_t id, uint32_t mask) {
        switch (kind) {
        case OBJECT_MANAGER:
                emit_manager_changed(userdata, mask);
                break;
        case OBJECT_DEVICE:
                device_bus_emit_changed(userdata, id, mask);
                break;
        case OBJECT_NETWORK:
                network_bus_emit_changed(userdata, id);
                break;
        }
}

/* Messages that the bus has not taken yet. It always does at once, unless it hangs. */
#define QUEUED_MAX 1024

bool manager_bus_is_congested(const struct manager *m) {
        uint64_t queued;

        return sd_bus_get_n_queued_write(m->bus, &queued) >= 0 && queued >= QUEUED_MAX;
}

static bool on_congested(void *userdata) {
        return manager_bus_is_congested(userdata);
}

const struct changes_ops manager_bus_changes = { .added = on_added, .changed = on_changed, .removed = on_removed,
                                                 .congested = on_congested };

static int open_bus(const char *address, sd_bus **ret) {
        _cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
        int r;

        if (!address || strcmp(address, "system") == 0)
                return sd_bus_open_system(ret);
        if (strcmp(address, "session") == 0)
                return sd_bus_open_user(ret);
        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_address(bus, address);
        if (r >= 0)
                r = sd_bus_set_bus_client(bus, true);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r >= 0)
                *ret = TAKE_PTR(bus);
        return r;
}

static int on_bus_lost(sd_bus_message *message _unused_, void *userdata, sd_bus_error *error _unused_) {
        struct manager *m = userdata;

        log_error("The bus is gone: stopping");
        return sd_event_exit(m->event, -ECONNRESET);
}

int manager_bus_connect(struct manager *m) {
        const char *which = m->options->bus ? m->options->bus : "system";
        int r = open_bus(m->options->bus, &m->bus);

        if (r < 0) {
                log_error("Cannot connect to the bus (%s): %s", which, strerror(-r));
                return r;
        }
        r = sd_bus_request_name(m->bus, LANSCOPE_BUS_NAME, 0);
        if (r == -EEXIST || r == -EALREADY)
                log_error("The bus name %s is taken: another lanscoped is running. Stop it first, or ask it with lanscopectl.",
                          LANSCOPE_BUS_NAME);
        else if (r == -EPERM || r == -EACCES)
                log_error("The bus does not allow this user to own %s: run as the user lanscope or as root, and see that "
                          "org.lanscope1.conf is installed in dbus-1/system.d", LANSCOPE_BUS_NAME);
        else if (r < 0)
                log_error("Cannot own the bus name %s: %s", LANSCOPE_BUS_NAME, strerror(-r));
        if (r < 0)
                return r;
        return sd_bus_match_signal_async(m->bus, NULL, "org.freedesktop.DBus.Local", "/org/freedesktop/DBus/Local",
                                         "org.freedesktop.DBus.Local", "Disconnected", on_bus_lost, NULL, m);
}

int manager_bus_register(struct manager *m) {
        int r = sd_bus_add_object_vtable(m->bus, NULL, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, manager_vtable, m);

        if (r >= 0)
                r = sd_bus_add_object_manager(m->bus, NULL, LANSCOPE_PATH);
        if (r >= 0)
                r = device_bus_register(m);
        if (r >= 0)
                r = network_bus_register(m);
        if (r >= 0)
                r = sd_bus_attach_event(m->bus, m->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                log_error("Cannot put the objects on the bus: %s", strerror(-r));
        return r;
}
