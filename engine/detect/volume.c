/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* volume_spike, upload_anomaly: a device that moves far more than it ever does at this hour, or that sends far more into
 * the internet. Each has its own baseline: mean and deviation of its hours, as exponentially weighted averages, one for
 * each hour of the day (UTC). Counted are flows when they end; a flow that is long counts in the hour in which it ends.
 *
 * A baseline says something after BaselineDays= days. An hour is told when it is over VolumeFactor= deviations above
 * the mean and moves at least VolumeMin=. */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/locality.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define DEVICES_MAX 1024
#define HOUR (3600 * NSEC_PER_SEC)
/* Of the moving averages: a day is a seventh of the memory. */
#define GAIN (1.0 / 7)

struct baseline {
        double mean, variance;
        uint16_t days;
};

struct volume { /* of one device */
        struct learned learned;
        uint64_t hour;        /* number since the epoch; 0: nothing yet */
        uint64_t total, sent; /* bytes in this hour; sent: into the internet */
        struct ip_address ip, peer; /* of the largest upload */
        uint64_t largest;
        bool resumed;         /* of this hour a part was not seen: it says nothing */
        struct baseline totals[24], uploads[24];
};

struct volumes {
        struct watch_table *devices; /* struct volume by MAC */
        struct volume *latest[2];    /* by which end of a flow it was: most often it is so of the next one, too. Whose they are they say */
};

static void volume_free(void *state) {
        struct volumes *s = state;

        if (!s)
                return;
        watch_table_free(s->devices);
        free(s);
}

static int volume_init(void **ret_state) {
        struct volumes *s = calloc(1, sizeof *s);
        int r = s ? watch_table_new(&s->devices, sizeof(struct volume), DEVICES_MAX) : -ENOMEM;

        if (r < 0) {
                volume_free(s);
                return r;
        }
        *ret_state = s;
        return 0;
}

/* NULL: out of memory. */
static struct volume *volume_of(struct volumes *s, const struct mac_address *mac, unsigned side) {
        struct volume *v = s->latest[side];
        bool fresh;

        if (v && mac_equal(&v->learned.mac, mac)) {
                watch_table_use(s->devices, v);
        } else {
                v = watch_table_get(s->devices, watch_key(mac, sizeof *mac, "", 0, 0), &fresh);
                s->latest[side] = v;
        }
        if (v)
                learned_note(&v->learned, mac);
        return v;
}

static void learn(struct baseline *b, double value) {
        double difference = value - b->mean;

        if (b->days == 0) {
                b->mean = value;
        } else {
                b->mean += GAIN * difference;
                b->variance = (1 - GAIN) * (b->variance + GAIN * difference * difference);
        }
        b->days = (uint16_t) MIN(b->days + 1, UINT16_MAX - 1);
}

/* The hour of the day, or where too little is known of it the hours of all the day. */
static struct baseline baseline_of(const struct detect_host *host, const struct baseline hours[static 24], unsigned hour) {
        struct baseline all = {};
        unsigned n = 0;

        if (hours[hour].days >= detect_setting(host, BASELINE_DAYS))
                return hours[hour];
        for (unsigned i = 0; i < 24; i++) {
                if (hours[i].days == 0)
                        continue;
                all.mean = MAX(all.mean, hours[i].mean);
                all.variance = MAX(all.variance, hours[i].variance);
                all.days = (uint16_t) MAX(all.days, hours[i].days);
                n++;
        }
        if (n < 24)
                all.days = 0;
        return all;
}

static bool is_beyond(const struct detect_host *host, const struct baseline *b, uint64_t bytes) {
        /* Of a device that never varies the deviation is taken for a tenth of its mean. */
        double deviation = MAX(sqrt(b->variance), b->mean / 10);

        return b->days >= detect_setting(host, BASELINE_DAYS) && bytes >= detect_setting(host, VOLUME_MIN) &&
               (double) bytes > b->mean + (double) detect_setting(host, VOLUME_FACTOR) * deviation;
}

static void report(struct detect_host *host, const struct volume *v, const struct baseline *b, uint64_t bytes, bool upload, uint64_t now) {
        struct report r;

        report_begin(&r, upload ? ALERT_UPLOAD_ANOMALY : ALERT_VOLUME_SPIKE,
                     upload && (double) bytes > 20 * b->mean ? SEVERITY_WARNING : SEVERITY_INFO, now, &v->learned.mac);
        r.finding.ip = v->ip;
        strbuf_printf(&r.text, "%s %llu MB this hour; usual at this time of day are %llu MB.",
                      upload ? "sent into the internet" : "moved", (unsigned long long) (bytes / 1000000),
                      (unsigned long long) (b->mean / 1000000));
        report_number(&r, "bytes", bytes);
        report_number(&r, "mean", (uint64_t) b->mean);
        report_number(&r, "deviation", (uint64_t) sqrt(b->variance));
        report_number(&r, "threshold_deviations", detect_setting(host, VOLUME_FACTOR));
        report_number(&r, "threshold_bytes", detect_setting(host, VOLUME_MIN));
        report_number(&r, "days_learned", b->days);
        if (upload)
                report_peer(&r, host, &v->peer, 0, peer_names_find(host->names, &v->ip, &v->peer, now));
        report_send(&r, host);
}

/* The hours since are over; those without traffic count as well, up to a day. */
static void turn(struct volume *v, uint64_t hour) {
        if (v->hour != 0 && !v->resumed) {
                learn(&v->totals[v->hour % 24], (double) v->total);
                learn(&v->uploads[v->hour % 24], (double) v->sent);
        }
        for (uint64_t h = v->hour + 1; v->hour != 0 && !v->resumed && h < hour && h < v->hour + 24; h++) {
                learn(&v->totals[h % 24], 0);
                learn(&v->uploads[h % 24], 0);
        }
        v->hour = hour;
        v->resumed = false;
        v->total = v->sent = v->largest = 0;
}

/* `abroad`: is the other end in the internet? */
static void count(struct volumes *s, struct detect_host *host, const struct flow_summary *flow, unsigned side, bool abroad) {
        const struct flow_endpoint *own = &flow->endpoints[side], *other = &flow->endpoints[!side];
        uint64_t hour = flow->last / HOUR, sent = flow->bytes[side];
        struct baseline totals, uploads;
        struct volume *v;

        if (mac_is_zero(&own->mac))
                return;
        v = volume_of(s, &own->mac, side);
        if (!v)
                return;
        v->ip = own->ip;
        if (hour > v->hour)
                turn(v, hour);
        v->total += sent + flow->bytes[!side];
        if (abroad) {
                v->sent += sent;
                if (sent > v->largest) {
                        v->largest = sent;
                        v->peer = other->ip;
                }
        }
        /* What is little is never too much; sent is part of it. */
        if (v->total < detect_setting(host, VOLUME_MIN) || v->resumed)
                return;
        totals = baseline_of(host, v->totals, hour % 24);
        uploads = baseline_of(host, v->uploads, hour % 24);
        if (detect_setting(host, UPLOAD_ANOMALY) && is_beyond(host, &uploads, v->sent))
                report(host, v, &uploads, v->sent, true, flow->last);
        else if (detect_setting(host, VOLUME_SPIKE) && is_beyond(host, &totals, v->total))
                report(host, v, &totals, v->total, false, flow->last);
}

static void volume_flow(void *state, struct detect_host *host, const struct flow_summary *flow) {
        bool public[2];

        if (!detect_setting(host, VOLUME_SPIKE) && !detect_setting(host, UPLOAD_ANOMALY))
                return;
        for (unsigned i = 0; i < 2; i++)
                public[i] = ip_is_public(host, &flow->endpoints[i].ip);
        for (unsigned i = 0; i < 2; i++)
                if (!public[i])
                        count(state, host, flow, i, public[!i]);
}

/* The hour, what was counted in it, and the baselines: mean, deviation and days of each hour. */

/* What a double holds to the byte. */
#define BYTES_MAX (UINT64_C(1) << 53)

static void put_baselines(struct strbuf *b, const struct baseline hours[static 24]) {
        for (unsigned i = 0; i < 24; i++) {
                lesson_put_number(b, (uint64_t) hours[i].mean);
                lesson_put_number(b, (uint64_t) sqrt(hours[i].variance));
                lesson_put_number(b, hours[i].days);
        }
}

static bool get_baselines(const char **text, struct baseline hours[static 24]) {
        for (unsigned i = 0; i < 24; i++) {
                uint64_t mean, deviation, days;

                if (!lesson_get_number(text, BYTES_MAX, &mean) || !lesson_get_number(text, BYTES_MAX, &deviation) ||
                    !lesson_get_number(text, UINT16_MAX - 1, &days))
                        return false;
                hours[i] = (struct baseline) { (double) mean, (double) deviation * (double) deviation, (uint16_t) days };
        }
        return true;
}

static void volume_remember(void *state, bool all, lesson_take_fn take, void *userdata) {
        struct volumes *s = state;

        for (struct volume *v = NULL; (v = learned_next(s->devices, v, all));) {
                char text[LESSON_TEXT_MAX];
                struct strbuf b = STRBUF(text);

                lesson_put_number(&b, v->hour);
                lesson_put_number(&b, v->total);
                lesson_put_number(&b, v->sent);
                put_baselines(&b, v->totals);
                put_baselines(&b, v->uploads);
                lesson_tell("volume", v, &b, take, userdata);
        }
}

static bool volume_recall(void *state, const struct lesson *lesson, uint64_t now) {
        struct volume read = { .resumed = true }, *v;
        struct volumes *s = state;
        const char *text = lesson->text;

        if (!lesson_get_number(&text, UINT64_MAX / HOUR, &read.hour) || !lesson_get_number(&text, INT64_MAX, &read.total) ||
            !lesson_get_number(&text, INT64_MAX, &read.sent) || !get_baselines(&text, read.totals) ||
            !get_baselines(&text, read.uploads))
                return false;
        if (read.hour > now / HOUR)
                read.hour = read.total = read.sent = 0;
        v = learned_recall(s->devices, lesson);
        if (!v)
                return false;
        read.learned = v->learned;
        *v = read;
        return true;
}

static void volume_forget(void *state, const struct mac_address *mac) {
        struct volumes *s = state;

        learned_forget(s->devices, mac);
        s->latest[0] = s->latest[1] = NULL;
}

const struct detector volume_detector = {
        .name = "volume",
        .init = volume_init,
        .free = volume_free,
        .flow = volume_flow,
        .remember = volume_remember,
        .recall = volume_recall,
        .forget = volume_forget,
};
