/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

#include "common/macro.h"
#include "engine/detect/flow-features.h"

/* A model that rates flows: an ONNX file with one input, float [N, FLOW_FEATURES], and one output, float [N] or [N, 1], from 0
 * (as ever) to 1 (suspicious). It says which features it was trained on: metadata "lanscope.features" is
 * FLOW_FEATURE_NAMES. model.c where ONNX Runtime is built in, model-none.c elsewhere. */

struct model;

#define MODEL_SIZE_MAX ((size_t) 64 << 20) /* bytes of a file */
#define MODEL_REASON_MAX 256

/* `data` is read and not kept. -EOPNOTSUPP: no runtime is built in; -EBADMSG: no model, or one of another shape or of
 * other features; `reason` has it in words. */
int model_new(struct model **ret, const void *data, size_t size, char reason[static MODEL_REASON_MAX]);
struct model *model_free(struct model *model);
DEFINE_CLEANUP(struct model *, model_free)

/* Rates `n` flows at once. Scores that are no numbers from 0 to 1 are made such. -EIO: the model fails on them. */
int model_score(struct model *model, const float (*vectors)[FLOW_FEATURES], size_t n, float *ret_scores);
