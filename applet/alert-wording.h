/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "applet/alert-item.h"

/* The service's words about alerts in the user's language. Borrowed strings are constant; a kind that is not known comes
 * back as it is. */

/* "arp_spoofing" -> "Poses as another device (ARP)" */
const char *wording_alert(const char *kind);
const char *wording_severity(LanscopeSeverity severity);

/* A word of the service in details: what changed, where it was seen, "yes". What is not known comes back as it is. */
const char *wording_alert_term(const char *term);

/* All kinds of alert, NULL at the end, in the order in which to offer them. */
const char *const *wording_alert_kinds(void);
