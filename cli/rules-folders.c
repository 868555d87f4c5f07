/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where an analysis finds its rules. */

#include "cli/rules-folders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "config.h"

/* SOURCE/BUILD/cli/lanscopectl: meson leaves its notes in BUILD. NULL: this program is installed. */
static char *folder_of_build_tree(void) {
        _cleanup_(freep) char *self = realpath("/proc/self/exe", NULL), *mark = NULL, *rules = NULL;
        char *slash = self ? strrchr(self, '/') : NULL;

        if (!slash)
                return NULL;
        *slash = '\0';
        if (asprintf(&mark, "%s/../meson-private", self) < 0) {
                mark = NULL;
                return NULL;
        }
        if (asprintf(&rules, "%s/../../data/rules", self) < 0) {
                rules = NULL;
                return NULL;
        }
        return access(mark, F_OK) >= 0 ? realpath(rules, NULL) : NULL;
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

/* A folder that was asked for must be there; the usual ones need not. */
static int check_folder(const char *folder) {
        struct stat st;

        if (stat(folder, &st) < 0)
                return failed(folder, -errno);
        return S_ISDIR(st.st_mode) ? 0 : failed(folder, -ENOTDIR);
}

int rules_load(struct ruleset **ret, const char *folder) {
        _cleanup_(freep) char *built = folder ? NULL : folder_of_build_tree();
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
        if (n_complaints > COMPLAINTS_SHOWN)
                fprintf(stderr, "%zu more mistakes in the rules.\n", n_complaints - COMPLAINTS_SHOWN);
        *ret = rules;
        return n_complaints > 0;
}
