/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where rules and TCP signatures are found, and in which order they count. */

#include "daemon/rules-folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "config.h"

static void ruleset_freep(struct ruleset **rules) {
        ruleset_free(*rules);
}

/* What p0f knows counts before what the package brings, and the administrator's own file before both. */
static int load_signatures(struct ruleset *rules, conf_complaint_fn complain, void *userdata, char **ret_failed) {
        static const char *const paths[] = {
                SYSCONFDIR "/os-signatures.fp", "/etc/p0f/p0f.fp", PKGLIBDIR "/os-signatures.fp", NULL,
        };
        _cleanup_(os_signatures_freep) struct os_signatures *signatures = NULL;
        const char *failed;
        int r = os_signatures_new(&signatures);

        if (r < 0)
                return r;
        r = os_signatures_load_first(signatures, paths, complain, userdata, &failed);
        if (r < 0) {
                *ret_failed = r == -ENOMEM ? NULL : strdup(failed);
                return r;
        }
        ruleset_set_signatures(rules, TAKE_PTR(signatures));
        return 0;
}

int rules_folder_load(struct ruleset **ret, const char *folder, conf_complaint_fn complain, void *userdata,
                      char **ret_failed) {
        const char *const usual[] = { SYSCONFDIR "/rules.d", PKGLIBDIR "/rules.d", NULL };
        const char *const one[] = { folder, NULL };
        _cleanup_(ruleset_freep) struct ruleset *rules = NULL;
        _cleanup_(strings_freep) char **files = NULL;
        const char *path = NULL;
        int r;

        *ret_failed = NULL;
        if (folder && access(folder, R_OK | X_OK) < 0) {
                *ret_failed = strdup(folder);
                return -errno;
        }
        r = conf_files_list(folder ? one : usual, ".conf", &files);
        if (r >= 0)
                r = ruleset_new(&rules);
        if (r >= 0)
                r = ruleset_load_files(rules, files, complain, userdata, &path);
        if (r < 0 && path)
                *ret_failed = strdup(path);
        if (r >= 0)
                r = load_signatures(rules, complain, userdata, ret_failed);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(rules);
        return 0;
}
