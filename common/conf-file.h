/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "common/macro.h"

/* Configuration and rule files: INI as systemd writes it, and the folders of drop-ins they stand in. */

/* Longest line that is read, in bytes, without its line end; what is said of it still fits into a message of the log. And
 * the longest section name or key. */
#define CONF_LINE_MAX 1500
#define CONF_NAME_MAX 49

struct conf_entry {
        const char *file;    /* as given to conf_file_parse() */
        unsigned line;       /* from 1 */
        const char *section; /* "" before the first */
        const char *key;     /* NULL: the section begins here; one that cannot be read is "" and has no keys */
        const char *value;   /* without white space at its ends; NULL with the key */
};

/* An entry; pointers live during the call. 0, or -errno, which ends the parse. A key or value that is not
 * understood is not an error: the callback complains and returns 0. */
typedef int (*conf_entry_fn)(void *userdata, const struct conf_entry *entry);

/* Told about every mistake in a file. `line` 0: the file as a whole. */
typedef void (*conf_complaint_fn)(void *userdata, const char *file, unsigned line, const char *message);

/* Reads `f` to its end; `name` is for messages. Lines that cannot be read (too long, NUL bytes, not UTF-8, no '=')
 * are complained about and left out, the rest is read. A line that begins with '#' or ';' is a comment, of any
 * length, and so is what follows white space and ';'. Both callbacks get `userdata`; `complain` may be NULL. 0, or -errno
 * of a failed read or of the callback. */
int conf_file_parse(FILE *f, const char *name, conf_entry_fn entry, conf_complaint_fn complain, void *userdata);

/* Complains about `entry`, in the manner of printf. */
void conf_complain(conf_complaint_fn complain, void *userdata, const struct conf_entry *entry, const char *format,
                   ...) _printf_(4, 5);

/* Paths of the files in `folders` (NULL-terminated) whose names end in `suffix`, sorted by name. Of several with
 * one name the file in the earlier folder counts; an empty one, or a link to /dev/null, masks the others and
 * is not listed. Folders that do not exist are as if empty. At most CONF_FILES_MAX files (-E2BIG). The list is
 * NULL-terminated and the caller's: strings_free(). */
#define CONF_FILES_MAX 1024
int conf_files_list(const char *const folders[], const char *suffix, char ***ret);

char **strings_free(char **strings);
DEFINE_CLEANUP(char **, strings_free)
