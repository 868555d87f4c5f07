/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What GetTraffic says, for people to look at. */

typedef struct {
        guint64 time; /* begin of the span, microseconds since the epoch */
        guint64 sent, received; /* bytes */
        gboolean heard;         /* something was sent, were it a mere announcement */
} LanscopeTrafficSpan;

typedef struct {
        char *id;   /* a device's object path, or an address */
        char *name; /* "" not known; as it was heard */
        guint64 sent, received;
} LanscopeTrafficParty;

typedef struct {
        guint64 since, until;  /* microseconds since the epoch */
        guint64 width;         /* of a span, seconds */
        guint64 sent, received;
        GArray *spans;         /* of LanscopeTrafficSpan, every one of [since, until), oldest first */
        GPtrArray *devices;    /* of LanscopeTrafficParty, the most bytes first */
        GPtrArray *peers;
} LanscopeTraffic;

/* More spans than this are cut off at the beginning: nobody sees that many in a chart. */
#define LANSCOPE_TRAFFIC_SPANS_MAX 1024

/* Never NULL: what is missing in `dictionary` (an a{sv}) is empty. */
LanscopeTraffic *lanscope_traffic_new(GVariant *dictionary);
void lanscope_traffic_free(LanscopeTraffic *traffic);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LanscopeTraffic, lanscope_traffic_free)

/* In how many spans something was sent. */
guint lanscope_traffic_heard(const LanscopeTraffic *traffic);
/* The most bytes that one span has one way. */
guint64 lanscope_traffic_peak(const LanscopeTraffic *traffic);
