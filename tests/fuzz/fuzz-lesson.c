/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lessons out of a database that somebody has written into. Input: which detector, and its words. What comes back from a lesson that
 * was taken must be a lesson that is taken, and the same again. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW (UINT64_C(1700000000) * NSEC_PER_SEC)

static const char *const detectors[] = { "volume", "identity_changed", "new_service", "unusual_contact", "nobody", "dhcp_servers",
                                         "router_adverts" };

struct kept {
        char text[LESSON_TEXT_MAX];
        size_t n;
};

static void keep(void *userdata, const struct lesson *lesson) {
        struct kept *k = userdata;
        size_t length = strlen(lesson->text);

        if (length >= sizeof k->text)
                abort();
        memcpy(k->text, lesson->text, length + 1);
        k->n++;
}

static struct engine *make(void) {
        struct engine_config config;
        struct engine_ops ops = {};
        struct engine *engine;

        engine_config_default(&config);
        if (engine_new(&engine, &config, &ops) < 0)
                abort();
        return engine;
}

/* True: it was taken; `ret` has what is told of it then. */
static bool teach(struct engine *engine, const char *detector, const char *text, struct kept *ret) {
        const struct mac_address mac = {};
        const struct lesson lesson = { .detector = detector, .key = 1, .mac = mac, .text = text };
        bool taken = engine_recall(engine, &lesson, NOW);

        ret->n = 0;
        engine_remember(engine, true, keep, ret);
        engine_forget(engine, &mac); /* nothing is left for the next input */
        if (ret->n != taken)
                abort();
        return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static struct engine *engine; /* one for all inputs: it holds nothing between them */
        char text[2 * LESSON_TEXT_MAX];
        struct kept first, second;
        const char *detector;

        if (size < 1 || size >= sizeof text)
                return 0;
        if (!engine)
                engine = make();
        detector = detectors[data[0] % (sizeof detectors / sizeof detectors[0])];
        memcpy(text, data + 1, size - 1);
        text[size - 1] = '\0';
        if (teach(engine, detector, text, &first) &&
            (!teach(engine, detector, first.text, &second) || strcmp(first.text, second.text) != 0))
                abort();
        return 0;
}
