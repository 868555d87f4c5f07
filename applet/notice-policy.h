/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "applet/alert-item.h"

/* Which alerts become notifications. Knows no clock, no settings and no display: all of it is passed in. */

/* What the user wants; the keys of the GSettings schema. */
struct notice_policy {
        bool show;
        LanscopeSeverity minimum_severity; /* of alerts other than new and returned devices */
        bool new_devices, returned_devices;
        const char *const *silent_kinds; /* ends with NULL; may be NULL */
        bool quiet_hours;
        unsigned quiet_from, quiet_until; /* minutes since midnight, local time */
        bool critical_passes;
        int64_t paused_until; /* seconds since the epoch */
};

/* When it is: the same moment twice, for the local time is not for us to find out. */
struct notice_time {
        int64_t now;     /* seconds since the epoch */
        unsigned minute; /* since midnight, local time */
};

/* Is it within the quiet hours? They may go over midnight; none if they begin when they end. */
bool notice_policy_is_quiet(const struct notice_policy *policy, unsigned minute);
bool notice_policy_is_paused(const struct notice_policy *policy, int64_t now);

/* Is it one that the user wants, only not now? It is summed up later. */
bool notice_policy_holds(const struct notice_policy *policy, const char *kind, LanscopeSeverity severity,
                         const struct notice_time *when);
/* Seconds until nothing is held any more, as far as is known by now; 0: nothing is. */
int64_t notice_policy_held_for(const struct notice_policy *policy, const struct notice_time *when);

/* Is an alert of this kind and severity to be shown now? */
bool notice_policy_allows(const struct notice_policy *policy, const char *kind, LanscopeSeverity severity,
                          const struct notice_time *when);
