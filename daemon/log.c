/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one place that writes messages. The only process-wide state of the daemon stands here: what the
 * level is, and how much was written of late. */

#include "daemon/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/escape.h"

#define LOG_TEXT_MAX 2048

/* The command line sets it. */
static int arg_log_level = LOG_INFO;

void log_set_level(int priority) {
        arg_log_level = priority;
}

int log_level_from_string(const char *s) {
        static const struct {
                const char *name;
                int priority;
        } levels[] = {
                { "debug", LOG_DEBUG }, { "info", LOG_INFO }, { "notice", LOG_NOTICE }, { "warning", LOG_WARNING },
                { "err", LOG_ERR },     { "error", LOG_ERR },
        };

        for (size_t i = 0; i < ELEMENTSOF(levels); i++)
                if (strcmp(levels[i].name, s) == 0)
                        return levels[i].priority;
        return -EINVAL;
}

/* systemd.exec(5): $JOURNAL_STREAM holds device and inode of the stream that the journal reads. */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
               st.st_dev == device && st.st_ino == inode;
}

static void write_journal(int priority, const char *field, const char *value, const char *text) {
        char message[LOG_TEXT_MAX + 16], level[16], extra[512];
        struct iovec iov[3];
        int n = 0;

        snprintf(message, sizeof message, "MESSAGE=%s", text);
        snprintf(level, sizeof level, "PRIORITY=%i", priority);
        iov[n++] = (struct iovec) { message, strlen(message) };
        iov[n++] = (struct iovec) { level, strlen(level) };
        if (field) {
                snprintf(extra, sizeof extra, "%s=%s", field, value);
                iov[n++] = (struct iovec) { extra, strlen(extra) };
        }
        (void) sd_journal_sendv(iov, n);
}

static void write_text(int priority, const char *field, const char *value, const char *text) {
        if (stderr_is_journal())
                write_journal(priority, field, value, text);
        else
                fprintf(stderr, "lanscoped: %s\n", text);
}

struct limit {
        uint64_t begin; /* usec, monotonic */
        unsigned written, suppressed;
};

/* False once LOG_BURST messages were written in the present interval; says, when the next one begins, how
 * many were not. */
static bool within_limit(struct limit *limit) {
        uint64_t now = clock_usec(CLOCK_MONOTONIC);

        if (limit->begin == 0 || now - limit->begin >= LOG_INTERVAL) {
                if (limit->suppressed > 0) {
                        char text[64];

                        snprintf(text, sizeof text, "%u messages were left out", limit->suppressed);
                        write_text(LOG_WARNING, NULL, NULL, text);
                }
                *limit = (struct limit) { .begin = now };
        }
        if (limit->written < LOG_BURST) {
                limit->written++;
                return true;
        }
        limit->suppressed++;
        return false;
}

void log_message(int priority, const char *field, const char *value, const char *format, ...) {
        static struct limit devices, others;
        char raw[LOG_TEXT_MAX], text[LOG_TEXT_MAX];
        struct strbuf b = STRBUF(text);
        int saved_errno = errno;
        va_list ap;

        if (priority > arg_log_level)
                return;
        if (!within_limit(field && strcmp(field, LANSCOPE_LOG_DEVICE) == 0 ? &devices : &others))
                return;
        va_start(ap, format);
        errno = saved_errno; /* %m */
        vsnprintf(raw, sizeof raw, format, ap);
        va_end(ap);
        escape_terminal(&b, raw, strlen(raw));
        write_text(priority, field, value, text);
        errno = saved_errno;
}
