/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscoped.conf: one table says which keys there are, how each is read, and where it goes. Syntax of
 * values as in systemd.syntax(7) and systemd.time(7). */

#include "daemon/configuration.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "common/cleanup.h"
#include "daemon/listen-address.h"
#include "daemon/record-log.h"
#include "engine/packet/duplicates.h"

void config_default(struct config *config) {
        /* All bytes, padding included: configurations are compared as bytes. */
        memset(config, 0, sizeof *config);
        config->capture.mode = MODE_HOST;
        config->duplicate_window = DUPLICATE_WINDOW_DEFAULT;
        config->settle = 20 * NSEC_PER_SEC;
        config->learning_period = 10 * 60 * NSEC_PER_SEC;
        config->new_device = true;
        detect_settings_default(&config->detect);
        config->flows = true;
        flow_table_config_default(&config->flow_table);
        config->flow_table.flows_max = CONFIG_FLOWS_MAX;
        config->flow_table.unanswered_max = CONFIG_FLOWS_MAX / 8;
        config->output.statistics_interval = 60 * NSEC_PER_SEC;
        config->output.top_flows = 10;
        config->output.log_size = UINT64_C(16) << 20;
        config->output.log_keep = 5;
        config->output.event_types = EVE_USUAL;
        config->output.queue_capacity = 10000;
        inventory_config_default(&config->inventory);
        store_config_default(&config->store);
}

static int number_parse(const char **text, uint64_t *ret) {
        char *end;

        if (!isdigit((unsigned char) **text))
                return -EINVAL;
        errno = 0;
        *ret = strtoull(*text, &end, 10);
        if (errno != 0)
                return -ERANGE;
        *text = end;
        return 0;
}

static void skip_blank(const char **text) {
        while (**text == ' ' || **text == '\t')
                (*text)++;
}

static int time_unit_parse(const char **text, uint64_t *ret) {
        static const struct {
                const char *name;
                uint64_t ns;
        } units[] = {
                { "nsec", 1 },                  { "ns", 1 },
                { "usec", NSEC_PER_USEC },      { "us", NSEC_PER_USEC },
                { "msec", NSEC_PER_MSEC },      { "ms", NSEC_PER_MSEC },
                { "seconds", NSEC_PER_SEC },    { "second", NSEC_PER_SEC },
                { "sec", NSEC_PER_SEC },        { "s", NSEC_PER_SEC },
                { "minutes", 60 * NSEC_PER_SEC }, { "minute", 60 * NSEC_PER_SEC },
                { "min", 60 * NSEC_PER_SEC },   { "m", 60 * NSEC_PER_SEC },
                { "hours", 3600 * NSEC_PER_SEC }, { "hour", 3600 * NSEC_PER_SEC },
                { "hr", 3600 * NSEC_PER_SEC },  { "h", 3600 * NSEC_PER_SEC },
                { "days", 86400 * NSEC_PER_SEC }, { "day", 86400 * NSEC_PER_SEC },
                { "d", 86400 * NSEC_PER_SEC },  { "weeks", 604800 * NSEC_PER_SEC },
                { "week", 604800 * NSEC_PER_SEC }, { "w", 604800 * NSEC_PER_SEC },
                /* 30.44 and 365.25 days, as systemd.time(7) has them */
                { "months", 2629800 * NSEC_PER_SEC }, { "month", 2629800 * NSEC_PER_SEC },
                { "M", 2629800 * NSEC_PER_SEC }, { "years", 31557600 * NSEC_PER_SEC },
                { "year", 31557600 * NSEC_PER_SEC }, { "y", 31557600 * NSEC_PER_SEC },
                { "", NSEC_PER_SEC },
        };
        size_t length = 0;

        while (isalpha((unsigned char) (*text)[length]))
                length++;
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (strlen(units[i].name) == length && strncmp(units[i].name, *text, length) == 0) {
                        *text += length;
                        *ret = units[i].ns;
                        return 0;
                }
        return -EINVAL;
}

int time_span_parse(const char *text, uint64_t *ret) {
        uint64_t sum = 0;

        skip_blank(&text);
        if (strcmp(text, "infinity") == 0) {
                *ret = UINT64_MAX;
                return 0;
        }
        do {
                uint64_t n, unit;
                int r = number_parse(&text, &n);

                if (r < 0)
                        return r;
                skip_blank(&text);
                r = time_unit_parse(&text, &unit);
                if (r < 0)
                        return r;
                if (__builtin_mul_overflow(n, unit, &n) || __builtin_add_overflow(sum, n, &sum))
                        return -ERANGE;
                skip_blank(&text);
        } while (*text);
        *ret = sum;
        return 0;
}

int size_parse(const char *text, uint64_t *ret) {
        static const char units[] = "BKMGT";
        const char *unit;
        uint64_t n;
        int r;

        skip_blank(&text);
        r = number_parse(&text, &n);
        if (r < 0)
                return r;
        skip_blank(&text);
        if (*text) {
                unsigned shift;

                unit = strchr(units, *text++);
                if (!unit || *text)
                        return -EINVAL;
                shift = 10 * (unsigned) (unit - units);
                if (n > UINT64_MAX >> shift)
                        return -ERANGE;
                n <<= shift;
        }
        *ret = n;
        return 0;
}

int boolean_parse(const char *text, bool *ret) {
        static const char *const yes[] = { "yes", "y", "true", "t", "on", "1" };
        static const char *const no[] = { "no", "n", "false", "f", "off", "0" };

        for (size_t i = 0; i < ELEMENTSOF(yes); i++) {
                if (strcasecmp(text, yes[i]) == 0) {
                        *ret = true;
                        return 0;
                }
                if (strcasecmp(text, no[i]) == 0) {
                        *ret = false;
                        return 0;
                }
        }
        return -EINVAL;
}

int config_set_mode(struct config *config, const char *value) {
        enum capture_mode mode = capture_mode_from_string(value);

        if (mode < 0)
                return -EINVAL;
        config->capture.mode = mode;
        return 0;
}

int config_set_backend(struct config *config, const char *value) {
        if (!capture_backend_is_known(value) || strlen(value) >= sizeof config->capture.backend)
                return -EINVAL;
        memset(config->capture.backend, 0, sizeof config->capture.backend);
        strcpy(config->capture.backend, value);
        return 0;
}

int config_add_interface(struct config *config, const char *name) {
        size_t length = strlen(name);

        /* The kernel's dev_valid_name(). */
        if (length == 0 || length >= IF_NAMESIZE || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return -EINVAL;
        for (const char *p = name; *p; p++)
                if (*p == '/' || *p == ':' || isspace((unsigned char) *p) || iscntrl((unsigned char) *p))
                        return -EINVAL;
        for (size_t i = 0; i < config->n_interfaces; i++)
                if (strcmp(config->interfaces[i], name) == 0)
                        return 0;
        if (config->n_interfaces >= CONFIG_INTERFACES_MAX)
                return -E2BIG;
        memcpy(config->interfaces[config->n_interfaces++], name, length + 1);
        return 0;
}

static int read_mode(struct config *config, void *field _unused_, const char *value) {
        return config_set_mode(config, value);
}

static int read_backend(struct config *config, void *field _unused_, const char *value) {
        return config_set_backend(config, value);
}

/* "Interface=" empty takes back what was listed before, as lists do in systemd's files. */
static int read_interfaces(struct config *config, void *field _unused_, const char *value) {
        struct config copy = *config;
        char words[CONF_LINE_MAX + 1], *rest = words;

        snprintf(words, sizeof words, "%s", value);
        if (*value == '\0')
                copy.n_interfaces = 0;
        for (char *word; (word = strtok_r(rest, " \t,", &rest));) {
                int r = config_add_interface(&copy, word);

                if (r < 0)
                        return r;
        }
        *config = copy;
        return 0;
}

/* A list; empty takes back what was listed before. */
static int read_listen(struct config *config, void *field _unused_, const char *value) {
        char words[CONF_LINE_MAX + 1], *rest = words;
        struct listen_address ignored;
        struct config copy = *config;

        snprintf(words, sizeof words, "%s", value);
        if (*value == '\0') {
                memset(copy.metrics.listen, 0, sizeof copy.metrics.listen);
                copy.metrics.n_listen = 0;
        }
        for (char *word; (word = strtok_r(rest, " \t", &rest));) {
                if (copy.metrics.n_listen >= METRICS_SOCKETS_MAX || strlen(word) >= CONFIG_LISTEN_MAX)
                        return -E2BIG;
                if (listen_address_parse(word, &ignored) < 0)
                        return -EINVAL;
                strcpy(copy.metrics.listen[copy.metrics.n_listen++], word);
        }
        *config = copy;
        return 0;
}

static int read_bool(struct config *config _unused_, void *field, const char *value) {
        return boolean_parse(value, field);
}

static int read_span(struct config *config _unused_, void *field, const char *value) {
        return time_span_parse(value, field);
}

/* New devices wait in a list that is bounded, and in its order: what waited for ever would hold up all behind it. */
static int read_settle(struct config *config _unused_, void *field, const char *value) {
        uint64_t span;
        int r = time_span_parse(value, &span);

        if (r < 0)
                return r;
        if (span > CONFIG_SETTLE_MAX)
                return -ERANGE;
        *(uint64_t *) field = span;
        return 0;
}

static int read_duplicate_window(struct config *config, void *field _unused_, const char *value) {
        uint64_t span;
        int r = time_span_parse(value, &span);

        if (r < 0)
                return r;
        if (span > CONFIG_DUPLICATE_WINDOW_MAX)
                return -ERANGE;
        config->duplicate_window = span;
        return 0;
}

/* A span of which 0 means for ever, as "infinity" does. */
static int read_age(struct config *config _unused_, void *field, const char *value) {
        uint64_t span;
        int r = time_span_parse(value, &span);

        if (r >= 0)
                *(uint64_t *) field = span == UINT64_MAX ? 0 : span;
        return r;
}

static int read_size_from(uint64_t least, uint64_t *field, const char *value) {
        uint64_t size;
        int r = size_parse(value, &size);

        if (r < 0)
                return r;
        if (size < least)
                return -ERANGE;
        *field = size;
        return 0;
}

static int read_store_size(struct config *config _unused_, void *field, const char *value) {
        return read_size_from(STORE_SIZE_MIN, field, value);
}

static int read_size32(struct config *config _unused_, void *field, const char *value) {
        uint64_t size;
        int r = size_parse(value, &size);

        if (r < 0)
                return r;
        if (size > INT_MAX)
                return -ERANGE;
        *(uint32_t *) field = (uint32_t) size;
        return 0;
}

static int read_count(struct config *config _unused_, void *field, const char *value) {
        uint64_t n;
        int r = number_parse(&value, &n);

        if (r < 0 || *value)
                return r < 0 ? r : -EINVAL;
        if (n == 0 || n > INT_MAX)
                return -ERANGE;
        *(uint32_t *) field = (uint32_t) n;
        return 0;
}

static int read_count_or_none(struct config *config, void *field, const char *value) {
        if (strcmp(value, "0") != 0)
                return read_count(config, field, value);
        *(uint32_t *) field = 0;
        return 0;
}

static int read_top(struct config *config, void *field, const char *value) {
        uint32_t n;
        int r = read_count_or_none(config, &n, value);

        if (r < 0)
                return r;
        if (n > CONFIG_TOP_MAX)
                return -ERANGE;
        *(uint32_t *) field = n;
        return 0;
}

static int read_packets(struct config *config _unused_, void *field, const char *value) {
        uint64_t n;
        int r = number_parse(&value, &n);

        if (r < 0 || *value)
                return r < 0 ? r : -EINVAL;
        *(uint64_t *) field = n;
        return 0;
}

/* How long the kernel may gather frames: whole milliseconds, for libpcap. */
static int read_wait(struct config *config _unused_, void *field, const char *value) {
        uint64_t span;
        int r = time_span_parse(value, &span);

        if (r < 0)
                return r;
        if (span < NSEC_PER_MSEC || span > 10 * NSEC_PER_SEC)
                return -ERANGE;
        *(uint32_t *) field = (uint32_t) (span / NSEC_PER_MSEC);
        return 0;
}

static int read_max_flows(struct config *config, void *field _unused_, const char *value) {
        uint32_t n;
        int r = read_count(config, &n, value);

        if (r < 0)
                return r;
        if (n > FLOW_TABLE_MAX)
                return -ERANGE;
        config->flow_table.flows_max = n;
        config->flow_table.unanswered_max = MAX(n / 8, 1U);
        return 0;
}

/* A timeout beyond what the table can tell apart, or none, makes no sense. */
static int read_timeout(struct config *config _unused_, void *field, const char *value) {
        uint64_t span;
        int r = time_span_parse(value, &span);

        if (r < 0)
                return r;
        if (span < NSEC_PER_SEC || span > CONFIG_TIMEOUT_MAX)
                return -ERANGE;
        *(uint64_t *) field = span;
        return 0;
}

static int read_flow_timeout(struct config *config, void *field _unused_, const char *value) {
        uint64_t span;
        int r = read_timeout(config, &span, value);

        if (r >= 0)
                config->flow_table.timeouts.established = config->flow_table.timeouts.datagrams = span;
        return r;
}

static int read_interval(struct config *config _unused_, void *field, const char *value) {
        uint64_t span;
        int r = time_span_parse(value, &span);

        if (r < 0)
                return r;
        if (span < NSEC_PER_SEC || span > 86400 * NSEC_PER_SEC)
                return -ERANGE;
        *(uint64_t *) field = span;
        return 0;
}

static int read_log_size(struct config *config _unused_, void *field, const char *value) {
        return read_size_from(CONFIG_LOG_SIZE_MIN, field, value);
}

static int read_model(struct config *config _unused_, void *field, const char *value) {
        size_t n = strlen(value);

        if (n > 0 && value[0] != '/')
                return -EINVAL;
        if (n >= CONFIG_PATH_MAX)
                return -E2BIG;
        memset(field, 0, CONFIG_PATH_MAX);
        memcpy(field, value, n);
        return 0;
}

static int read_log(struct config *config _unused_, void *field, const char *value) {
        _cleanup_(freep) char *path = NULL;
        size_t n = strlen(value);
        int r = n > 0 ? record_log_path(value, &path) : 0;

        if (r < 0) {
                path = NULL;
                return r;
        }
        if (n >= CONFIG_PATH_MAX)
                return -E2BIG;
        memset(field, 0, CONFIG_PATH_MAX);
        memcpy(field, value, n);
        return 0;
}

/* "unix:PATH" and "unix-dgram:PATH", or a path alone, which is the first of them. */
static int read_event_socket(struct config *config, void *field _unused_, const char *value) {
        static const char stream[] = "unix:", datagrams[] = "unix-dgram:";
        bool dgram = strncmp(value, datagrams, sizeof datagrams - 1) == 0;
        const char *path = value;
        size_t n;

        if (dgram)
                path += sizeof datagrams - 1;
        else if (strncmp(value, stream, sizeof stream - 1) == 0)
                path += sizeof stream - 1;
        n = strlen(path);
        if (n >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
                return -E2BIG;
        if (*value && (*path != '/' || path[n - 1] == '/'))
                return -EINVAL;
        memset(config->output.event_socket, 0, sizeof config->output.event_socket);
        memcpy(config->output.event_socket, path, n);
        config->output.event_datagrams = dgram;
        return 0;
}

/* Names; "all" and "usual" stand for several, and one with a "-" in front is taken out again. */
static int read_event_types(struct config *config, void *field _unused_, const char *value) {
        char words[CONF_LINE_MAX + 1], *rest = words;
        uint32_t types = 0;

        snprintf(words, sizeof words, "%s", value);
        for (char *word; (word = strtok_r(rest, " \t,", &rest));) {
                bool without = *word == '-';
                enum eve_type type = eve_type_from_string(word + without);
                uint32_t mask = type != _EVE_TYPE_INVALID ? EVE_MASK(type) : 0;

                if (strcmp(word + without, "all") == 0)
                        mask = EVE_ALL;
                else if (strcmp(word + without, "usual") == 0)
                        mask = EVE_USUAL;
                if (mask == 0)
                        return -EINVAL;
                types = without ? types & ~mask : types | mask;
        }
        config->output.event_types = *value ? types : EVE_USUAL;
        return 0;
}

/* "infinity" and 0: never. A file a second is nobody's wish. */
static int read_log_age(struct config *config, void *field, const char *value) {
        uint64_t span;
        int r = read_age(config, &span, value);

        if (r < 0)
                return r;
        if (span > 0 && span < 60 * NSEC_PER_SEC)
                return -ERANGE;
        *(uint64_t *) field = span;
        return 0;
}

static int read_workers(struct config *config, void *field, const char *value) {
        uint32_t n;
        int r = read_count(config, &n, value);

        if (r < 0)
                return r;
        if (n > CAPTURE_WORKERS_MAX)
                return -ERANGE;
        *(uint32_t *) field = n;
        return 0;
}

static int read_filter(struct config *config, void *field, const char *value) {
        if (strlen(value) >= sizeof config->capture.filter)
                return -E2BIG;
        memset(config->capture.filter, 0, sizeof config->capture.filter);
        strcpy(field, value);
        return 0;
}

static const struct setting {
        const char *section, *key;
        int (*read)(struct config *config, void *field, const char *value);
        size_t offset;
} settings[] = {
        { "Capture", "Mode", read_mode, 0 },
        { "Capture", "Interface", read_interfaces, 0 },
        { "Capture", "Backend", read_backend, 0 },
        { "Capture", "Promiscuous", read_bool, offsetof(struct config, capture.promiscuous) },
        { "Capture", "DuplicateWindowSec", read_duplicate_window, 0 },
        { "Capture", "SpanDrop", read_bool, offsetof(struct config, capture.span_drop) },
        { "Capture", "SnapLen", read_size32, offsetof(struct config, capture.snaplen) },
        { "Capture", "BufferSize", read_size32, offsetof(struct config, capture.buffer_size) },
        { "Capture", "Workers", read_workers, offsetof(struct config, capture.workers) },
        { "Capture", "Filter", read_filter, offsetof(struct config, capture.filter) },
        { "Capture", "TimeoutSec", read_wait, offsetof(struct config, capture.timeout) },
        { "Capture", "ImmediateMode", read_bool, offsetof(struct config, capture.immediate) },
        { "Capture", "PacketCount", read_packets, offsetof(struct config, packet_count) },
        { "Flows", "Flows", read_bool, offsetof(struct config, flows) },
        { "Flows", "MaxFlows", read_max_flows, 0 },
        { "Flows", "Analysis", read_bool, offsetof(struct config, flow_table.analysis) },
        { "Flows", "FlowTimeoutSec", read_flow_timeout, 0 },
        { "Flows", "TcpTimeoutSec", read_timeout, offsetof(struct config, flow_table.timeouts.established) },
        { "Flows", "TcpOpeningTimeoutSec", read_timeout, offsetof(struct config, flow_table.timeouts.opening) },
        { "Flows", "TcpClosingTimeoutSec", read_timeout, offsetof(struct config, flow_table.timeouts.closing) },
        { "Flows", "TcpClosedTimeoutSec", read_timeout, offsetof(struct config, flow_table.timeouts.closed) },
        { "Flows", "UdpTimeoutSec", read_timeout, offsetof(struct config, flow_table.timeouts.datagrams) },
        { "Flows", "IcmpTimeoutSec", read_timeout, offsetof(struct config, flow_table.timeouts.messages) },
        { "Detectors", "Model", read_model, offsetof(struct config, model) },
        { "Output", "FlowLog", read_log, offsetof(struct config, output.flow_log) },
        { "Output", "AlertLog", read_log, offsetof(struct config, output.alert_log) },
        { "Output", "StatisticsLog", read_log, offsetof(struct config, output.statistics_log) },
        { "Output", "EventLog", read_log, offsetof(struct config, output.event_log) },
        { "Output", "EventSocket", read_event_socket, 0 },
        { "Output", "EventTypes", read_event_types, 0 },
        { "Output", "LogMaxAgeSec", read_log_age, offsetof(struct config, output.log_age) },
        { "Output", "StatisticsIntervalSec", read_interval, offsetof(struct config, output.statistics_interval) },
        { "Output", "TopFlows", read_top, offsetof(struct config, output.top_flows) },
        { "Output", "LogSize", read_log_size, offsetof(struct config, output.log_size) },
        { "Output", "LogKeep", read_count_or_none, offsetof(struct config, output.log_keep) },
        { "Output", "QueueCapacity", read_count, offsetof(struct config, output.queue_capacity) },
        { "Metrics", "Listen", read_listen, 0 },
        { "Metrics", "PerDevice", read_bool, offsetof(struct config, metrics.per_device) },
        { "Inventory", "MaxDevices", read_count, offsetof(struct config, inventory.devices_max) },
        { "Inventory", "MaxNetworks", read_count, offsetof(struct config, inventory.networks_max) },
        { "Inventory", "IdleAfterSec", read_span, offsetof(struct config, inventory.idle_after) },
        { "Inventory", "OfflineAfterSec", read_span, offsetof(struct config, inventory.offline_after) },
        { "Alerts", "NewDevice", read_bool, offsetof(struct config, new_device) },
        { "Alerts", "SettleSec", read_settle, offsetof(struct config, settle) },
        { "Alerts", "LearningPeriodSec", read_span, offsetof(struct config, learning_period) },
        { "Store", "MaxSize", read_store_size, offsetof(struct config, store.size_max) },
        { "Store", "MaxAlerts", read_count, offsetof(struct config, store.alerts_max) },
        { "Store", "AlertRetentionSec", read_age, offsetof(struct config, store.alert_age_max) },
        { "Store", "DeviceRetentionSec", read_age, offsetof(struct config, store.device_age_max) },
        { "Store", "HourRetentionSec", read_age, offsetof(struct config, store.hour_age_max) },
        { "Store", "DayRetentionSec", read_age, offsetof(struct config, store.day_age_max) },
};

/* Keys of this section are those of the detectors' own table. */
#define DETECTORS_SECTION "Detectors"

static int parse_detect_value(enum detect_unit unit, const char *value, uint64_t *ret) {
        bool on;
        int r;

        switch (unit) {
        case DETECT_SWITCH:
                r = boolean_parse(value, &on);
                if (r >= 0)
                        *ret = on;
                return r;
        case DETECT_SPAN:
                return time_span_parse(value, ret);
        case DETECT_SIZE:
                return size_parse(value, ret);
        case DETECT_COUNT:
        case DETECT_PERCENT:
                break;
        }
        r = number_parse(&value, ret);
        if (r >= 0 && unit == DETECT_PERCENT && *value == '%')
                value++;
        return r < 0 ? r : *value ? -EINVAL : 0;
}

/* -ENOENT: there is no such key. */
static int set_detector(struct config *config, const char *key, const char *value) {
        const struct detect_setting_info *info;
        uint64_t n;
        int r;

        for (enum detect_setting i = 0; (info = detect_setting_info(i)); i++) {
                if (strcmp(info->key, key) != 0)
                        continue;
                r = parse_detect_value(info->unit, value, &n);
                if (r < 0)
                        return r;
                if (n < info->least || n > info->most)
                        return -ERANGE;
                config->detect.values[i] = n;
                return 0;
        }
        return -ENOENT;
}

int config_set(struct config *config, const char *section, const char *key, const char *value) {
        for (size_t i = 0; i < ELEMENTSOF(settings); i++)
                if (strcmp(settings[i].section, section) == 0 && strcmp(settings[i].key, key) == 0)
                        return settings[i].read(config, (char *) config + settings[i].offset, value);
        return strcmp(section, DETECTORS_SECTION) == 0 ? set_detector(config, key, value) : -ENOENT;
}

struct reading {
        struct config *config;
        conf_complaint_fn complain;
        void *userdata;
        bool section_known;
};

static bool section_is_known(const char *section) {
        for (size_t i = 0; i < ELEMENTSOF(settings); i++)
                if (strcmp(settings[i].section, section) == 0)
                        return true;
        return strcmp(section, DETECTORS_SECTION) == 0;
}

static const char *refusal_to_string(int error) {
        return error == -ERANGE ? "is out of range" : error == -E2BIG ? "is too long" : "is not understood";
}

static void pass_complaint(void *userdata, const char *file, unsigned line, const char *message) {
        const struct reading *reading = userdata;

        if (reading->complain)
                reading->complain(reading->userdata, file, line, message);
}

static void refuse(struct reading *reading, const struct conf_entry *entry, int error) {
        conf_complain(pass_complaint, reading, entry, "%s=%s %s, ignoring it", entry->key, entry->value,
                      refusal_to_string(error));
}

static int take_entry(void *userdata, const struct conf_entry *entry) {
        struct reading *reading = userdata;
        int r;

        if (!entry->key) {
                reading->section_known = section_is_known(entry->section);
                if (!reading->section_known && *entry->section) /* of one without a name more is known to conf-file.c */
                        conf_complain(pass_complaint, reading, entry, "unknown section [%s], ignoring it", entry->section);
                return 0;
        }
        if (*entry->section && !reading->section_known)
                return 0;
        r = config_set(reading->config, entry->section, entry->key, entry->value);
        if (r == -ENOENT)
                conf_complain(pass_complaint, reading, entry, "unknown key %s= in section [%s], ignoring it", entry->key,
                              entry->section);
        else if (r < 0)
                refuse(reading, entry, r);
        return 0;
}

int config_read(struct config *config, FILE *f, const char *name, conf_complaint_fn complain, void *userdata) {
        struct reading reading = { config, complain, userdata, false };

        return conf_file_parse(f, name, take_entry, pass_complaint, &reading);
}

static int read_path(struct config *config, const char *path, conf_complaint_fn complain, void *userdata) {
        _cleanup_(fclosep) FILE *f = fopen(path, "re");

        return f ? config_read(config, f, path, complain, userdata) : -errno;
}

/* The main file of the first folder that has one. */
static int read_main(struct config *config, const char *const folders[], conf_complaint_fn complain, void *userdata,
                     char **ret_failed) {
        for (size_t i = 0; folders[i]; i++) {
                _cleanup_(freep) char *path = NULL;
                int r;

                if (asprintf(&path, "%s/lanscoped.conf", folders[i]) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = read_path(config, path, complain, userdata);
                if (r == -ENOENT || r == -ENOTDIR)
                        continue;
                if (r < 0)
                        *ret_failed = TAKE_PTR(path);
                return r;
        }
        return 0;
}

static int read_dropins(struct config *config, const char *const folders[], conf_complaint_fn complain, void *userdata,
                        char **ret_failed) {
        _cleanup_(strings_freep) char **files = NULL;
        char paths[8][PATH_MAX];
        const char *dropins[9] = {};
        int r;

        for (size_t i = 0; folders[i] && i < ELEMENTSOF(paths); i++) {
                snprintf(paths[i], sizeof paths[i], "%s/lanscoped.conf.d", folders[i]);
                dropins[i] = paths[i];
        }
        r = conf_files_list(dropins, ".conf", &files);
        for (size_t i = 0; r >= 0 && files[i]; i++) {
                r = read_path(config, files[i], complain, userdata);
                if (r < 0)
                        *ret_failed = strdup(files[i]);
        }
        return r;
}

int config_load(struct config *config, const char *path, const char *const folders[], conf_complaint_fn complain,
                void *userdata, char **ret_failed) {
        struct config fresh = *config;
        int r;

        *ret_failed = NULL;
        if (path) {
                r = read_path(&fresh, path, complain, userdata);
                if (r < 0)
                        *ret_failed = strdup(path);
        } else {
                r = read_main(&fresh, folders, complain, userdata, ret_failed);
                if (r >= 0)
                        r = read_dropins(&fresh, folders, complain, userdata, ret_failed);
        }
        if (r >= 0)
                *config = fresh;
        return r < 0 ? r : 0;
}
