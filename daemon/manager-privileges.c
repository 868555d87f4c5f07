/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/manager-privileges.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/log.h"
#include "daemon/privileges.h"

/* In the folder that the service manager gives us and keeps for as long as the service is not stopped. */
static int heritage_path(char ret[static PATH_MAX]) {
        const char *folder = getenv("RUNTIME_DIRECTORY");

        if (!folder || folder[0] != '/' || strchr(folder, ':'))
                return -ENOENT;
        return snprintf(ret, PATH_MAX, "%s/anew", folder) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* "mode gateway", "interface eth0": a line each, checked as those of the configuration are. */
static void take_line(struct config *config, char *line) {
        char *value = strchr(line, ' ');

        line[strcspn(line, "\n")] = '\0';
        if (!value)
                return;
        *value++ = '\0';
        if (strcmp(line, "mode") == 0 && config_set_mode(config, value) >= 0)
                config->n_interfaces = 0;
        else if (strcmp(line, "interface") == 0)
                (void) config_add_interface(config, value);
}

/* True if there was one. */
static bool take_heritage(struct manager *m, const char *path) {
        _cleanup_(fclosep) FILE *f = fopen(path, "re");
        char line[256];

        if (!f)
                return false;
        while (fgets(line, sizeof line, f)) {
                m->mode_is_set = true;
                take_line(&m->config, line);
        }
        (void) unlink(path);
        return true;
}

static int leave_heritage(const struct manager *m, const char *path) {
        _cleanup_(fclosep) FILE *f = fopen(path, "we");

        if (!f)
                return -errno;
        if (m->mode_is_set) {
                fprintf(f, "mode %s\n", capture_mode_to_string(m->config.capture.mode));
                for (size_t i = 0; i < m->config.n_interfaces; i++)
                        fprintf(f, "interface %s\n", m->config.interfaces[i]);
        }
        return fflush(f) == 0 ? 0 : -errno;
}

void manager_begin_privileges(struct manager *m) {
        char path[PATH_MAX];

        m->privileges.first = privileges_held();
        /* Root has them all again with the next program that it runs. */
        m->privileges.may_drop = geteuid() != 0 && !m->options->replay && heritage_path(path) >= 0 && !take_heritage(m, path);
}

static void describe(unsigned set, struct strbuf *b) {
        const char *names[PRIVILEGES_MAX];
        size_t n = privileges_names(set, names);

        for (size_t i = 0; i < n; i++)
                strbuf_printf(b, "%s%s", i > 0 ? ", " : "", names[i]);
}

bool manager_regain_privileges(struct manager *m, unsigned wanted) {
        unsigned lacking = wanted & m->privileges.first & ~m->privileges.in_vain & ~privileges_held();
        char path[PATH_MAX], names[128];
        struct strbuf b = STRBUF(names);
        int r;

        if (m->privileges.ending)
                return true;
        if (!m->privileges.may_drop || !lacking)
                return false;
        describe(lacking, &b);
        r = heritage_path(path);
        if (r >= 0)
                r = leave_heritage(m, path);
        if (r < 0) {
                log_error("Cannot start anew to have %s again: %s", names, strerror(-r));
                return false;
        }
        log_notice("Starting anew, to have %s again", names);
        m->privileges.ending = sd_event_exit(m->event, EXIT_ANEW) >= 0;
        return m->privileges.ending;
}

/* What the captures that run need to be started again; false while anything else is not known yet, for that may need more. */
static bool captures_need(const struct manager *m, unsigned *ret, bool *ret_failed) {
        const struct listener_interface *i;
        size_t position = 0;
        bool known = true;

        *ret = 0;
        *ret_failed = false;
        while ((i = listener_next(m->listener, &position))) {
                *ret_failed = *ret_failed || i->state == LISTENER_FAILED;
                if (i->capture)
                        *ret |= capture_privileges(i->capture);
                else
                        known = false;
        }
        return known && position > 0;
}

void manager_review_privileges(struct manager *m) {
        unsigned need, excess;
        char names[128];
        struct strbuf b = STRBUF(names);
        bool known, failed;

        m->privileges.look = false;
        if (!m->privileges.may_drop || !m->listener)
                return;
        known = captures_need(m, &need, &failed);
        if (failed)
                (void) manager_regain_privileges(m, PRIVILEGES_ALL);
        excess = privileges_held() & ~need;
        if (!known || !excess)
                return;
        describe(excess, &b);
        if (privileges_keep(need) < 0) {
                log_warning("Cannot give up %s", names);
                return;
        }
        m->privileges.in_vain |= capture_config_privileges(&m->config.capture) & excess;
        log_info("Gave up what capturing does without: %s", names);
        manager_mark(m, MANAGER_CAPTURE);
}
