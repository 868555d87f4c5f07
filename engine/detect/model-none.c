/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where ONNX Runtime is not built in: there are no models. */

#include <errno.h>
#include <stdio.h>

#include "engine/detect/model.h"

int model_new(struct model **ret _unused_, const void *data _unused_, size_t size _unused_, char reason[static MODEL_REASON_MAX]) {
        snprintf(reason, MODEL_REASON_MAX, "this lanscope was built without ONNX Runtime");
        return -EOPNOTSUPP;
}

struct model *model_free(struct model *model _unused_) {
        return NULL;
}

int model_score(struct model *model _unused_, const float (*vectors)[FLOW_FEATURES], size_t n _unused_, float *ret_scores _unused_) {
        (void) vectors;
        return -EOPNOTSUPP;
}
