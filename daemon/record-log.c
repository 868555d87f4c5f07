/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One buffer, one file. Whatever is in the buffer goes to the file in order and only once, even if a write stops in
 * the middle of a line for want of room. */

#include "daemon/record-log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "config.h"
#include "daemon/log.h"

#define FLUSH_AT (64u << 10) /* bytes that are not kept waiting */
#define WAITING_BYTES_MAX (16u << 20)
#define FILE_MODE 0640

struct record_log {
        struct record_log_config config;
        char *path;
        int fd;                /* -1: not open */
        dev_t device;
        ino_t inode;
        uint64_t size;         /* of the file */
        time_t born;           /* when it was made */
        bool in_line;          /* the file ends in the middle of a line that is on its way */
        char *buffer;
        size_t length, room;
        uint32_t waiting;      /* lines in the buffer, those begun included */
        sd_event_source *timer;
        bool armed, failing;
        struct record_log_counters counters;
};

static void complain(struct record_log *l, int r) {
        l->counters.failures++;
        if (!l->failing)
                log_warning("Cannot write to %s, keeping up to %u lines and trying again: %s", l->path,
                            l->config.waiting_max,
                            strerror(-r));
        l->failing = true;
}

static void be_content(struct record_log *l) {
        if (l->failing)
                log_notice("Writing to %s again; %llu lines were dropped since the start", l->path,
                           (unsigned long long) l->counters.dropped);
        l->failing = false;
}

static void file_close(struct record_log *l) {
        if (l->fd >= 0)
                close(l->fd);
        l->fd = -1;
}

/* Not every file system knows when a file was made: then it is as old as what was written last. */
static time_t birth_of(int fd, const struct stat *st) {
        struct statx x;

        if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &x) == 0 && x.stx_mask & STATX_BTIME)
                return (time_t) x.stx_btime.tv_sec;
        return st->st_mtim.tv_sec;
}

/* A crash may have left half a line: the next one begins on its own. */
static int end_last_line(struct record_log *l) {
        char last;

        if (l->size == 0 || pread(l->fd, &last, 1, (off_t) l->size - 1) != 1 || last == '\n')
                return 0;
        if (write(l->fd, "\n", 1) != 1)
                return -errno;
        l->size++;
        return 0;
}

/* Never through a link, and never into what is no file: a name that others can write next to must not lead
 * elsewhere. */
static int file_open(struct record_log *l) {
        struct stat st;
        int r;

        l->fd = open(l->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
        if (l->fd < 0)
                return -errno;
        if (fstat(l->fd, &st) < 0)
                r = -errno;
        else if (!S_ISREG(st.st_mode))
                r = -EMEDIUMTYPE;
        else if ((st.st_mode & 07777) != FILE_MODE && st.st_size == 0 && fchmod(l->fd, FILE_MODE) < 0)
                r = -errno;
        else {
                l->device = st.st_dev;
                l->inode = st.st_ino;
                l->size = (uint64_t) st.st_size;
                l->born = birth_of(l->fd, &st);
                r = end_last_line(l);
        }
        if (r < 0)
                file_close(l);
        return r;
}

static bool was_moved(const struct record_log *l) {
        struct stat st;

        return lstat(l->path, &st) < 0 || st.st_dev != l->device || st.st_ino != l->inode;
}

static int rename_one(const struct record_log *l, uint32_t from, uint32_t to) {
        _cleanup_(freep) char *a = NULL, *b = NULL;

        if (from == 0)
                a = strdup(l->path);
        else if (asprintf(&a, "%s.%u", l->path, from) < 0)
                a = NULL;
        if (asprintf(&b, "%s.%u", l->path, to) < 0)
                b = NULL;
        if (!a || !b)
                return -ENOMEM;
        return rename(a, b) < 0 && errno != ENOENT ? -errno : 0;
}

static int rotate(struct record_log *l) {
        int r = 0;

        if (l->config.keep == 0 && ftruncate(l->fd, 0) < 0)
                return -errno;
        for (uint32_t n = l->config.keep; r >= 0 && n > 0; n--)
                r = rename_one(l, n - 1, n);
        if (r < 0)
                return r;
        l->counters.rotated++;
        file_close(l);
        r = file_open(l);
        l->born = (time_t) (clock_ns(CLOCK_REALTIME) / NSEC_PER_SEC); /* of one that was emptied, too */
        return r;
}

/* Bytes of whole lines at the beginning of the buffer that still go into the file; at least one line. */
static size_t next_piece(const struct record_log *l) {
        uint64_t left = l->config.size_max > l->size ? l->config.size_max - l->size : 0;
        size_t limit = (size_t) MIN(left, (uint64_t) l->length);
        const char *end = limit > 0 ? memrchr(l->buffer, '\n', limit) : NULL;

        if (!end)
                end = memchr(l->buffer, '\n', l->length);
        return end ? (size_t) (end - l->buffer) + 1 : l->length;
}

static uint32_t count_lines(const char *s, size_t n) {
        uint32_t lines = 0;

        for (const char *end = s + n; (s = memchr(s, '\n', (size_t) (end - s))); s++)
                lines++;
        return lines;
}

static int write_piece(struct record_log *l) {
        ssize_t n = write(l->fd, l->buffer, next_piece(l));
        uint32_t lines;

        if (n < 0)
                return errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -EIO;
        lines = count_lines(l->buffer, (size_t) n);
        l->counters.written += lines;
        l->waiting -= lines;
        l->in_line = l->buffer[n - 1] != '\n';
        l->size += (uint64_t) n;
        l->length -= (size_t) n;
        memmove(l->buffer, l->buffer + n, l->length);
        return 0;
}

static bool is_full(const struct record_log *l) {
        uint64_t now = clock_ns(CLOCK_REALTIME) / NSEC_PER_SEC;

        if (l->size == 0)
                return false;
        return l->size + next_piece(l) > l->config.size_max ||
               (l->config.age_max > 0 && now > (uint64_t) l->born && now - (uint64_t) l->born >= l->config.age_max);
}

/* Between two lines only. */
static int prepare_file(struct record_log *l) {
        int r = 0;

        if (l->fd >= 0 && !l->in_line && was_moved(l))
                file_close(l);
        if (l->fd < 0)
                r = file_open(l);
        if (r >= 0 && !l->in_line && is_full(l))
                r = rotate(l);
        return r;
}

static void arm(struct record_log *l, uint64_t delay) {
        if (sd_event_source_set_time_relative(l->timer, delay) >= 0 &&
            sd_event_source_set_enabled(l->timer, SD_EVENT_ONESHOT) >= 0)
                l->armed = true;
}

int record_log_flush(struct record_log *l) {
        int r = 0;

        while (l->length > 0 && r >= 0) {
                r = prepare_file(l);
                if (r >= 0)
                        r = write_piece(l);
        }
        if (r < 0) {
                complain(l, r);
                arm(l, RECORD_LOG_RETRY);
        } else
                be_content(l);
        return r;
}

static int on_timer(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata) {
        struct record_log *l = userdata;

        l->armed = false;
        (void) record_log_flush(l);
        return 0;
}

static bool make_room(struct record_log *l, size_t more) {
        size_t room = l->room;
        char *grown;

        while (room - l->length < more)
                room = MAX(room * 2, (size_t) 4096);
        if (room == l->room)
                return true;
        grown = realloc(l->buffer, room);
        if (!grown)
                return false;
        l->buffer = grown;
        l->room = room;
        return true;
}

void record_log_add(struct record_log *l, const char *line, size_t length) {
        if (l->waiting >= l->config.waiting_max || length > RECORD_LOG_LINE_MAX ||
            l->length + length + 1 > WAITING_BYTES_MAX ||
            !make_room(l, length + 1)) {
                l->counters.dropped++;
                return;
        }
        memcpy(l->buffer + l->length, line, length);
        l->length += length;
        l->buffer[l->length++] = '\n';
        l->waiting++;
        if (l->length >= FLUSH_AT && !l->failing)
                (void) record_log_flush(l);
        else if (!l->armed)
                arm(l, l->failing ? RECORD_LOG_RETRY : RECORD_LOG_DELAY);
}

int record_log_new(struct record_log **ret, sd_event *event, const struct record_log_config *config) {
        _cleanup_(record_log_freep) struct record_log *l = calloc(1, sizeof *l);
        int r;

        if (!l)
                return -ENOMEM;
        l->fd = -1;
        l->config = *config;
        l->path = strdup(config->path);
        if (!l->path)
                return -ENOMEM;
        l->config.path = l->path;
        r = sd_event_add_time_relative(event, &l->timer, CLOCK_MONOTONIC, 0, 250 * 1000, on_timer, l);
        if (r >= 0)
                r = sd_event_source_set_enabled(l->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(l->timer, "record-log");
        r = file_open(l);
        if (r < 0)
                complain(l, r);
        *ret = TAKE_PTR(l);
        return 0;
}

struct record_log *record_log_free(struct record_log *l) {
        if (!l)
                return NULL;
        if (l->timer && l->length > 0)
                (void) record_log_flush(l);
        sd_event_source_disable_unref(l->timer);
        file_close(l);
        free(l->buffer);
        free(l->path);
        free(l);
        return NULL;
}

void record_log_get_counters(const struct record_log *l, struct record_log_counters *ret) {
        *ret = l->counters;
}

static bool has_dots(const char *name) {
        for (const char *p = name; (p = strstr(p, "..")); p += 2)
                if ((p == name || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
                        return true;
        return false;
}

int record_log_path(const char *name, char **ret) {
        const char *folder = getenv("LOGS_DIRECTORY");
        size_t n = strlen(name);

        if (n == 0 || n > 1024 || name[n - 1] == '/' || has_dots(name) || strcmp(name, ".") == 0)
                return -EINVAL;
        for (size_t i = 0; i < n; i++)
                if (iscntrl((unsigned char) name[i]))
                        return -EINVAL;
        if (name[0] == '/')
                *ret = strdup(name);
        else if (asprintf(ret, "%s/%s", folder && *folder ? folder : LOGDIR, name) < 0)
                *ret = NULL;
        return *ret ? 0 : -ENOMEM;
}
