/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One function a verb, one file each; argv[0] is the verb. They return an exit status: 0, 1 failed, 2 usage. */
int verb_analyze(int argc, char *argv[]);
