/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* model: flows that a trained model finds suspicious. Each flow of a device that is over is one vector; they wait for the
 * next advance() and are rated together. One such flow says little: a device is told of when ModelFlows= of them, with
 * ModelScore= percent or more, came within ModelWindowSec=. */

#include <errno.h>
#include <stdlib.h>

#include "engine/detect/model.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define BATCH_MAX 256
#define DEVICES_MAX 4096

struct rated { /* what is told of a flow, beside its vector */
        struct mac_address mac;
        struct ip_address ip, peer;
        uint16_t peer_port;
        uint64_t ts;
};

struct batch {
        size_t n;
        float vectors[BATCH_MAX][FLOW_FEATURES];
        struct rated flows[BATCH_MAX];
        struct watch_table *devices; /* struct suspicion */
};

struct suspicion { /* of one device */
        uint64_t since;
        uint32_t n;
        float most;
};

static void flow_model_free(void *state) {
        struct batch *b = state;

        if (b)
                watch_table_free(b->devices);
        free(b);
}

static int flow_model_init(void **ret_state) {
        struct batch *b = calloc(1, sizeof *b);
        int r = b ? watch_table_new(&b->devices, sizeof(struct suspicion), DEVICES_MAX) : -ENOMEM;

        if (r < 0)
                flow_model_free(b);
        else
                *ret_state = b;
        return r;
}

static void report(struct detect_host *host, const struct rated *flow, const struct suspicion *s) {
        const char *name = peer_names_find(host->names, &flow->ip, &flow->peer, flow->ts);
        unsigned percent = (unsigned) (s->most * 100 + 0.5F);
        struct report r;

        report_begin(&r, ALERT_MODEL, SEVERITY_WARNING, flow->ts, &flow->mac);
        r.finding.ip = flow->ip;
        report_peer(&r, host, &flow->peer, flow->peer_port, name);
        strbuf_printf(&r.text, "behaves as the model has learned that it should not: %u flows, the latest with %s, rated up to %u%%.",
                      s->n, r.peer, percent);
        report_number(&r, "flows", s->n);
        report_number(&r, "threshold_flows", detect_setting(host, MODEL_FLOWS));
        report_number(&r, "score_percent", percent);
        report_number(&r, "threshold_percent", detect_setting(host, MODEL_SCORE));
        report_seconds(&r, "window_seconds", detect_setting(host, MODEL_WINDOW));
        report_send(&r, host);
}

static void suspect(struct batch *b, struct detect_host *host, const struct rated *flow, float score) {
        struct suspicion *s;
        bool fresh;

        s = watch_table_get(b->devices, watch_key(&flow->mac, sizeof flow->mac, "", 0, 0), &fresh);
        if (!s)
                return;
        if (fresh || flow->ts < s->since || flow->ts - s->since > detect_setting(host, MODEL_WINDOW))
                *s = (struct suspicion) { .since = flow->ts };
        s->n++;
        s->most = MAX(s->most, score);
        if (s->n < detect_setting(host, MODEL_FLOWS))
                return;
        report(host, flow, s);
        *s = (struct suspicion) { .since = flow->ts };
}

static void rate(struct batch *b, struct detect_host *host) {
        float threshold = (float) detect_setting(host, MODEL_SCORE) / 100, scores[BATCH_MAX];

        if (b->n > 0 && host->model && model_score(host->model, b->vectors, b->n, scores) >= 0)
                for (size_t i = 0; i < b->n; i++)
                        if (scores[i] >= threshold)
                                suspect(b, host, &b->flows[i], scores[i]);
        b->n = 0;
}

static void flow_model_record(void *state, struct detect_host *host, const struct flow_record *flow) {
        struct flow_columns columns;
        struct batch *b = state;

        if (!host->model || !detect_setting(host, MODEL) || mac_is_zero(&flow->endpoints[0].mac))
                return;
        if (b->n == BATCH_MAX)
                rate(b, host);
        flow_columns_from_record(flow, &columns);
        flow_features_compute(&columns, b->vectors[b->n]);
        b->flows[b->n++] = (struct rated) {
                .mac = flow->endpoints[0].mac, .ip = flow->endpoints[0].ip, .peer = flow->endpoints[1].ip,
                .peer_port = flow->endpoints[1].port, .ts = flow->last,
        };
}

static void flow_model_advance(void *state, struct detect_host *host, uint64_t now _unused_, bool flush _unused_) {
        rate(state, host);
}

/* At once: the engine comes round once a second. */
static uint64_t flow_model_next_deadline(const void *state) {
        const struct batch *b = state;

        return b->n > 0 ? 0 : UINT64_MAX;
}

const struct detector flow_model_detector = {
        .name = "model",
        .init = flow_model_init,
        .free = flow_model_free,
        .record = flow_model_record,
        .advance = flow_model_advance,
        .next_deadline = flow_model_next_deadline,
};
