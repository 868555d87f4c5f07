/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as the database file: it is opened, or refused, or moved aside; what can be read is read and
 * written back. A file without checksums makes most mutations of rows reach our own checks. */

#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/store.h"

#define NOW (UINT64_C(1700000000) * NSEC_PER_SEC)

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void) st, (void) type, (void) ftw;
        return remove(path);
}

static size_t total(const char *text) {
        return text ? strlen(text) : 0;
}

static int take_network(void *userdata, const struct network *network) {
        size_t *sum = userdata;

        *sum += total(network->name) + network->n_prefixes;
        return 0;
}

/* Reads every text, so that a sanitizer sees one that is not there; and goes through the writer. */
static int take_device(void *userdata, const struct device *device) {
        size_t *sum = userdata;

        for (size_t i = 0; i < device->n_evidence; i++)
                *sum += total(device->evidence[i].value);
        for (size_t i = 0; i < device->n_services; i++)
                *sum += total(device->services[i].value);
        *sum += total(device->user.label) + total(device->user.notes);
        return 0;
}

static int take_alert(void *userdata, const struct alert *alert) {
        size_t *sum = userdata;

        *sum += total(alert->name) + total(alert->peer) + total(alert->message) + total(alert->details);
        return 0;
}

static void use(struct store *store) {
        const struct device device = { .id = 11, .n_macs = 1, .user = { .type = _TYPE_INVALID } };
        const struct alert alert = { .id = 99, .message = "m" };
        struct store_counters counters;
        uint64_t *ids = NULL;
        struct alert_exception exceptions[4];
        bool acknowledged;
        size_t sum = 0, n;

        store_load(store, &(struct store_load_ops) { take_network, take_device, &sum });
        store_list_alerts(store, &STORE_ALERT_FILTER_ALL, take_alert, &sum);
        store_save_user(store, &device, &(struct device_user) { (char *) "label", NULL, TYPE_TV, true });
        store_add_alerts(store, &alert, 1);
        store_update_alert(store, &alert, true, &acknowledged);
        store_resolve_alerts(store);
        store_list_exceptions(store, exceptions, ELEMENTSOF(exceptions));
        if (store_acknowledge_alerts(store, NULL, 0, &ids, &n) >= 0)
                free(ids);
        store_merge(store, &device, 12);
        store_prune(store, NOW);
        store_get_counters(store, &counters);
        if (sum == SIZE_MAX)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char directory[32], path[64];
        _cleanup_(store_closep) struct store *store = NULL;
        _cleanup_(freep) char *message = NULL;
        struct store_config config;
        FILE *file;

        if (!mkdtemp(strcpy(directory, "/dev/shm/lanscope-XXXXXX")) && !mkdtemp(strcpy(directory, "/tmp/lanscope-XXXXXX")))
                abort(); /* nothing would be tested */
        snprintf(path, sizeof path, "%s/x.db", directory);
        file = fopen(path, "we");
        if (file) {
                fwrite(data, 1, size, file);
                fclose(file);
                store_config_default(&config);
                config.now = NOW;
                if (store_open(&store, path, &config, &message) >= 0)
                        use(store);
                else if (!message)
                        abort(); /* refused without a word */
        }
        store = store_close(store);
        nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        return 0;
}
