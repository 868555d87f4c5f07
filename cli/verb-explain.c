/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl explain: why a device is what lanscope takes it for. */

#include <errno.h>

#include "cli/bus-lists.h"
#include "cli/bus-records.h"
#include "cli/device-view.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

static const struct bus_method explain = { LANSCOPE_DEVICE_INTERFACE, "Explain", NULL };

static int get_reasons(sd_bus *bus, const char *path, struct json_object **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(json_putp) struct json_object *list = NULL;
        int r = bus_call(bus, path, &explain, &reply, "");

        if (r >= 0)
                r = bus_read_reply(reply, &list);
        if (r < 0)
                return r;
        *ret = reasons_from_bus(list);
        if (*ret)
                return 0;
        output_no_memory();
        return -ENOMEM;
}

static int print_json(const struct options *options, struct json_object *device, struct json_object *reasons) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();
        static const char *const keys[] = { "id", "name", "type", "category", "type_is_set", "confidence", "vendor", "model", "os" };

        for (size_t i = 0; o && i < ELEMENTSOF(keys); i++)
                if (json_at(device, keys[i]) && json_add(o, keys[i], json_object_get(json_at(device, keys[i]))) < 0)
                        return output_no_memory();
        if (!o || json_add(o, "reasons", json_object_get(reasons)) < 0)
                return output_no_memory();
        return output_json(options, o);
}

static int run(const struct options *options, int argc _unused_, char *argv[]) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(json_putp) struct json_object *device = NULL, *reasons = NULL;
        _cleanup_(freep) char *path = NULL;
        struct screen screen;
        int r;

        r = bus_open(options, &bus);
        if (r >= 0)
                r = bus_find_device(bus, argv[1], &path);
        if (r >= 0)
                r = bus_get_device(bus, path, &device);
        if (r >= 0)
                r = get_reasons(bus, path, &reasons);
        if (r < 0)
                return 1;
        if (options->json != JSON_OFF)
                return print_json(options, device, reasons);
        screen_open(&screen, options, true);
        device_print_reasons(&screen, device, reasons);
        screen_close(&screen);
        return 0;
}

const struct verb verb_explain = {
        .name = "explain",
        .arguments = "DEVICE",
        .min_arguments = 1,
        .max_arguments = 1,
        .summary = "Tell why a device is taken for what it is",
        .description = "Tells which rules matched on which facts, strongest first, and what a device only looked\n"
                       "for, which never counts.\n",
        .run = run,
};
