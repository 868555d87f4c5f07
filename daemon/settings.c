/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Configuration and rules, read together, with one list of what is wrong with them. */

#include "daemon/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "config.h"
#include "daemon/log.h"
#include "daemon/model-file.h"
#include "daemon/rules-folder.h"

/* More mistakes than this are not listed. */
#define COMPLAINTS_MAX 256
/* And more than this only counted in the log: a file of garbage must not hide what else is to be said. */
#define COMPLAINTS_LOGGED 20

struct complaints {
        char **lines;
        size_t n;
        size_t total;
};

static void take_complaint(void *userdata, const char *file, unsigned line, const char *message) {
        struct complaints *c = userdata;
        char where[16] = "", *text;

        if (line > 0)
                snprintf(where, sizeof where, "%u:", line);
        if (c->total++ < COMPLAINTS_LOGGED)
                log_warning("%s:%s %s", file, where, message);
        if (c->n < COMPLAINTS_MAX && asprintf(&text, "%s:%s %s", file, where, message) >= 0)
                c->lines[c->n++] = text;
}

/* The command line counts for more than the files. It was checked when it was read. */
static void apply_options(const struct manager_options *options, struct config *config) {
        if (options->mode)
                (void) config_set_mode(config, options->mode);
        if (options->backend)
                (void) config_set_backend(config, options->backend);
        for (size_t i = 0; i < options->n_overrides; i++)
                (void) config_set(config, options->overrides[i].section, options->overrides[i].key, options->overrides[i].value);
        if (options->n_interfaces > 0)
                config->n_interfaces = 0;
        for (size_t i = 0; i < options->n_interfaces; i++)
                (void) config_add_interface(config, options->interfaces[i]);
}

/* A filter that libpcap does not understand would end the capture. */
static void check_filter(struct config *config, struct complaints *complaints) {
        char reason[256] = "", text[sizeof reason + 32];

        if (!*config->capture.filter || capture_check_filter(config->capture.filter, reason) >= 0)
                return;
        snprintf(text, sizeof text, "%s; everything is captured", reason);
        take_complaint(complaints, "Filter=", 0, text);
        memset(config->capture.filter, 0, sizeof config->capture.filter);
}

static int load_config(const struct manager_options *options, struct config *ret, struct complaints *complaints) {
        static const char *const folders[] = { SYSCONFDIR, PKGLIBDIR, NULL };
        _cleanup_(freep) char *failed = NULL;
        int r;

        config_default(ret);
        r = config_load(ret, options->config, folders, take_complaint, complaints, &failed);
        if (r < 0)
                log_error("Cannot read the configuration %s: %s", failed ? failed : "", strerror(-r));
        else {
                apply_options(options, ret);
                check_filter(ret, complaints);
        }
        return r;
}

static int load_rules(const struct manager_options *options, struct ruleset **ret, struct complaints *complaints) {
        _cleanup_(freep) char *failed = NULL;
        int r = rules_folder_load(ret, options->rules, take_complaint, complaints, &failed);

        if (r < 0)
                log_error("Cannot read the rules %s: %s", failed ? failed : "", strerror(-r));
        else if (ruleset_count(*ret) == 0)
                log_warning("There are no classification rules: devices will have no types");
        return r;
}

/* NULL: none is wanted, or it is of no use. */
static struct model *load_model(const struct config *config, struct complaints *complaints) {
        char reason[MODEL_REASON_MAX], text[MODEL_REASON_MAX + 32];
        struct model *model = NULL;

        if (config->model[0] == '\0' || model_file_load(&model, config->model, reason) >= 0)
                return model;
        snprintf(text, sizeof text, "the model cannot be used: %s", reason);
        take_complaint(complaints, config->model, 0, text);
        return NULL;
}

int settings_load(const struct manager_options *options, struct config *ret_config, struct ruleset **ret_rules,
                  struct model **ret_model, char ***ret_complaints) {
        struct complaints complaints = { .lines = calloc(COMPLAINTS_MAX + 1, sizeof *complaints.lines) };
        struct config config;
        int r = complaints.lines ? 0 : -ENOMEM;

        if (r >= 0)
                r = load_config(options, &config, &complaints);
        if (r >= 0)
                r = load_rules(options, ret_rules, &complaints);
        *ret_model = r >= 0 ? load_model(&config, &complaints) : NULL;
        if (complaints.total > COMPLAINTS_LOGGED)
                log_warning("%zu more mistakes in configuration and rules", complaints.total - COMPLAINTS_LOGGED);
        if (r < 0) {
                strings_free(complaints.lines);
                return r;
        }
        *ret_config = config;
        *ret_complaints = complaints.lines;
        return 0;
}
