/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/configuration.h"
#include "daemon/manager.h"

/* All that the service reads from files to know what to do: configuration, command line over it, rules, and the model, if
 * one is configured and can be used. All but that or
 * nothing; mistakes in them are logged, and listed as "file:line: text" in `*ret_complaints` (strings_free()).
 * -errno if something cannot be read, which is logged. */
int settings_load(const struct manager_options *options, struct config *ret_config, struct ruleset **ret_rules,
                  struct model **ret_model, char ***ret_complaints);
