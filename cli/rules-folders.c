/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where an analysis finds its rules and TCP signatures. */

#include "cli/rules-folders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "config.h"

/* SOURCE/BUILD/cli/lanscopectl: meson leaves its notes in BUILD. Where `name` stands in SOURCE/data; NULL: this program is
 * installed. */
static char *find_in_source(const char *name) {
        _cleanup_(freep) char *self = realpath("/proc/self/exe", NULL), *mark = NULL, *found = NULL;
        char *slash = self ? strrchr(self, '/') : NULL;

        if (!slash)
                return NULL;
        *slash = '\0';
        if (asprintf(&mark, "%s/../meson-private", self) < 0) {
                mark = NULL;
                return NULL;
        }
        if (asprintf(&found, "%s/../../data/%s", self, name) < 0) {
                found = NULL;
                return NULL;
        }
        return access(mark, F_OK) >= 0 ? realpath(found, NULL) : NULL;
}

/* One wrong word can spoil every rule: that is told a few times, and then counted. */
#define COMPLAINTS_SHOWN 10

static void take_complaint(void *userdata, const char *file, unsigned line, const char *message) {
        size_t *n = userdata;

        if (++*n > COMPLAINTS_SHOWN)
                return;
        if (line > 0)
                fprintf(stderr, "%s:%u: %s\n", file, line, message);
        else
                fprintf(stderr, "%s: %s\n", file, message);
}

static int failed(const char *folder, int r) {
        fprintf(stderr, "Cannot read the classification rules%s%s: %s\n", folder ? " in " : "", folder ? folder : "",
                strerror(-r));
        return r;
}

/* Those of `file`; or of the source while this program runs from its build tree; or what the service would take. */
static int load_signatures(struct ruleset *rules, const char *file, size_t *n_complaints) {
        _cleanup_(freep) char *built = file ? NULL : find_in_source("os-signatures.fp");
        const char *const usual[] = { SYSCONFDIR "/os-signatures.fp", "/etc/p0f/p0f.fp", PKGLIBDIR "/os-signatures.fp", NULL };
        const char *const only[] = { file ? file : built, NULL };
        _cleanup_(os_signatures_freep) struct os_signatures *signatures = NULL;
        const char *path = file;
        int r = file && access(file, R_OK) < 0 ? -errno : os_signatures_new(&signatures);

        if (r >= 0)
                r = os_signatures_load_first(signatures, only[0] ? only : usual, take_complaint, n_complaints, &path);
        if (r < 0) {
                fprintf(stderr, "Cannot read the TCP signatures%s%s: %s\n", path ? " in " : "", path ? path : "", strerror(-r));
                return r;
        }
        ruleset_set_signatures(rules, TAKE_PTR(signatures));
        return 0;
}

/* A folder that was asked for must be there; the usual ones need not. */
static int check_folder(const char *folder) {
        struct stat st;

        if (stat(folder, &st) < 0)
                return failed(folder, -errno);
        return S_ISDIR(st.st_mode) ? 0 : failed(folder, -ENOTDIR);
}

int rules_load(struct ruleset **ret, const char *folder, const char *signatures) {
        _cleanup_(freep) char *built = folder ? NULL : find_in_source("rules");
        const char *const usual[] = { SYSCONFDIR "/rules.d", PKGLIBDIR "/rules.d", NULL };
        const char *const only[] = { folder ? folder : built, NULL };
        struct ruleset *rules = NULL;
        size_t n_complaints = 0;
        int r;

        r = folder ? check_folder(folder) : 0;
        if (r < 0)
                return r;
        r = ruleset_new(&rules);
        if (r >= 0)
                r = ruleset_load_folders(rules, only[0] ? only : usual, take_complaint, &n_complaints);
        if (r < 0) {
                ruleset_free(rules);
                return failed(only[0], r);
        }
        r = load_signatures(rules, signatures, &n_complaints);
        if (r < 0) {
                ruleset_free(rules);
                return r;
        }
        if (n_complaints > COMPLAINTS_SHOWN)
                fprintf(stderr, "%zu more mistakes in the rules.\n", n_complaints - COMPLAINTS_SHOWN);
        *ret = rules;
        return n_complaints > 0;
}
