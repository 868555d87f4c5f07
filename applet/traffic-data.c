/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The service leaves out spans without traffic; a chart needs them, as zeroes. */

#include "applet/traffic-data.h"

#define HOUR (60 * 60)
#define DAY (24 * HOUR)

static guint64 number(GVariant *dictionary, const char *key) {
        guint64 value = 0;

        g_variant_lookup(dictionary, key, "t", &value);
        return value;
}

static char *text(GVariant *dictionary, const char *key, const char *type) {
        const char *value;

        return g_strdup(g_variant_lookup(dictionary, key, type, &value) ? value : "");
}

static void party_free(void *data) {
        LanscopeTrafficParty *party = data;

        g_free(party->id);
        g_free(party->name);
        g_free(party);
}

static GPtrArray *parties_new(GVariant *dictionary, const char *key, const char *id, const char *type) {
        GPtrArray *parties = g_ptr_array_new_with_free_func(party_free);
        g_autoptr(GVariant) list = g_variant_lookup_value(dictionary, key, G_VARIANT_TYPE("aa{sv}"));

        for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
                g_autoptr(GVariant) row = g_variant_get_child_value(list, i);
                LanscopeTrafficParty *party = g_new0(LanscopeTrafficParty, 1);

                party->id = text(row, id, type);
                party->name = text(row, "Name", "&s");
                party->sent = number(row, "BytesSent");
                party->received = number(row, "BytesReceived");
                g_ptr_array_add(parties, party);
        }
        return parties;
}

static void fill_spans(LanscopeTraffic *traffic) {
        guint64 width = traffic->width * G_USEC_PER_SEC;
        guint64 length = traffic->until > traffic->since ? traffic->until - traffic->since : 0;
        guint64 n = length / width + (length % width != 0);

        if (n > LANSCOPE_TRAFFIC_SPANS_MAX) {
                traffic->since += (n - LANSCOPE_TRAFFIC_SPANS_MAX) * width;
                n = LANSCOPE_TRAFFIC_SPANS_MAX;
        }
        traffic->spans = g_array_sized_new(FALSE, TRUE, sizeof(LanscopeTrafficSpan), (guint) n);
        for (guint64 i = 0; i < n; i++) {
                LanscopeTrafficSpan span = { .time = traffic->since + i * width };

                g_array_append_val(traffic->spans, span);
        }
}

static void take_span(LanscopeTraffic *traffic, GVariant *row) {
        guint64 time = number(row, "Time"), index;
        LanscopeTrafficSpan *span;

        if (time < traffic->since)
                return;
        index = (time - traffic->since) / (traffic->width * G_USEC_PER_SEC);
        if (index >= traffic->spans->len)
                return;
        span = &g_array_index(traffic->spans, LanscopeTrafficSpan, index);
        span->sent += number(row, "BytesSent");
        span->received += number(row, "BytesReceived");
        span->heard |= number(row, "PacketsSent") > 0;
}

LanscopeTraffic *lanscope_traffic_new(GVariant *dictionary) {
        LanscopeTraffic *traffic = g_new0(LanscopeTraffic, 1);
        g_autoptr(GVariant) spans = g_variant_lookup_value(dictionary, "Spans", G_VARIANT_TYPE("aa{sv}"));
        g_autofree char *width = text(dictionary, "Span", "&s");

        traffic->width = g_str_equal(width, "day") ? DAY : HOUR;
        traffic->since = number(dictionary, "Since");
        traffic->until = number(dictionary, "Until");
        traffic->sent = number(dictionary, "BytesSent");
        traffic->received = number(dictionary, "BytesReceived");
        traffic->devices = parties_new(dictionary, "Devices", "Device", "&o");
        traffic->peers = parties_new(dictionary, "Peers", "Address", "&s");
        fill_spans(traffic);
        for (gsize i = 0; spans && i < g_variant_n_children(spans); i++) {
                g_autoptr(GVariant) row = g_variant_get_child_value(spans, i);

                take_span(traffic, row);
        }
        return traffic;
}

void lanscope_traffic_free(LanscopeTraffic *traffic) {
        if (!traffic)
                return;
        g_array_unref(traffic->spans);
        g_ptr_array_unref(traffic->devices);
        g_ptr_array_unref(traffic->peers);
        g_free(traffic);
}

guint lanscope_traffic_heard(const LanscopeTraffic *traffic) {
        guint n = 0;

        for (guint i = 0; i < traffic->spans->len; i++)
                n += g_array_index(traffic->spans, LanscopeTrafficSpan, i).heard;
        return n;
}

guint64 lanscope_traffic_peak(const LanscopeTraffic *traffic) {
        guint64 peak = 0;

        for (guint i = 0; i < traffic->spans->len; i++) {
                const LanscopeTrafficSpan *span = &g_array_index(traffic->spans, LanscopeTrafficSpan, i);

                peak = MAX(peak, MAX(span->sent, span->received));
        }
        return peak;
}
