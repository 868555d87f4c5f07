/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts, flows and alerts for events, a line each: a byte that says which kind of fact it is, one for the ends and the
 * side that speaks, then the value. Whatever comes, each event is one object of JSON on one line, no event is lost, and
 * nothing waits when all is told. */

#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "daemon/eve.h"
#include "daemon/eve-alert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *userdata, enum eve_type told, const char *line, size_t length) {
        struct json_object *o = json_tokener_parse(line), *type;
        uint64_t *n = userdata;

        if (!o || memchr(line, '\n', length) || !json_object_object_get_ex(o, "event_type", &type) ||
            strcmp(json_object_get_string(type), eve_type_to_string(told)) != 0)
                abort();
        json_object_put(o);
        ++*n;
}

static struct fact make_fact(const uint8_t head[static 2], uint64_t ts, const char *value) {
        struct fact f = {
                .ts = ts,
                .kind = (enum fact_kind) (head[0] % _FACT_KIND_MAX),
                .ip = { AF_INET, { 10, 0, 0, head[1] & 7 } },
                .destination = { AF_INET, { 192, 0, 2, 1 } },
                .source_port = 40000,
                .destination_port = 443,
                .protocol = head[1] & 64 ? IPPROTO_TCP : IPPROTO_UDP,
                .flags = FACT_HAS_MAC,
                .value = value,
                .value_length = (uint32_t) strlen(value),
        };

        if (head[1] & 128) {
                struct ip_address ip = f.ip;

                f.ip = f.destination;
                f.destination = ip;
                f.source_port = 443;
                f.destination_port = 40000;
        }
        return f;
}

static void take(struct eve *eve, const uint8_t head[static 2], uint64_t ts, const char *value) {
        struct fact fact = make_fact(head, ts, value);
        struct alert alert = { .kind = (enum alert_kind) (head[0] % _ALERT_KIND_MAX), .name = value, .peer = value,
                               .message = value, .details = value, .ts = ts };
        struct flow_record flow = { .protocol = fact.protocol, .endpoints = { { .ip = fact.ip }, { .ip = fact.destination } },
                                    .last = ts };

        switch (head[1] >> 3 & 7) {
        case 7:
                eve_take_alert(eve, &alert, head[0] & 1);
                break;
        case 6:
                eve_take_flow(eve, &flow);
                break;
        case 5:
                eve_settle(eve);
                break;
        default:
                eve_take_fact(eve, &fact);
                break;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint8_t *at = data, *end = data + size;
        struct eve_config config = { .types = EVE_ALL };
        struct flow_hasher *hasher = NULL;
        struct eve_counters counters;
        struct eve *eve = NULL;
        uint64_t told = 0, now = NSEC_PER_SEC;

        if (flow_hasher_new(&hasher) < 0)
                return 0;
        config.hasher = hasher;
        if (eve_new(&eve, &config, &(struct eve_ops) { check, NULL, &told }) < 0)
                abort();
        for (; at < end; now += NSEC_PER_SEC / 4) {
                const uint8_t *newline = memchr(at, '\n', (size_t) (end - at));
                size_t n = (size_t) ((newline ? newline : end) - at);
                char *value = n >= 2 ? strndup((const char *) at + 2, n - 2) : NULL;

                if (value)
                        take(eve, at, now, value);
                free(value);
                at = newline ? newline + 1 : end;
        }
        eve_flush(eve);
        eve_get_counters(eve, &counters);
        if (counters.events != told || counters.failed != 0 || eve_next_deadline(eve) != UINT64_MAX)
                abort();
        eve_free(eve);
        flow_hasher_free(hasher);
        return 0;
}
