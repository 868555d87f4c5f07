/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is read off a device: the best of what several sources say. Changes nothing. */

#include "engine/inventory/device.h"

#include <stdio.h>
#include <string.h>

#include "common/macro.h"
#include "common/strbuf.h"

static const char *const presences[_PRESENCE_MAX] = {
        [PRESENCE_OFFLINE] = "offline",
        [PRESENCE_IDLE] = "idle",
        [PRESENCE_ONLINE] = "online",
};

const char *presence_to_string(enum presence presence) {
        return presence < _PRESENCE_MAX ? presences[presence] : NULL;
}

const char *device_hostname(const struct device *device) {
        return device->n_names > 0 ? device->names[0].value : "";
}

const char *device_vendor(const struct device *device) {
        if (device->class && *device->class->vendor)
                return device->class->vendor;
        return device->oui_vendor ?: "";
}

const char *device_model(const struct device *device) {
        return device->class ? device->class->model : "";
}

const char *device_os(const struct device *device) {
        return device->class ? device->class->os : "";
}

const char *device_display_name(const struct device *device, char *buffer, size_t size) {
        const char *vendor = device_vendor(device);
        struct strbuf b = strbuf_make(buffer, size);
        char mac[MAC_STRING_MAX] = "";

        if (device->n_macs > 0)
                mac_format(&device->macs[0].address, mac);
        if (device->user.label)
                strbuf_string(&b, device->user.label);
        else if (device->n_names > 0)
                strbuf_string(&b, device->names[0].value);
        else if (*device_model(device))
                strbuf_string(&b, device_model(device));
        else if (*vendor && *mac)
                strbuf_printf(&b, "%s %s", vendor, mac + strlen("00:11:22:"));
        else
                strbuf_string(&b, mac);
        return buffer;
}
