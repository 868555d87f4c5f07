/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ONNX Runtime is 16 MB of library for the few who have a model: it is loaded when the first one is. */

#include "engine/detect/model.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <onnxruntime_c_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

#define NAMES_KEY "lanscope.features"

struct model {
        const OrtApi *api;
        OrtEnv *env;
        OrtSession *session;
        OrtAllocator *allocator; /* the runtime's, not to be freed */
        OrtMemoryInfo *memory;
        char *input, *output;    /* names, the allocator's */
};

/* Stays loaded: its threads and registries outlive any session. */
static const OrtApi *load_runtime(char reason[static MODEL_REASON_MAX]) {
        void *library = dlopen(ONNXRUNTIME_LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        const OrtApiBase *(*get_base)(void);
        const OrtApi *api = NULL;

        if (library) {
                /* As POSIX has it for dlsym(): a pointer to data may hold one to a function. */
                *(void **) &get_base = dlsym(library, "OrtGetApiBase");
                api = get_base ? get_base()->GetApi(ORT_API_VERSION) : NULL;
                dlclose(library);
        }
        if (!api)
                snprintf(reason, MODEL_REASON_MAX, "%s, which lanscope was built with, is not installed", ONNXRUNTIME_LIBRARY);
        return api;
}

/* True: it went well. What went wrong is said in `reason`, and freed. */
static bool passed(const OrtApi *api, OrtStatus *status, char reason[static MODEL_REASON_MAX]) {
        if (!status)
                return true;
        snprintf(reason, MODEL_REASON_MAX, "%.200s", api->GetErrorMessage(status));
        api->ReleaseStatus(status);
        return false;
}

/* One thread, the caller's: batches are small. */
static bool make_session_aloud(struct model *m, const void *data, size_t size, char reason[static MODEL_REASON_MAX]) {
        const OrtApi *api = m->api;
        OrtSessionOptions *options = NULL;
        bool good;

        if (!passed(api, api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "lanscope", &m->env), reason) ||
            !passed(api, api->CreateSessionOptions(&options), reason))
                return false;
        good = passed(api, api->SetIntraOpNumThreads(options, 1), reason) &&
               passed(api, api->SetInterOpNumThreads(options, 1), reason) &&
               passed(api, api->CreateSessionFromArray(m->env, data, size, options, &m->session), reason) &&
               passed(api, api->GetAllocatorWithDefaultOptions(&m->allocator), reason) &&
               passed(api, api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &m->memory), reason);
        api->ReleaseSessionOptions(options);
        return good;
}

/* Debian's build (1.21) registers each of ONNX's operators twice and complains of every one on stderr, 567 lines of no
 * meaning to whoever reads the log. What goes wrong comes back as a status. */
static bool make_session(struct model *m, const void *data, size_t size, char reason[static MODEL_REASON_MAX]) {
        _cleanup_(closep) int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        bool quiet = kept >= 0 && null >= 0 && dup2(null, STDERR_FILENO) >= 0, good;

        good = make_session_aloud(m, data, size, reason);
        if (quiet)
                (void) dup2(kept, STDERR_FILENO);
        return good;
}

/* A tensor of floats whose first dimension is open and whose second is `width`, or, of width 1, may be missing. */
static bool has_shape(const OrtApi *api, OrtTypeInfo *type, int64_t width, char reason[static MODEL_REASON_MAX]) {
        const OrtTensorTypeAndShapeInfo *tensor = NULL;
        ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
        int64_t dimensions[2] = { 0, 1 };
        size_t n = 0;

        if (!passed(api, api->CastTypeInfoToTensorInfo(type, &tensor), reason) || !tensor ||
            !passed(api, api->GetTensorElementType(tensor, &element), reason) ||
            !passed(api, api->GetDimensionsCount(tensor, &n), reason))
                return false;
        if (element != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT || n > 2 || n < (width == 1 ? 1 : 2))
                return false;
        return passed(api, api->GetDimensions(tensor, dimensions, n), reason) && dimensions[0] <= 0 && dimensions[1] == width;
}

static bool check_shape(struct model *m, bool input, char reason[static MODEL_REASON_MAX]) {
        int64_t width = input ? FLOW_FEATURES : 1;
        const OrtApi *api = m->api;
        OrtTypeInfo *type = NULL;
        size_t n = 0;
        bool good;

        if (!passed(api, input ? api->SessionGetInputCount(m->session, &n) : api->SessionGetOutputCount(m->session, &n), reason))
                return false;
        reason[0] = '\0';
        good = n == 1 && passed(api, input ? api->SessionGetInputTypeInfo(m->session, 0, &type)
                                           : api->SessionGetOutputTypeInfo(m->session, 0, &type), reason) &&
               has_shape(api, type, width, reason);
        if (type)
                api->ReleaseTypeInfo(type);
        if (!good && reason[0] == '\0')
                snprintf(reason, MODEL_REASON_MAX, "its %s is not one tensor of floats, any number by %d", input ? "input" : "output",
                         (int) width);
        return good;
}

static bool check_features(struct model *m, char reason[static MODEL_REASON_MAX]) {
        OrtModelMetadata *metadata = NULL;
        const OrtApi *api = m->api;
        char *names = NULL;
        bool good;

        if (!passed(api, api->SessionGetModelMetadata(m->session, &metadata), reason))
                return false;
        good = passed(api, api->ModelMetadataLookupCustomMetadataMap(metadata, m->allocator, NAMES_KEY, &names), reason);
        api->ReleaseModelMetadata(metadata);
        if (good && (!names || strcmp(names, FLOW_FEATURE_NAMES) != 0)) {
                snprintf(reason, MODEL_REASON_MAX, "it was trained on other features: " NAMES_KEY " is %.160s", names ?: "missing");
                good = false;
        }
        if (names)
                m->allocator->Free(m->allocator, names);
        return good;
}

static bool learn_names(struct model *m, char reason[static MODEL_REASON_MAX]) {
        return passed(m->api, m->api->SessionGetInputName(m->session, 0, m->allocator, &m->input), reason) &&
               passed(m->api, m->api->SessionGetOutputName(m->session, 0, m->allocator, &m->output), reason);
}

int model_new(struct model **ret, const void *data, size_t size, char reason[static MODEL_REASON_MAX]) {
        _cleanup_(model_freep) struct model *m = calloc(1, sizeof *m);

        reason[0] = '\0';
        if (!m)
                return -ENOMEM;
        m->api = load_runtime(reason);
        if (!m->api)
                return -EOPNOTSUPP;
        if (size == 0 || size > MODEL_SIZE_MAX) {
                snprintf(reason, MODEL_REASON_MAX, "it is empty, or longer than 64 MiB");
                return -EBADMSG;
        }
        if (!make_session(m, data, size, reason) || !check_shape(m, true, reason) || !check_shape(m, false, reason) ||
            !check_features(m, reason) || !learn_names(m, reason))
                return -EBADMSG;
        *ret = TAKE_PTR(m);
        return 0;
}

struct model *model_free(struct model *m) {
        if (!m)
                return NULL;
        if (m->input)
                m->allocator->Free(m->allocator, m->input);
        if (m->output)
                m->allocator->Free(m->allocator, m->output);
        if (m->memory)
                m->api->ReleaseMemoryInfo(m->memory);
        if (m->session)
                m->api->ReleaseSession(m->session);
        if (m->env)
                m->api->ReleaseEnv(m->env);
        free(m);
        return NULL;
}

static bool read_scores(struct model *m, OrtValue *value, size_t n, float *ret_scores, char reason[static MODEL_REASON_MAX]) {
        OrtTensorTypeAndShapeInfo *shape = NULL;
        float *scores = NULL;
        size_t count = 0;
        bool good;

        good = passed(m->api, m->api->GetTensorTypeAndShape(value, &shape), reason) &&
               passed(m->api, m->api->GetTensorShapeElementCount(shape, &count), reason) && count == n &&
               passed(m->api, m->api->GetTensorMutableData(value, (void **) &scores), reason);
        if (shape)
                m->api->ReleaseTensorTypeAndShapeInfo(shape);
        for (size_t i = 0; good && i < n; i++)
                ret_scores[i] = isnan(scores[i]) || scores[i] < 0 ? 0 : scores[i] > 1 ? 1 : scores[i];
        return good;
}

int model_score(struct model *m, const float (*vectors)[FLOW_FEATURES], size_t n, float *ret_scores) {
        const int64_t shape[2] = { (int64_t) n, FLOW_FEATURES };
        OrtValue *input = NULL, *output = NULL;
        char reason[MODEL_REASON_MAX];
        bool good;

        if (n == 0)
                return 0;
        good = passed(m->api, m->api->CreateTensorWithDataAsOrtValue(m->memory, (void *) vectors, n * sizeof *vectors, shape, 2,
                                                                     ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &input), reason) &&
               passed(m->api, m->api->Run(m->session, NULL, (const char *const *) &m->input, (const OrtValue *const *) &input, 1,
                                          (const char *const *) &m->output, 1, &output), reason) &&
               read_scores(m, output, n, ret_scores, reason);
        if (input)
                m->api->ReleaseValue(input);
        if (output)
                m->api->ReleaseValue(output);
        return good ? 0 : -EIO;
}
