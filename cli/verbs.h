/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/options.h"

/* One row a verb, one file each. */
extern const struct verb verb_ack, verb_alerts, verb_analyze, verb_device, verb_exceptions, verb_explain, verb_export, verb_flows, verb_forget,
        verb_label, verb_list, verb_merge, verb_mode, verb_monitor, verb_mute, verb_networks, verb_notes, verb_reload, verb_split, verb_start,
        verb_status, verb_stop, verb_top, verb_traffic, verb_trust, verb_type, verb_unmute;
