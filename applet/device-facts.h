/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "applet/client.h"
#include "applet/plain-row.h"

/* Why a device is what it is thought to be, and all that was heard of it: Explain() and Evidence, as rows of two groups. They
 * are asked for when they are needed, for there is much of it. */

typedef struct DeviceFacts DeviceFacts;

/* `reasons` is an AdwPreferencesGroup, `evidence` an AdwExpanderRow; both are borrowed and must live as long. */
DeviceFacts *device_facts_new(LanscopeClient *client, GtkWidget *reasons, GtkWidget *evidence);
void device_facts_free(DeviceFacts *facts);

/* Shows those of `path`; "" for none. */
void device_facts_show(DeviceFacts *facts, const char *path);
/* Asks anew, soon: however often it is called, the service is asked every two seconds at most. */
void device_facts_refresh(DeviceFacts *facts);
