/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The device that a person names. */

#include <errno.h>
#include <string.h>

#include "cli/bus-lists.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

#define SUGGESTED_MAX 3

/* One line for each of several devices that a name could mean. */
static void print_candidate(sd_bus *bus, const char *path) {
        _cleanup_(json_putp) struct json_object *device = NULL;

        if (bus_get_device_brief(bus, path, &device) < 0)
                return;
        fprintf(stderr, "  %s  %-15s  ", json_text_at(device, "mac"), json_list_first(device, "ipv4"));
        bus_say(json_text_at(device, "name"));
        fprintf(stderr, "  (%s)\n", json_text_at(device, "id"));
}

static int no_such_device(const char *name) {
        fprintf(stderr, "No device is called '");
        bus_say(name);
        fprintf(stderr, "'. See 'lanscopectl list'; a MAC or IP address, name, label or id will do.\n");
        return -ENOENT;
}

/* Shown names that have `text` in them, each once. */
static size_t find_similar(struct json_object *devices, const char *text, const char *ret[static SUGGESTED_MAX]) {
        size_t n = 0;

        for (size_t i = 0; i < json_object_array_length(devices) && n < SUGGESTED_MAX; i++) {
                const char *shown = json_text_at(json_object_array_get_idx(devices, i), "name");
                size_t same = 0;

                while (same < n && strcmp(ret[same], shown) != 0)
                        same++;
                if (same == n && strcasestr(shown, text))
                        ret[n++] = shown;
        }
        return n;
}

static void suggest(sd_bus *bus, const char *text) {
        static const struct options all;
        _cleanup_(json_putp) struct json_object *devices = NULL;
        const char *similar[SUGGESTED_MAX];
        size_t n;

        if (bus_list_devices(bus, &all, &devices, NULL) < 0)
                return;
        n = find_similar(devices, text, similar);
        for (size_t i = 0; i < n; i++) {
                fprintf(stderr, i == 0 ? "Did you mean '" : ", '");
                bus_say(similar[i]);
                fprintf(stderr, i + 1 < n ? "'" : "'?\n");
        }
}

static int take_only_path(sd_bus *bus, const char *name, struct json_object *paths, char **ret_path) {
        size_t n = json_object_array_length(paths);

        if (n == 0)
                return no_such_device(name);
        if (n == 1) {
                *ret_path = strdup(json_object_get_string(json_object_array_get_idx(paths, 0)));
                return *ret_path ? 0 : -ENOMEM;
        }
        fprintf(stderr, "'");
        bus_say(name);
        fprintf(stderr, "' may be any of these; name one by its address or id:\n");
        for (size_t i = 0; i < n; i++)
                print_candidate(bus, json_object_get_string(json_object_array_get_idx(paths, i)));
        return -ENOTUNIQ;
}

int bus_find_device(sd_bus *bus, const char *name, char **ret_path) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(json_putp) struct json_object *paths = NULL;
        int r;

        r = bus_new_call(bus, LANSCOPE_PATH, &(const struct bus_method) { LANSCOPE_MANAGER_INTERFACE, "FindDevice", NULL }, &message);
        if (r < 0)
                return r;
        /* sd-bus refuses to send what is not UTF-8; nothing is called that. */
        if (sd_bus_message_append_basic(message, SD_BUS_TYPE_STRING, name) < 0)
                return no_such_device(name);
        r = sd_bus_call(bus, message, 0, &error, &reply);
        if (sd_bus_error_has_name(&error, LANSCOPE_ERROR_NO_SUCH_DEVICE)) {
                r = no_such_device(name);
                suggest(bus, name);
                return r;
        }
        if (r < 0) {
                bus_complain(&error, r, NULL);
                return r;
        }
        r = bus_read_reply(reply, &paths);
        return r < 0 ? r : take_only_path(bus, name, paths, ret_path);
}
