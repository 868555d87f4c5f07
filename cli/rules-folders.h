/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/classify/classify.h"

/* Loads the classification rules for an analysis: those in `folder` alone, or, when it is NULL, those of the
 * source while this program runs from its build tree, else the installed ones with /etc's over them.
 * With them come the TCP signatures of operating systems: those of the file `signatures`, or, when it is NULL, likewise.
 * Says on standard error what is wrong. 1: there were mistakes, the rest is loaded; -errno: nothing is. */
int rules_load(struct ruleset **ret, const char *folder, const char *signatures);
