/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscoped.conf, and the values in it. Whatever the file holds, the configuration stays one that can be used. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/configuration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void complain(void *userdata, const char *file, unsigned line, const char *message) {
        (void) userdata;
        (void) line;
        if (strlen(file) == 0 || strlen(message) == 0)
                abort();
}

static void check(const struct config *c) {
        if (c->capture.mode < 0 || c->capture.mode >= _MODE_MAX || c->n_interfaces > CONFIG_INTERFACES_MAX ||
            !memchr(c->capture.filter, '\0', sizeof c->capture.filter) || c->inventory.devices_max == 0)
                abort();
        for (size_t i = 0; i < c->n_interfaces; i++)
                if (c->interfaces[i][0] == '\0' || !memchr(c->interfaces[i], '\0', sizeof c->interfaces[i]))
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(fclosep) FILE *f = size > 0 ? fmemopen((void *) data, size, "r") : NULL;
        _cleanup_(freep) char *text = strndup((const char *) data, size);
        struct config config;
        uint64_t n;

        if (!f || !text)
                return 0;
        config_default(&config);
        (void) config_read(&config, f, "fuzz.conf", complain, NULL);
        check(&config);
        (void) time_span_parse(text, &n);
        (void) size_parse(text, &n);
        return 0;
}
