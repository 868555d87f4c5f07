/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/detect/model.h"

/* Reads a model's file, a regular one of MODEL_SIZE_MAX at most. 0, or -errno and why in words in `reason`. */
int model_file_load(struct model **ret, const char *path, char reason[static MODEL_REASON_MAX]);
