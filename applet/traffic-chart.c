/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Drawn by nodes of colour alone, so that it costs what its bars cost. Time runs with the reading direction. The numbers
 * are in the tooltip, and in words for who cannot see it. */

#include "applet/traffic-chart.h"

#include <glib/gi18n.h>

#include "applet/wording.h"

#define GAP 0.25          /* of a bar's place */
#define MIN_BAR 1.5       /* pixels: little is not nothing */
#define NATURAL_WIDTH 480 /* pixels */
#define NATURAL_HEIGHT 160
#define STRIP_HEIGHT 6
#define STRIP_GAP 6

struct _LanscopeTrafficChart {
        GtkWidget parent_instance;
        LanscopeTraffic *traffic;
        gboolean presence; /* with the strip */
};

G_DEFINE_FINAL_TYPE(LanscopeTrafficChart, lanscope_traffic_chart, GTK_TYPE_WIDGET)

static GdkRGBA colour(GtkWidget *widget, const char *name, const char *fallback) {
        GdkRGBA rgba;

        if (!gtk_style_context_lookup_color(gtk_widget_get_style_context(widget), name, &rgba))
                gdk_rgba_parse(&rgba, fallback);
        return rgba;
}

static void append_bar(GtkSnapshot *snapshot, const GdkRGBA *rgba, float x, float y, float width, float height) {
        gtk_snapshot_append_color(snapshot, rgba, &GRAPHENE_RECT_INIT(x, y, width, height));
}

static float bar_height(guint64 bytes, guint64 peak, float room) {
        return bytes == 0 ? 0 : (float) MAX(MIN_BAR, (double) bytes / (double) peak * room);
}

/* Where the place of a span begins; `place` is its width. */
static float span_x(GtkWidget *widget, guint index, guint n, float place) {
        return gtk_widget_get_direction(widget) == GTK_TEXT_DIR_RTL ? (float) (n - 1 - index) * place : (float) index * place;
}

static void snapshot_bars(LanscopeTrafficChart *self, GtkSnapshot *snapshot, float width, float height) {
        GtkWidget *widget = GTK_WIDGET(self);
        GdkRGBA received = colour(widget, "accent_bg_color", "#3584e4"), sent = colour(widget, "purple_2", "#c061cb");
        guint64 peak = MAX(1, lanscope_traffic_peak(self->traffic));
        guint n = self->traffic->spans->len;
        float place = width / (float) n, room = height / 2 - 1;

        for (guint i = 0; i < n; i++) {
                const LanscopeTrafficSpan *span = &g_array_index(self->traffic->spans, LanscopeTrafficSpan, i);
                float x = span_x(widget, i, n, place) + place * (float) GAP / 2, bar = place * (float) (1 - GAP);
                float up = bar_height(span->received, peak, room), down = bar_height(span->sent, peak, room);

                append_bar(snapshot, &received, x, height / 2 - 1 - up, bar, up);
                append_bar(snapshot, &sent, x, height / 2 + 1, bar, down);
        }
}

/* A place for each span, filled where something was heard. */
static void snapshot_strip(LanscopeTrafficChart *self, GtkSnapshot *snapshot, float width, float y) {
        GtkWidget *widget = GTK_WIDGET(self);
        GdkRGBA heard = colour(widget, "success_bg_color", "#2ec27e"), silent;
        guint n = self->traffic->spans->len;
        float place = width / (float) n;

        gtk_style_context_get_color(gtk_widget_get_style_context(widget), &silent);
        silent.alpha *= 0.12f;
        for (guint i = 0; i < n; i++) {
                gboolean is = g_array_index(self->traffic->spans, LanscopeTrafficSpan, i).heard;
                float x = span_x(widget, i, n, place) + place * (float) GAP / 2;

                append_bar(snapshot, is ? &heard : &silent, x, y, place * (float) (1 - GAP), STRIP_HEIGHT);
        }
}

static void lanscope_traffic_chart_snapshot(GtkWidget *widget, GtkSnapshot *snapshot) {
        LanscopeTrafficChart *self = LANSCOPE_TRAFFIC_CHART(widget);
        float width = (float) gtk_widget_get_width(widget), height = (float) gtk_widget_get_height(widget);
        GdkRGBA line;

        if (self->presence && self->traffic && self->traffic->spans->len > 0) {
                snapshot_strip(self, snapshot, width, height - STRIP_HEIGHT);
                height -= STRIP_HEIGHT + STRIP_GAP;
        }
        gtk_style_context_get_color(gtk_widget_get_style_context(widget), &line);
        line.alpha *= 0.3f;
        append_bar(snapshot, &line, 0, height / 2 - 0.5f, width, 1);
        if (self->traffic && self->traffic->spans->len > 0)
                snapshot_bars(self, snapshot, width, height);
}

static void lanscope_traffic_chart_measure(GtkWidget *widget G_GNUC_UNUSED, GtkOrientation orientation, int for_size G_GNUC_UNUSED,
                                           int *minimum, int *natural, int *minimum_baseline, int *natural_baseline) {
        *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 100 : NATURAL_HEIGHT;
        *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? NATURAL_WIDTH : NATURAL_HEIGHT;
        *minimum_baseline = *natural_baseline = -1;
}

static const LanscopeTrafficSpan *span_at(LanscopeTrafficChart *self, int x) {
        guint n = self->traffic ? self->traffic->spans->len : 0;
        int width = gtk_widget_get_width(GTK_WIDGET(self));
        guint index;

        if (n == 0 || x < 0 || x >= width)
                return NULL;
        index = (guint) ((guint64) x * n / (guint64) width);
        if (gtk_widget_get_direction(GTK_WIDGET(self)) == GTK_TEXT_DIR_RTL)
                index = n - 1 - index;
        return &g_array_index(self->traffic->spans, LanscopeTrafficSpan, index);
}

static gboolean lanscope_traffic_chart_query_tooltip(GtkWidget *widget, int x, int y G_GNUC_UNUSED,
                                                     gboolean keyboard G_GNUC_UNUSED, GtkTooltip *tooltip) {
        const LanscopeTrafficSpan *span = span_at(LANSCOPE_TRAFFIC_CHART(widget), x);
        g_autofree char *time = NULL, *received = NULL, *sent = NULL, *text = NULL;

        if (!span)
                return FALSE;
        time = wording_time(span->time);
        received = g_format_size(span->received);
        sent = g_format_size(span->sent);
        /* Translators: a time, and two amounts of data. */
        text = g_strdup_printf(span->heard ? _("From %s\nReceived: %s\nSent: %s") : _("From %s\nReceived: %s\nNot heard"), time,
                               received, sent);
        gtk_tooltip_set_text(tooltip, text);
        return TRUE;
}

static void describe(LanscopeTrafficChart *self) {
        g_autofree char *received = g_format_size(self->traffic ? self->traffic->received : 0);
        g_autofree char *sent = g_format_size(self->traffic ? self->traffic->sent : 0);
        g_autofree char *text = g_strdup_printf(_("Chart of traffic over time. Received in all: %s. Sent: %s."), received, sent);

        gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

void lanscope_traffic_chart_set_traffic(LanscopeTrafficChart *self, LanscopeTraffic *traffic) {
        g_clear_pointer(&self->traffic, lanscope_traffic_free);
        self->traffic = traffic;
        describe(self);
        gtk_widget_queue_draw(GTK_WIDGET(self));
}

void lanscope_traffic_chart_show_presence(LanscopeTrafficChart *self, gboolean show) {
        self->presence = show;
        gtk_widget_queue_draw(GTK_WIDGET(self));
}

static void lanscope_traffic_chart_finalize(GObject *object) {
        g_clear_pointer(&LANSCOPE_TRAFFIC_CHART(object)->traffic, lanscope_traffic_free);
        G_OBJECT_CLASS(lanscope_traffic_chart_parent_class)->finalize(object);
}

static void lanscope_traffic_chart_init(LanscopeTrafficChart *self) {
        gtk_widget_set_has_tooltip(GTK_WIDGET(self), TRUE);
        gtk_widget_set_overflow(GTK_WIDGET(self), GTK_OVERFLOW_HIDDEN);
}

static void lanscope_traffic_chart_class_init(LanscopeTrafficChartClass *klass) {
        GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

        G_OBJECT_CLASS(klass)->finalize = lanscope_traffic_chart_finalize;
        widget_class->snapshot = lanscope_traffic_chart_snapshot;
        widget_class->measure = lanscope_traffic_chart_measure;
        widget_class->query_tooltip = lanscope_traffic_chart_query_tooltip;
        gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
        gtk_widget_class_set_css_name(widget_class, "trafficchart");
}
