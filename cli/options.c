/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One table of options: what they are called, which verbs take them, and where their values go. The parser,
 * the check against the verb and the help texts all read it. */

#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/flow-workers.h"
#include "cli/when.h"
#include "common/macro.h"
#include "engine/classify/device-type.h"
#include "engine/detect/alert.h"
#include "engine/flow/flow-query.h"
#include "engine/flow/flow-table.h"

typedef bool (*option_setter)(struct options *options, const char *value);

struct option_row {
        const char *name;
        char letter;           /* 0: none */
        const char *argument;  /* NULL: takes none */
        const char *verbs;     /* " list alerts ", NULL: every verb */
        const char *help;
        size_t flag, text;     /* offset of the bool or string + 1; 0: `set` */
        option_setter set;
        const char *not_verbs; /* of all those verbs, but not of " export " */
};

#define FLAG(field) .flag = offsetof(struct options, field) + 1
#define TEXT(field) .text = offsetof(struct options, field) + 1

static bool set_json(struct options *o, const char *value) {
        static const char *const modes[] = { [JSON_OFF] = "off", [JSON_SHORT] = "short", [JSON_PRETTY] = "pretty" };

        for (size_t i = 0; i < ELEMENTSOF(modes); i++)
                if (strcmp(value, modes[i]) == 0) {
                        o->json = (enum json_mode) i;
                        return true;
                }
        fprintf(stderr, "--json takes pretty, short or off, not '%s'.\n", value);
        return false;
}

static bool read_number(const char *option, const char *value, uint32_t max, uint32_t *ret) {
        char *end;
        unsigned long n;

        errno = 0;
        n = strtoul(value, &end, 10);
        if (errno || *end || end == value || value[0] == '-' || n == 0 || n > max) {
                if (max == UINT32_MAX)
                        fprintf(stderr, "--%s takes a number from 1 up, not '%s'.\n", option, value);
                else
                        fprintf(stderr, "--%s takes a number from 1 to %" PRIu32 ", not '%s'.\n", option, max, value);
                return false;
        }
        *ret = (uint32_t) n;
        return true;
}

static bool set_limit(struct options *o, const char *value) {
        return read_number("limit", value, UINT32_MAX, &o->limit);
}

static bool set_max_flows(struct options *o, const char *value) {
        return read_number("max-flows", value, FLOW_TABLE_MAX, &o->max_flows);
}

static bool set_workers(struct options *o, const char *value) {
        return read_number("workers", value, FLOW_WORKERS_MAX, &o->workers);
}

static bool set_since(struct options *o, const char *value) {
        if (when_parse(value, when_now(), &o->since) >= 0)
                return true;
        fprintf(stderr, "--since takes a time such as 2h, 3d, today, 2025-01-31 or '2025-01-31 18:00', not '%s'.\n", value);
        return false;
}

/* A span from now on, or a time to come. */
static bool set_until(struct options *o, const char *value) {
        uint64_t now = when_now(), span;
        int r = when_parse_span(value, &span);

        if (r < 0)
                r = when_parse(value, now, &o->until);
        else
                o->until = now + MIN(span, now);
        if (r >= 0 && o->until > now)
                return true;
        fprintf(stderr, "--expires takes a span such as 2h or 3d, or a time to come such as 2030-01-31, not '%s'.\n", value);
        return false;
}

static bool set_choice(const char *option, const char *value, const char *const *choices) {
        for (size_t i = 0; choices[i]; i++)
                if (strcmp(value, choices[i]) == 0)
                        return true;
        fprintf(stderr, "--%s takes", option);
        for (size_t i = 0; choices[i]; i++)
                fprintf(stderr, "%s %s", i == 0 ? "" : choices[i + 1] ? "," : " or", choices[i]);
        fprintf(stderr, ", not '%s'.\n", value);
        return false;
}

static bool set_presence(struct options *o, const char *value) {
        o->presence = value;
        return set_choice("presence", value, (const char *const[]) { "online", "idle", "offline", NULL });
}

static const char *const device_sorts[] = { "name", "type", "vendor", "ip", "mac", "presence", "last-seen", "first-seen",
                                            "traffic", NULL };
static const char *const flow_sorts[] = { "bytes", "rate", "rtt", "retransmissions", "last", NULL };

/* What it may be depends on the verb: options_fit(). */
static bool set_sort(struct options *o, const char *value) {
        o->sort = value;
        return true;
}

static bool set_address(struct options *o, const char *value) {
        struct flow_filter scratch;

        o->address = value;
        if (flow_filter_parse_address(value, &scratch) >= 0)
                return true;
        fprintf(stderr, "--address takes an address or a prefix such as 192.0.2.0/24, not '%s'.\n", value);
        return false;
}

static bool set_port(struct options *o, const char *value) {
        return read_number("port", value, UINT16_MAX, &o->port);
}

static bool set_protocol(struct options *o, const char *value) {
        uint8_t scratch;

        o->protocol = value;
        if (flow_protocol_from_string(value, &scratch) >= 0)
                return true;
        fprintf(stderr, "--protocol takes tcp, udp, icmp, icmp6, ... or a number up to 255, not '%s'.\n", value);
        return false;
}

static bool set_state(struct options *o, const char *value) {
        const char *states[_FLOW_TCP_STATE_MAX + 1] = {};

        for (int i = 0; i < _FLOW_TCP_STATE_MAX; i++)
                states[i] = flow_state_to_string((enum flow_state) i);
        o->state = value;
        return set_choice("state", value, states);
}

static bool set_type(struct options *o, const char *value) {
        o->type = value;
        if (device_type_from_string(value) != _TYPE_INVALID)
                return true;
        fprintf(stderr, "There is no device type '%s'. Types are:", value);
        for (int i = 0; i < _TYPE_MAX; i++)
                fprintf(stderr, " %s", device_type_to_string((enum device_type) i));
        fprintf(stderr, ".\n");
        return false;
}

static bool set_category(struct options *o, const char *value) {
        o->category = value;
        for (int i = 0; i < _CATEGORY_MAX; i++)
                if (strcmp(device_category_to_string((enum device_category) i), value) == 0)
                        return true;
        fprintf(stderr, "There is no category '%s'. Categories are:", value);
        for (int i = 0; i < _CATEGORY_MAX; i++)
                fprintf(stderr, " %s", device_category_to_string((enum device_category) i));
        fprintf(stderr, ".\n");
        return false;
}

static bool set_kind(struct options *o, const char *value) {
        o->kind = value;
        if (alert_kind_from_string(value) != _ALERT_KIND_INVALID)
                return true;
        fprintf(stderr, "There is no kind of alert '%s'. Kinds are:", value);
        for (int i = 0; i < _ALERT_KIND_MAX; i++)
                fprintf(stderr, " %s", alert_kind_to_string((enum alert_kind) i));
        fprintf(stderr, ".\n");
        return false;
}

static bool set_severity(struct options *o, const char *value) {
        o->severity = value;
        return set_choice("severity", value, (const char *const[]) { "info", "warning", "critical", NULL });
}

static bool set_format(struct options *o, const char *value) {
        o->format = value;
        return set_choice("format", value, (const char *const[]) { "json", "jsonl", "csv", NULL });
}

static bool set_view(struct options *o, const char *value) {
        o->view = value;
        return set_choice("view", value, (const char *const[]) { "devices", "flows", "talkers", "alerts", NULL });
}

static bool set_delay(struct options *o, const char *value) {
        char *end;
        double seconds = strtod(value, &end);

        if (end == value || *end || !(seconds >= 0.2 && seconds <= 3600)) {
                fprintf(stderr, "'%s' is no delay: seconds from 0.2 to 3600 are.\n", value);
                return false;
        }
        o->delay = (uint64_t) (seconds * USEC_PER_SEC);
        return true;
}

static bool set_batch(struct options *o, const char *value) {
        char *end;
        unsigned long n = strtoul(value, &end, 10);

        if (value[0] < '1' || value[0] > '9' || *end || n > 1000000) {
                fprintf(stderr, "'%s' is no number of pictures: 1 to 1000000 are.\n", value);
                return false;
        }
        o->batch = (uint32_t) n;
        return true;
}

static const struct option_row rows[] = {
        { "type", 0, "TYPE", " list ", "Only devices of this type, such as printer", .set = set_type },
        { "category", 0, "CATEGORY", " list ", "Only devices of this category, such as media", .set = set_category },
        { "presence", 0, "STATE", " list ", "Only devices that are online, idle or offline", .set = set_presence },
        { "online", 0, NULL, " list ", "The same as --presence=online", FLAG(online) },
        { "trusted", 0, NULL, " list ", "Only trusted devices", FLAG(trusted) },
        { "untrusted", 0, NULL, " list ", "Only devices that are not trusted", FLAG(untrusted) },
        { "network", 0, "NETWORK", " list ", "Only devices of one network, by its id or name", TEXT(network) },
        { "sort", 0, "COLUMN", " list flows ", "Devices by name, type, vendor, ip, mac, presence, last-seen,\nfirst-seen or traffic; flows by bytes, rate, rtt,\nretransmissions or last",
          .set = set_sort },
        { "reverse", 'r', NULL, " list ", "Sort the other way round", FLAG(reverse) },
        { "wide", 'w', NULL, " list networks alerts flows traffic analyze ", "All columns, however narrow the terminal", FLAG(wide) },
        { "watch", 0, NULL, " list ", "Show what changes, until Ctrl-C", FLAG(watch) },
        { "verbose", 'v', NULL, " status ", "All counters with their limits", FLAG(verbose) },
        { "all", 'a', NULL, " alerts ack ", "Alerts that are acknowledged, too; with ack: every alert", FLAG(all) },
        { "unacknowledged", 0, NULL, " alerts ", "Only alerts that nobody acknowledged (the default)", FLAG(unacknowledged) },
        { "pcap", 0, NULL, " alerts ", "Write the frames kept of alert ID into FILE", FLAG(pcap) },
        { "since", 0, "TIME", " alerts traffic ", "Nothing before that: 2h, 3d, today, 2025-01-31 ...", .set = set_since },
        { "kind", 0, "KIND", " alerts mute ", "Only alerts of this kind, such as new_device", .set = set_kind },
        { "severity", 0, "LEVEL", " alerts ", "Only alerts at least info, warning or critical", .set = set_severity },
        { "device", 0, "DEVICE", " alerts flows mute ", "Only alerts about one device, or its flows", TEXT(device) },
        { "peer", 0, "PEER", " mute ", "Only alerts with this peer: as in the alert, or its address", TEXT(peer) },
        { "note", 0, "TEXT", " mute ", "Why", TEXT(note) },
        { "expires", 0, "SPAN", " mute ", "Only for so long: 2h, 3d ..., or until 2030-01-31 ...", .set = set_until },
        { "address", 0, "ADDRESS", " flows ", "Only flows of an address or prefix, such as 192.0.2.0/24", .set = set_address },
        { "port", 0, "PORT", " flows ", "Only flows with this port at either end", .set = set_port },
        { "protocol", 0, "PROTOCOL", " flows ", "Only flows of tcp, udp, icmp, ... or a number", .set = set_protocol },
        { "state", 0, "STATE", " flows ", "Only TCP connections in this state, such as established", .set = set_state },
        { "active", 0, NULL, " flows ", "Only flows that go on", FLAG(active) },
        { "ended", 0, NULL, " flows ", "Only flows that are over", FLAG(ended) },
        { "hour", 0, NULL, " traffic ", "By the hour (the default)", FLAG(hour) },
        { "day", 0, NULL, " traffic ", "By the day", FLAG(day) },
        { "limit", 'n', "N", " alerts list flows traffic analyze top ", "At most this many lines; with analyze: of flows, those with\nthe most bytes; with traffic: peers", .set = set_limit },
        { "format", 0, "FORMAT", " export analyze ", "json (the default), jsonl or csv", .set = set_format },
        { "output", 'o', "FILE", " export ", "Write there instead of to standard output", TEXT(output) },
        { "facts", 0, NULL, " analyze ", "One JSON object per fact, in the order of the capture", FLAG(facts) },
        { "eve", 0, NULL, " analyze monitor ", "Events in the form of Suricata's EVE log, one object each", FLAG(eve) },
        { "devices", 0, NULL, " analyze ", "One JSON object per device", FLAG(devices) },
        { "alerts", 0, NULL, " analyze ", "One JSON object per alert", FLAG(alerts) },
        { "flows", 0, NULL, " analyze ", "One JSON object per flow, as the flows end", FLAG(flows) },
        { "max-flows", 0, "N", " analyze ", "Keep at most this many flows at a time (1048576)", .set = set_max_flows },
        { "workers", 0, "N", " analyze ", "Count flows in so many threads (1 to 16), with --flows alone", .set = set_workers },
        { "no-tcp-analysis", 0, NULL, " analyze ", "No round trips and losses of TCP: flows are counted faster\nand take half of the memory",
          FLAG(no_tcp_analysis) },
        { "stats", 0, NULL, " analyze ", "One JSON object of totals per file", FLAG(stats) },
        { "rules", 0, "DIR", " analyze ", "Read classification rules from DIR/*.conf", TEXT(rules) },
        { "drop-duplicates", 0, NULL, " analyze ", "Count the copies once that a mirror port brings", FLAG(drop_duplicates) },
        { "model", 0, "FILE", " analyze ", "Rate flows by a model (ONNX), for alerts", TEXT(model) },
        { "signatures", 0, "FILE", " analyze ", "Read TCP signatures (p0f.fp) from FILE", TEXT(signatures) },
        { "view", 0, "VIEW", " top ", "Begin with devices (the default), flows, talkers or alerts", .set = set_view },
        { "delay", 'd', "SECONDS", " top ", "Time from one refresh to the next, 0.2 to 3600 (1)", .set = set_delay },
        { "batch", 'b', "N", " top ", "Print N pictures as text, or JSON, and end", .set = set_batch },
        { "json", 0, "MODE", NULL, "Print JSON: pretty, short, or off (the default)",
          .set = set_json, .not_verbs = " export " },
        { "no-legend", 0, NULL, NULL, "No column headings and no line of totals", FLAG(no_legend) },
        { "no-pager", 0, NULL, NULL, "Do not pipe output into a pager", FLAG(no_pager) },
        { "host", 'H', "[USER@]HOST", NULL, "Talk to the service on another machine, over ssh", TEXT(host), .not_verbs = " analyze " },
        { "machine", 'M', "CONTAINER", NULL, "Talk to the service in a local container", TEXT(machine), .not_verbs = " analyze " },
        { "help", 'h', NULL, NULL, "Show this help", FLAG(help) },
        { "version", 0, NULL, NULL, "Show the version", FLAG(version) },
};

static void *field(const struct options *o, size_t offset) {
        return (char *) o + offset - 1;
}

static bool row_set(const struct option_row *row, struct options *o, const char *value) {
        if (row->flag)
                *(bool *) field(o, row->flag) = true;
        else if (row->text)
                *(const char **) field(o, row->text) = value;
        else
                return row->set(o, value);
        return true;
}

/* What the setters set; a value that was refused never gets here. */
static bool setter_was_used(option_setter set, const struct options *o) {
        const struct {
                option_setter set;
                bool used;
        } setters[] = {
                { set_json, o->json != JSON_OFF },
                { set_limit, o->limit > 0 },         { set_max_flows, o->max_flows > 0 },
                { set_workers, o->workers > 0 },
                { set_since, o->since > 0 },         { set_until, o->until > 0 },       { set_presence, o->presence != NULL },
                { set_sort, o->sort != NULL },       { set_type, o->type != NULL },     { set_category, o->category != NULL },
                { set_address, o->address != NULL }, { set_port, o->port > 0 },
                { set_protocol, o->protocol != NULL }, { set_state, o->state != NULL },
                { set_kind, o->kind != NULL },       { set_severity, o->severity != NULL }, { set_format, o->format != NULL },
                { set_view, o->view != NULL },       { set_delay, o->delay > 0 },       { set_batch, o->batch > 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(setters); i++)
                if (setters[i].set == set)
                        return setters[i].used;
        return false;
}

static bool row_is_given(const struct option_row *row, const struct options *o) {
        if (row->flag)
                return *(bool *) field(o, row->flag);
        if (row->text)
                return *(const char **) field(o, row->text) != NULL;
        return setter_was_used(row->set, o);
}

static bool is_among(const char *verb, const char *verbs) {
        size_t n = strlen(verb);

        for (const char *at = verbs; (at = strstr(at, verb)); at += n)
                if (at[-1] == ' ' && at[n] == ' ')
                        return true;
        return false;
}

static bool row_fits(const struct option_row *row, const char *verb) {
        if (row->not_verbs && is_among(verb, row->not_verbs))
                return false;
        return !row->verbs || is_among(verb, row->verbs);
}

/* getopt's own tables; `val` is the row's index plus 256, a letter stands for itself. */
static void getopt_tables(struct option *ret_long, char *ret_letters) {
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                ret_long[i] = (struct option) { rows[i].name, rows[i].argument ? required_argument : no_argument, NULL,
                                                (int) i + 256 };
                if (rows[i].letter == 0)
                        continue;
                *ret_letters++ = rows[i].letter;
                if (rows[i].argument)
                        *ret_letters++ = ':';
        }
        ret_long[ELEMENTSOF(rows)] = (struct option) { 0 };
        strcpy(ret_letters, "j");
}

static const struct option_row *row_of(int value) {
        if (value >= 256)
                return &rows[value - 256];
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (rows[i].letter == value)
                        return &rows[i];
        return NULL;
}

int options_parse(struct options *ret, int argc, char *argv[]) {
        struct option longs[ELEMENTSOF(rows) + 1];
        char letters[2 * ELEMENTSOF(rows) + 2];
        int c;

        *ret = (struct options) { 0 };
        getopt_tables(longs, letters);
        optind = 0;
        while ((c = getopt_long(argc, argv, letters, longs, NULL)) >= 0) {
                const struct option_row *row = c == '?' ? NULL : row_of(c);

                if (c == 'j')
                        ret->json = JSON_SHORT;
                else if (!row || !row_set(row, ret, optarg))
                        return -1;
        }
        if (ret->host && ret->machine) {
                fprintf(stderr, "--host and --machine exclude each other.\n");
                return -1;
        }
        return optind;
}

bool options_fit(const struct options *o, const char *verb) {
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (row_is_given(&rows[i], o) && !row_fits(&rows[i], verb)) {
                        fprintf(stderr, "--%s means nothing to 'lanscopectl %s'. See 'lanscopectl %s --help'.\n",
                                rows[i].name, verb, verb);
                        return false;
                }
        return !o->sort || set_choice("sort", o->sort, strcmp(verb, "flows") == 0 ? flow_sorts : device_sorts);
}

static void row_print(FILE *f, const struct option_row *row) {
        char left[64];

        snprintf(left, sizeof left, "%c%c %s--%s%s%s", row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
                 row->letter ? "" : " ", row->name, row->argument ? "=" : "", row->argument ? row->argument : "");
        fprintf(f, "  %-36s ", left);
        for (const char *p = row->help; *p; p++)
                if (*p == '\n')
                        fprintf(f, "\n%39s", "");
                else
                        fputc(*p, f);
        fputc('\n', f);
}

void options_print(FILE *f, const char *verb) {
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (verb ? row_fits(&rows[i], verb) : !rows[i].verbs) {
                        row_print(f, &rows[i]);
                        if (rows[i].set == set_json)
                                fprintf(f, "  -j                                   The same as --json=short\n");
                }
}
