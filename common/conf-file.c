/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* INI files on inih, and drop-in folders. inih splits long lines, joins indented ones and drops what it
 * cannot read without a word; so every line is checked and counted here, and inih sees those alone that are
 * assignments and that it has room for. Knows no key of any file. */

#include "common/conf-file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/escape.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* What inih wants in its buffer beside a line: an end of two bytes, and NUL. The buffer is of 200 bytes as distributions
 * build inih. */
#define INIH_LINE_END 3

struct conf_parser {
        FILE *f;
        const char *name;
        conf_entry_fn entry;
        conf_complaint_fn complain;
        void *userdata;
        unsigned line;
        int error; /* 0, or why to stop */
        bool skip; /* inside a section that could not be read */
        char section[CONF_NAME_MAX + 1];
        char *next, *end; /* of what was read, in `block` */
        char block[4096];
        char text[CONF_LINE_MAX + 1]; /* the line */
};

static void parser_complain(struct conf_parser *p, const char *message) {
        if (p->complain)
                p->complain(p->userdata, p->name, p->line, message);
}

void conf_complain(conf_complaint_fn complain, void *userdata, const struct conf_entry *entry, const char *format,
                   ...) {
        char message[CONF_LINE_MAX + 256];
        va_list ap;

        if (!complain)
                return;
        va_start(ap, format);
        vsnprintf(message, sizeof message, format, ap);
        va_end(ap);
        complain(userdata, entry->file, entry->line, message);
}

static void parser_entry(struct conf_parser *p, const char *key, const char *value) {
        struct conf_entry entry = { p->name, p->line, p->section, key, value };
        int r = p->entry(p->userdata, &entry);

        if (r < 0 && p->error == 0)
                p->error = r;
}

static bool fill(struct conf_parser *p) {
        p->next = p->block;
        p->end = p->block + fread_unlocked(p->block, 1, sizeof p->block, p->f);
        return p->end != p->next;
}

/* One line without its end into `line`; what does not fit is counted but not kept. False at the end of the file. */
static bool read_line(struct conf_parser *p, char *line, size_t size, size_t *ret_length) {
        size_t length = 0, n;
        char *end = NULL;

        while (!end && (p->next != p->end || fill(p))) {
                end = memchr(p->next, '\n', (size_t) (p->end - p->next));
                n = (size_t) ((end ?: p->end) - p->next);
                if (length < size)
                        memcpy(line + length, p->next, MIN(n, size - length));
                length += n;
                p->next += n + (end != NULL);
        }
        *ret_length = length;
        return end || length > 0;
}

static char *strip(char *s) {
        size_t length;

        while (isspace((unsigned char) *s))
                s++;
        length = strlen(s);
        while (length > 0 && isspace((unsigned char) s[length - 1]))
                s[--length] = '\0';
        return s;
}

/* "[Name]", and nothing behind it but a comment. */
static const char *check_section(struct conf_parser *p, const char *line) {
        const char *end = strchr(line, ']');
        size_t length;

        if (!end)
                return "section without ']', ignoring it";
        length = (size_t) (end - line) - 1;
        if (length == 0)
                return "section without a name, ignoring it";
        if (length > CONF_NAME_MAX)
                return "section name too long, ignoring it";
        if (memchr(line, ';', length + 1))
                return "';' in a section name, ignoring it"; /* inih would end the line there */
        end += 1 + strspn(end + 1, " \t");
        if (*end != '\0' && *end != ';' && *end != '#')
                return "text behind the section's ']', ignoring it";
        memcpy(p->section, line + 1, length);
        p->section[length] = '\0';
        return NULL;
}

static const char *check_assignment(const char *line) {
        size_t length = strcspn(line, "=:;"); /* of the key, as inih sees it */

        if (!strchr(line + length, '='))
                return "neither [Section] nor Key=Value, ignoring line";
        if (line[length] != '=')
                return "':' or ';' in a key, ignoring line";
        if (length == 0)
                return "no key before '=', ignoring line";
        return length > CONF_NAME_MAX ? "key too long, ignoring line" : NULL;
}

static bool is_assignment(const char *line) {
        return *line != '\0' && *line != '#' && *line != ';' && *line != '[';
}

/* What is wrong with the line, or NULL. A section's name is remembered. */
static const char *check_line(struct conf_parser *p, const char *line) {
        if (is_assignment(line))
                return check_assignment(line);
        return *line == '[' ? check_section(p, line) : NULL;
}

static const char *check_bytes(const char *raw, size_t length) {
        if (length > CONF_LINE_MAX)
                return "line too long, ignoring it";
        if (text_is_utf8(raw, length))
                return NULL;
        return memchr(raw, '\0', length) ? "NUL byte in line, ignoring it" : "line is not UTF-8, ignoring it";
}

/* Where the assignment of a line begins; NULL: it has none that counts. The keys behind a section that cannot be
 * read would go to the one before: they are left out with it. */
static char *find_assignment(struct conf_parser *p, size_t length) {
        const char *wrong = check_bytes(p->text, length);
        char *line = strip(p->line == 1 && strncmp(p->text, BYTE_ORDER_MARK, 3) == 0 ? p->text + 3 : p->text);

        if (length > CONF_LINE_MAX && (*line == '#' || *line == ';'))
                return NULL;
        if (!wrong)
                wrong = check_line(p, line);
        if (*line == '[') {
                p->skip = wrong != NULL;
                if (wrong)
                        p->section[0] = '\0';
                parser_entry(p, NULL, NULL);
        }
        if (wrong)
                parser_complain(p, wrong);
        return is_assignment(line) && !wrong && !p->skip ? line : NULL;
}

/* What inih makes of an assignment, of one that inih has no room for. */
static void take_apart(struct conf_parser *p, char *line) {
        char *value = strchr(line, '='), *comment;

        *value++ = '\0';
        comment = strchr(value, ';');
        while (comment && !isspace((unsigned char) comment[-1]))
                comment = strchr(comment + 1, ';');
        if (comment)
                *comment = '\0';
        parser_entry(p, strip(line), strip(value));
}

/* inih's reader: the next line that is an assignment, and short. Without white space before it, for which inih would
 * join it to the one before. */
static char *conf_read(char *buffer, int size, void *userdata) {
        struct conf_parser *p = userdata;
        size_t length;
        char *line;

        while (p->error == 0 && read_line(p, p->text, CONF_LINE_MAX, &length)) {
                p->line++;
                p->text[MIN(length, (size_t) CONF_LINE_MAX)] = '\0';
                line = find_assignment(p, length);
                if (line && strlen(line) + INIH_LINE_END <= (size_t) size)
                        return strcpy(buffer, line);
                if (line)
                        take_apart(p, line);
        }
        return NULL;
}

static int conf_handle(void *userdata, const char *section _unused_, const char *key, const char *value) {
        struct conf_parser *p = userdata;

        parser_entry(p, key, value);
        return 1;
}

int conf_file_parse(FILE *f, const char *name, conf_entry_fn entry, conf_complaint_fn complain, void *userdata) {
        struct conf_parser p = { .f = f, .name = name, .entry = entry, .complain = complain, .userdata = userdata };
        int r;

        errno = 0;
        r = ini_parse_stream(conf_read, &p, conf_handle, &p);
        if (p.error < 0)
                return p.error;
        if (ferror(f))
                return errno > 0 ? -errno : -EIO;
        return r == -2 ? -ENOMEM : 0; /* -2: inih has no memory; a line number: told by find_assignment() */
}

char **strings_free(char **strings) {
        for (size_t i = 0; strings && strings[i]; i++)
                free(strings[i]);
        free(strings);
        return NULL;
}

struct file_list {
        char **paths; /* NULL-terminated */
        size_t n;
};

static const char *base_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

static bool list_has(const struct file_list *list, const char *name) {
        for (size_t i = 0; i < list->n; i++)
                if (strcmp(base_name(list->paths[i]), name) == 0)
                        return true;
        return false;
}

static int list_add(struct file_list *list, const char *folder, const char *name) {
        char **paths;

        if (list->n >= CONF_FILES_MAX)
                return -E2BIG;
        paths = realloc(list->paths, (list->n + 2) * sizeof *paths);
        if (!paths)
                return -ENOMEM;
        list->paths = paths;
        paths[list->n + 1] = NULL;
        if (asprintf(&paths[list->n], "%s/%s", folder, name) < 0) {
                paths[list->n] = NULL;
                return -ENOMEM;
        }
        list->n++;
        return 0;
}

static bool has_suffix(const char *name, const char *suffix) {
        size_t length = strlen(name), n = strlen(suffix);

        return length > n && strcmp(name + length - n, suffix) == 0;
}

static int list_folder(struct file_list *list, const char *folder, const char *suffix) {
        struct dirent *entry;
        DIR *d = opendir(folder);
        int r = 0;

        if (!d)
                return errno == ENOENT ? 0 : -errno;
        while (r == 0 && (entry = readdir(d)))
                if (entry->d_name[0] != '.' && has_suffix(entry->d_name, suffix) && !list_has(list, entry->d_name))
                        r = list_add(list, folder, entry->d_name);
        closedir(d);
        return r;
}

/* An empty file and /dev/null stand for "none of that name". What cannot be looked at stays, so that opening
 * it tells why. */
static bool is_mask(const char *path) {
        struct stat st;

        if (stat(path, &st) < 0)
                return false;
        return S_ISREG(st.st_mode) ? st.st_size == 0 : S_ISCHR(st.st_mode);
}

static void list_unmask(struct file_list *list) {
        size_t n = 0;

        for (size_t i = 0; i < list->n; i++)
                if (is_mask(list->paths[i]))
                        free(list->paths[i]);
                else
                        list->paths[n++] = list->paths[i];
        list->paths[n] = NULL;
        list->n = n;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(base_name(*(char *const *) a), base_name(*(char *const *) b));
}

int conf_files_list(const char *const folders[], const char *suffix, char ***ret) {
        struct file_list list = { .paths = calloc(1, sizeof(char *)) };
        _cleanup_(strings_freep) char **paths = NULL;
        int r = 0;

        if (!list.paths)
                return -ENOMEM;
        for (size_t i = 0; folders[i] && r == 0; i++)
                r = list_folder(&list, folders[i], suffix);
        paths = list.paths;
        if (r < 0)
                return r;
        list_unmask(&list);
        qsort(list.paths, list.n, sizeof(char *), compare_names);
        *ret = TAKE_PTR(paths);
        return 0;
}
