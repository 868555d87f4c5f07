/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* An alert as the service tells of it. */

typedef enum {
        LANSCOPE_SEVERITY_INFO,
        LANSCOPE_SEVERITY_WARNING,
        LANSCOPE_SEVERITY_CRITICAL,
} LanscopeSeverity;

typedef enum {
        LANSCOPE_ALERT_EVENT,    /* happened, and that is that */
        LANSCOPE_ALERT_ACTIVE,   /* goes on */
        LANSCOPE_ALERT_RESOLVED, /* is over */
} LanscopeAlertState;

/* The dictionary of ListAlerts. Strings are never NULL; times are microseconds since the epoch. Text is as it was heard. */
typedef struct {
        guint64 id, time, count, first, last;
        char *kind;                     /* "new_device", ... */
        char *device, *network;         /* object paths; "/" for none */
        char *mac, *name, *peer;
        char *message;                  /* a sentence for a person */
        char *details;                  /* a JSON object */
        LanscopeSeverity severity;
        LanscopeAlertState state;
        gboolean acknowledged;
} LanscopeAlertInfo;

#define LANSCOPE_TYPE_ALERT (lanscope_alert_get_type())
G_DECLARE_FINAL_TYPE(LanscopeAlert, lanscope_alert, LANSCOPE, ALERT, GObject)

/* Signal "changed": found again, got more severe, is over, or was acknowledged. */

/* NULL: the dictionary has no Id. */
LanscopeAlert *lanscope_alert_new(GVariant *dictionary);
/* Owned by the alert, valid until the main loop runs again. */
const LanscopeAlertInfo *lanscope_alert_info(LanscopeAlert *self);

/* For the store of alerts. */
void lanscope_alert_update(LanscopeAlert *self, GVariant *dictionary);
void lanscope_alert_acknowledge(LanscopeAlert *self);
