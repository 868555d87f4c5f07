/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "applet/client.h"
#include "applet/notice-board.h"

/* What the buttons of a notification do to the service: asked for, and answered later. */

/* `error` NULL: done. Called once, unless `cancellable` was cancelled. */
typedef void (*notice_action_done)(const char *subject, const GError *error, void *userdata);

/* Trusts the device of the notice, and acknowledges the alerts. */
void notice_action_trust(LanscopeClient *client, const struct notice *notice, GCancellable *cancellable,
                         notice_action_done done, void *userdata);
/* No more alerts of that kind about that device, or that peer where there is no device; acknowledges the alerts. */
void notice_action_mute(LanscopeClient *client, const struct notice *notice, GCancellable *cancellable,
                        notice_action_done done, void *userdata);

/* Is there a device or a peer to mute, so that it would not mute the whole kind? */
gboolean notice_can_be_muted(const LanscopeAlertInfo *alert);
