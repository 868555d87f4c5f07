/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "applet/application.h"

/*
 * Notifications: takes alerts from the client, heeds settings, pause and quiet hours, and has what is left shown by the
 * desktop. Their buttons act through the client, and whoever may not do that is told so in the same place.
 */
struct notifier;

/* Adds the actions "pause-hour", "pause-until-tomorrow" and "resume-notifications" to the application, which must live
 * longer. */
struct notifier *notifier_new(LanscopeApplication *application);
/* Withdraws what is shown, for nobody would hear its buttons any more. */
struct notifier *notifier_free(struct notifier *notifier);
