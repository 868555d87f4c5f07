/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "applet/alert-item.h"

/* What an alert says, in the user's language: a sentence made of its kind and its details. Where these are of a service that is
 * newer than this program it is the service's own sentence, in English. One line of plain text of bounded length; what devices said
 * in it is quoted (lanscope_quote()). The caller frees. */
char *alert_sentence(const LanscopeAlertInfo *alert);
