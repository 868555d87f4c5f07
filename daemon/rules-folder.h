/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/conf-file.h"
#include "engine/classify/classify.h"

/* Loads all rule files: those of the package with the administrator's drop-ins over them, or those of
 * `folder` alone; and the TCP signatures of p0f, or of the package. Mistakes in them are complained about and left out. 0; -ENOENT: `folder` is not there; -errno of a
 * failed read, with the file in `ret_failed`, which the caller frees. */
int rules_folder_load(struct ruleset **ret, const char *folder, conf_complaint_fn complain, void *userdata,
                      char **ret_failed);
