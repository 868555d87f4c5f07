/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf-file.h"
#include "daemon/capture.h"
#include "daemon/eve-type.h"
#include "daemon/metrics-server.h"
#include "daemon/store.h"
#include "engine/detect/detect-settings.h"
#include "engine/flow/flow-table.h"
#include "engine/inventory/inventory.h"

/* What lanscoped.conf says (lanscoped.conf(5)). */

#define CONFIG_INTERFACES_MAX 16
#define CONFIG_PATH_MAX 512
#define CONFIG_LISTEN_MAX 112 /* the longest path of a socket, and some */
#define CONFIG_TIMEOUT_MAX (7 * 86400 * NSEC_PER_SEC)
#define CONFIG_TOP_MAX 100
#define CONFIG_LOG_SIZE_MIN (UINT64_C(64) << 10)
#define CONFIG_FLOWS_MAX (1u << 17) /* unless configured: some 40 MB when full */
#define CONFIG_SETTLE_MAX (3600 * NSEC_PER_SEC)

/* Longer than a switch or a router holds a frame back; what is repeated later was said again. */
#define CONFIG_DUPLICATE_WINDOW_MAX NSEC_PER_SEC

struct config {
        struct capture_config capture;
        char interfaces[CONFIG_INTERFACES_MAX][16]; /* none: the one with the default route */
        size_t n_interfaces;
        uint64_t duplicate_window; /* ns, in span mode; up to CONFIG_DUPLICATE_WINDOW_MAX */

        struct inventory_config inventory;

        bool flows;               /* keep a flow table */
        struct flow_table_config flow_table;

        struct {
                char flow_log[CONFIG_PATH_MAX], alert_log[CONFIG_PATH_MAX], statistics_log[CONFIG_PATH_MAX]; /* "": none */
                uint64_t statistics_interval; /* ns */
                uint32_t top_flows;           /* in each line of statistics */
                char event_log[CONFIG_PATH_MAX];      /* "": none */
                char event_socket[CONFIG_LISTEN_MAX]; /* "": none */
                bool event_datagrams;
                uint32_t event_types;         /* EVE_MASK() of each */
                uint64_t log_age;             /* ns that a file is written to; 0: any */
                uint64_t log_size;            /* bytes of each file */
                uint32_t log_keep;            /* full files of each kind */
                uint32_t queue_capacity;      /* lines that may wait for each file */
        } output;
        struct {
                char listen[METRICS_SOCKETS_MAX][CONFIG_LISTEN_MAX]; /* as listen-address.h reads it */
                size_t n_listen; /* 0: nowhere */
                bool per_device; /* with a label for each device */
        } metrics;
        uint64_t packet_count;    /* frames after which capture stops; 0: never */

        uint64_t settle;          /* ns, up to CONFIG_SETTLE_MAX */
        uint64_t learning_period; /* ns since the database was made */
        bool new_device;
        struct detect_settings detect;
        char model[CONFIG_PATH_MAX]; /* "": none */

        struct store_config store;
};

void config_default(struct config *config);

/* One value, as it would stand in a file. -ENOENT: there is no such key; -EINVAL, -ERANGE, -E2BIG: it is not understood. */
int config_set(struct config *config, const char *section, const char *key, const char *value);

/* Reads one file into `config`. What is not understood is complained about (which may be NULL, with
 * `userdata` for it) and keeps its value. 0, or -errno of a failed read. */
int config_read(struct config *config, FILE *f, const char *name, conf_complaint_fn complain, void *userdata);

/* `path` NULL: lanscoped.conf of the first folder that has one, then all drop-ins, of `folders` (NULL-terminated,
 * the strongest first). Otherwise that file alone, which must be there. -errno, with the file that could not be
 * read in `failed`, which the caller frees. */
int config_load(struct config *config, const char *path, const char *const folders[], conf_complaint_fn complain,
                void *userdata, char **ret_failed);

/* The values that the file and the command line spell alike; 0 or -EINVAL, nothing changed then. */
int config_set_mode(struct config *config, const char *value);
int config_set_backend(struct config *config, const char *value);
/* Adds one; -E2BIG: more than CONFIG_INTERFACES_MAX. One that is listed already is not listed twice. */
int config_add_interface(struct config *config, const char *name);

/* systemd.time(7) spans: "90", "1min 30s", "250ms", "2h"; "infinity" is UINT64_MAX. ns. -EINVAL, -ERANGE. */
int time_span_parse(const char *text, uint64_t *ret);
/* Bytes, with an optional K, M, G, T to the base of 1024. -EINVAL, -ERANGE. */
int size_parse(const char *text, uint64_t *ret);
int boolean_parse(const char *text, bool *ret);
