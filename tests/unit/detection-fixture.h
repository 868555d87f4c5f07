/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/detect/detection.h"
#include "tests/unit/inventory-fixture.h"

/* Detectors over an inventory that write down what they raise; and what they would keep over a restart. */

#define KEPT_MAX 16

struct raised {
        unsigned n;
        struct mac_address mac; /* of the last one */
        enum alert_severity severity;
};

struct watch {
        struct fixture f;
        struct detection *detection;
        struct peer_names *names;
        struct raised raised[_ALERT_KIND_MAX];
        uint32_t ifindex; /* where facts are heard, and in which frame: of tests to which it matters */
        uint64_t frame;
};

static inline void watch_raised(void *userdata, const struct alert *alert) {
        struct watch *w = userdata;

        w->raised[alert->kind].n++;
        w->raised[alert->kind].mac = alert->mac;
        w->raised[alert->kind].severity = alert->severity;
}

static inline void watch_changed(void *userdata _unused_, const struct alert *alert _unused_, uint32_t changes _unused_) {
}

static inline void watch_init(struct watch *w, uint64_t now) {
        struct alert_ledger_ops ops = { watch_raised, watch_changed, w };
        struct detection_config config = { .first_alert_id = 1 };

        *w = (struct watch) {};
        fixture_init(&w->f, 0);
        w->f.now = now;
        assert_int_equal(peer_names_new(&w->names, 64, 0), 0);
        config.inventory = w->f.inventory;
        config.names = w->names;
        detect_settings_default(&config.settings);
        assert_int_equal(detection_new(&w->detection, &config, &ops), 0);
}

static inline void watch_done(struct watch *w) {
        detection_free(w->detection);
        peer_names_free(w->names);
        fixture_done(&w->f);
}

struct kept {
        struct {
                char detector[32], text[LESSON_TEXT_MAX];
                uint64_t key;
                struct mac_address mac;
        } lessons[KEPT_MAX];
        size_t n;
};

static inline void keep(void *userdata, const struct lesson *lesson) {
        struct kept *k = userdata;

        assert_true(k->n < KEPT_MAX);
        snprintf(k->lessons[k->n].detector, sizeof k->lessons[0].detector, "%s", lesson->detector);
        snprintf(k->lessons[k->n].text, sizeof k->lessons[0].text, "%s", lesson->text);
        k->lessons[k->n].key = lesson->key;
        k->lessons[k->n++].mac = lesson->mac;
}

/* The `i`th with another text. */
static inline bool recall(struct watch *w, const struct kept *k, size_t i, const char *text) {
        return detection_recall(w->detection, &(struct lesson) { k->lessons[i].detector, k->lessons[i].key, k->lessons[i].mac, text }, w->f.now);
}

static inline void recall_all(struct watch *w, const struct kept *k) {
        for (size_t i = 0; i < k->n; i++)
                assert_true(recall(w, k, i, k->lessons[i].text));
}
