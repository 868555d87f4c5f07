/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the user asked for decides, in this order: nothing at all, never this kind, not so mild, not now. */

#include "applet/notice-policy.h"

#include <string.h>

bool notice_policy_is_quiet(const struct notice_policy *policy, unsigned minute) {
        if (!policy->quiet_hours)
                return false;
        if (policy->quiet_from <= policy->quiet_until)
                return minute >= policy->quiet_from && minute < policy->quiet_until;
        return minute >= policy->quiet_from || minute < policy->quiet_until;
}

bool notice_policy_is_paused(const struct notice_policy *policy, int64_t now) {
        return policy->paused_until > now;
}

static bool kind_is_silent(const struct notice_policy *policy, const char *kind) {
        for (const char *const *silent = policy->silent_kinds; silent && *silent; silent++)
                if (strcmp(*silent, kind) == 0)
                        return true;
        return false;
}

static bool kind_is_wanted(const struct notice_policy *policy, const char *kind, LanscopeSeverity severity) {
        if (kind_is_silent(policy, kind))
                return false;
        if (strcmp(kind, "new_device") == 0)
                return policy->new_devices;
        if (strcmp(kind, "device_returned") == 0)
                return policy->returned_devices;
        return severity >= policy->minimum_severity;
}

static bool is_held(const struct notice_policy *policy, LanscopeSeverity severity, const struct notice_time *when) {
        if (severity == LANSCOPE_SEVERITY_CRITICAL && policy->critical_passes)
                return false;
        return notice_policy_is_paused(policy, when->now) || notice_policy_is_quiet(policy, when->minute);
}

bool notice_policy_holds(const struct notice_policy *policy, const char *kind, LanscopeSeverity severity,
                         const struct notice_time *when) {
        return policy->show && kind_is_wanted(policy, kind, severity) && is_held(policy, severity, when);
}

int64_t notice_policy_held_for(const struct notice_policy *policy, const struct notice_time *when) {
        int64_t left = notice_policy_is_paused(policy, when->now) ? policy->paused_until - when->now : 0;

        if (notice_policy_is_quiet(policy, when->minute)) {
                int64_t quiet = (policy->quiet_until + 24 * 60 - when->minute) % (24 * 60) * 60;

                left = quiet > left ? quiet : left;
        }
        return left;
}

bool notice_policy_allows(const struct notice_policy *policy, const char *kind, LanscopeSeverity severity,
                          const struct notice_time *when) {
        return policy->show && kind_is_wanted(policy, kind, severity) && !is_held(policy, severity, when);
}
