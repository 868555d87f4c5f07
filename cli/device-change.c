/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the verbs that change one device share. */

#include "cli/device-change.h"

#include <stdarg.h>
#include <string.h>

#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

int device_change(const struct options *options, const char *name, const char *member, const char *types, ...) {
        const struct bus_method method = { LANSCOPE_DEVICE_INTERFACE, member, LANSCOPE_ACTION_MANAGE_DEVICES };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(freep) char *path = NULL;
        va_list ap;
        int r;

        if (bus_open(options, &bus) < 0 || bus_find_device(bus, name, &path) < 0 ||
            bus_new_call(bus, path, &method, &message) < 0)
                return 1;
        va_start(ap, types);
        r = *types ? sd_bus_message_appendv(message, types, ap) : 0;
        va_end(ap);
        if (r < 0) {
                fprintf(stderr, "This text cannot be sent: %s. It must be UTF-8.\n", strerror(-r));
                return 1;
        }
        return bus_call_message(bus, message, method.action, NULL) < 0;
}
