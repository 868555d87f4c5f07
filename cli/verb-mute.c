/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl mute: says what is normal here. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bus-lists.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "common/cleanup.h"
#include "common/macro.h"
#include "dbus/lanscope-names.h"
#include "engine/detect/alert.h"

static const struct bus_method mute = { LANSCOPE_MANAGER_INTERFACE, "MuteAlerts", LANSCOPE_ACTION_MANAGE_ALERTS };

/* What an alert was about, as far as it narrows an exception. */
struct scope {
        const char *kind;
        char peer[512];
        char *device; /* object path */
};

static void scope_done(struct scope *s) {
        free(s->device);
}

/* Without the name, which may change. */
static void set_peer(struct scope *s, const char *peer) {
        const char *name = strstr(peer, " (");

        snprintf(s->peer, sizeof s->peer, "%.*s", name ? (int) MIN(name - peer, 400) : 400, peer);
}

static int append_entry(sd_bus_message *m, const char *key, const char *type, const char *value) {
        return value && *value ? sd_bus_message_append(m, "{sv}", key, type, value) : 0;
}

static int append_scope(sd_bus_message *m, const struct options *options, const struct scope *s) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = append_entry(m, "Kind", "s", s->kind);
        if (r >= 0)
                r = append_entry(m, "Device", "o", s->device);
        if (r >= 0)
                r = append_entry(m, "Peer", "s", s->peer);
        if (r >= 0)
                r = append_entry(m, "Note", "s", options->note);
        if (r >= 0 && options->until > 0)
                r = sd_bus_message_append(m, "{sv}", "Expires", "t", options->until);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int call(sd_bus *bus, const struct options *options, const struct scope *s) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL, *reply = NULL;
        uint64_t id;

        if (bus_new_call(bus, LANSCOPE_PATH, &mute, &message) < 0)
                return 1;
        if (append_scope(message, options, s) < 0) {
                fprintf(stderr, "This cannot be sent; the text must be UTF-8.\n");
                return 1;
        }
        if (bus_call_message(bus, message, mute.action, &reply) < 0 || sd_bus_message_read(reply, "t", &id) < 0)
                return 1;
        if (!options->no_legend && options->json == JSON_OFF)
                printf("Muted; 'lanscopectl unmute %" PRIu64 "' takes it back.\n", id);
        return 0;
}

/* Kind, device and peer of the alert `id`. */
static int mute_alert(sd_bus *bus, const struct options *options, const char *id) {
        _cleanup_(json_putp) struct json_object *a = NULL;
        _cleanup_(scope_done) struct scope s = { 0 };
        int r = bus_get_alert(bus, strtoull(id, NULL, 10), &a);

        if (r == -ENOENT)
                fprintf(stderr, "There is no alert %s. See 'lanscopectl alerts'.\n", id);
        if (r < 0)
                return 1;
        if (!json_at(a, "peer")) {
                fprintf(stderr, "With whom the device of alert %s was in contact is not for you to see, so only --kind and --device\n"
                                "can be muted, whatever the peer. The rest needs the polkit action %s.\n",
                        id, LANSCOPE_ACTION_INSPECT_TRAFFIC);
                return 1;
        }
        s.kind = json_text_at(a, "kind");
        set_peer(&s, json_text_at(a, "peer"));
        if (*json_text_at(a, "device") && asprintf(&s.device, "%s/%s", LANSCOPE_DEVICE_PREFIX, json_text_at(a, "device")) < 0)
                s.device = NULL;
        return call(bus, options, &s);
}

static int mute_scope(sd_bus *bus, const struct options *options) {
        _cleanup_(scope_done) struct scope s = { .kind = options->kind };

        if (options->peer)
                set_peer(&s, options->peer);
        if (options->device && bus_find_device(bus, options->device, &s.device) < 0)
                return 1;
        return call(bus, options, &s);
}

static int run(const struct options *options, int argc, char *argv[]) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        bool scoped = options->kind || options->device || options->peer;

        if (scoped == (argc == 2) || (argc == 2 && strspn(argv[1], "0123456789") != strlen(argv[1]))) {
                fprintf(stderr, "Name an alert by its id, or what to mute by --kind, --device and --peer.\n");
                return 2;
        }
        if (bus_open(options, &bus) < 0)
                return 1;
        return argc == 2 ? mute_alert(bus, options, argv[1]) : mute_scope(bus, options);
}

const struct verb verb_mute = {
        .name = "mute",
        .arguments = "[ID]",
        .max_arguments = 1,
        .summary = "Say that something is normal here",
        .description = "Raises no more alerts like that of ID: of its kind, about its device, with its peer. Or what\n"
                       "--kind, --device and --peer name, each of which narrows it. 'lanscopectl exceptions' lists\n"
                       "what is muted and how often it was met; 'lanscopectl unmute' takes it back.\n",
        .run = run,
};
