/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl networks: where the devices are. */

#include <string.h>

#include "cli/bus-lists.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/when.h"

/* IPv4 first; where there is little room, the first alone. */
static void format_prefixes(struct strbuf *b, struct json_object *prefixes, bool all) {
        size_t n = json_object_is_type(prefixes, json_type_array) ? json_object_array_length(prefixes) : 0;

        for (int ipv6 = 0; ipv6 < 2; ipv6++)
                for (size_t i = 0; i < n; i++) {
                        const char *prefix = json_object_get_string(json_object_array_get_idx(prefixes, i));

                        if ((strchr(prefix, ':') != NULL) == ipv6 && (all || b->length == 0))
                                strbuf_printf(b, "%s%s", b->length > 0 ? ", " : "", prefix);
                }
}

static int add_network(struct table *t, const struct screen *s, struct json_object *n) {
        char seen[64], prefixes[512];
        struct strbuf b = STRBUF(seen), p = STRBUF(prefixes);

        format_prefixes(&p, json_at(n, "prefixes"), s->columns == 0);
        when_format_relative(&b, json_time_usec(json_at(n, "last_seen")), when_now());
        return table_add(t, s, STYLE_NONE, json_text_at(n, "id")) | table_add(t, s, STYLE_BOLD, json_text_at(n, "name")) |
               table_add(t, s, STYLE_NONE, json_text_at(n, "interface")) | table_add(t, s, STYLE_NONE, prefixes) |
               table_add(t, s, STYLE_NONE, json_text_at(n, "gateway_ip")) |
               table_add(t, s, STYLE_NONE, json_text_at(n, "gateway_mac")) |
               table_printf(t, STYLE_NONE, "%s", json_object_get_string(json_at(n, "devices"))) |
               table_add(t, s, STYLE_NONE, seen);
}

static int print(const struct options *options, struct json_object *networks) {
        static const struct table_column columns[] = {
                { "NETWORK" }, { "NAME", .min_width = 8 }, { "INTERFACE", .drop = 1 },
                { "PREFIX", .min_width = 18 }, { "GATEWAY", .min_width = 15 },
                { "GATEWAY MAC", .drop = 3 }, { "DEVICES", .right = true }, { "LAST SEEN", .drop = 2 },
        };
        _cleanup_(table_freep) struct table *t = NULL;
        struct screen screen;
        int r = table_new(&t, columns, ELEMENTSOF(columns));

        screen_open(&screen, options, true);
        json_object_object_foreach(networks, id, network) {
                (void) id;
                if (r >= 0)
                        r = add_network(t, &screen, network);
        }
        if (r >= 0)
                table_print(t, &screen, !options->no_legend, 0);
        screen_close(&screen);
        return r < 0 ? output_no_memory() : 0;
}

static int print_json(const struct options *options, struct json_object *networks) {
        _cleanup_(json_putp) struct json_object *list = json_object_new_array();

        json_object_object_foreach(networks, id, network) {
                (void) id;
                if (!list || json_object_array_add(list, json_object_get(network)) < 0)
                        return output_no_memory();
        }
        return output_json(options, list);
}

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(json_putp) struct json_object *devices = NULL, *networks = NULL;
        int r;

        r = bus_open(options, &bus);
        if (r >= 0)
                r = bus_list_devices(bus, options, &devices, &networks);
        if (r < 0)
                return exit_status(r);
        return options->json != JSON_OFF ? print_json(options, networks) : print(options, networks);
}

const struct verb verb_networks = {
        .name = "networks",
        .arguments = "",
        .summary = "List the networks that the devices are in",
        .description = "Lists the networks that devices were seen in. A network is what one gateway serves on one\n"
                       "interface, so that a laptop's home and office are kept apart. On a narrow terminal the\n"
                       "less important columns are left out, and all prefixes but one; --wide shows them all.\n",
        .run = run,
};
