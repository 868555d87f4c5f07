/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Points in time as people write and read them. */

#include "cli/when.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"

#define SECOND USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

uint64_t when_now(void) {
        return clock_usec(CLOCK_REALTIME);
}

int when_parse_span(const char *text, uint64_t *ret) {
        static const struct {
                const char *unit;
                uint64_t length;
        } units[] = {
                { "s", SECOND }, { "sec", SECOND }, { "min", MINUTE }, { "m", MINUTE }, { "h", HOUR },
                { "d", DAY },    { "days", DAY },   { "day", DAY },    { "w", 7 * DAY }, { "weeks", 7 * DAY },
        };
        unsigned long long n;
        char *end;

        if (text[0] < '0' || text[0] > '9')
                return -EINVAL;
        errno = 0;
        n = strtoull(text, &end, 10);
        if (errno)
                return -EINVAL;
        while (*end == ' ')
                end++;
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (strcmp(end, units[i].unit) == 0) {
                        if (n > UINT64_MAX / units[i].length)
                                return -EINVAL;
                        *ret = n * units[i].length;
                        return 0;
                }
        return -EINVAL;
}

static int local_time(struct tm *tm, uint64_t *ret) {
        time_t t;

        tm->tm_isdst = -1;
        t = mktime(tm);
        if (t < 0)
                return -EINVAL;
        *ret = (uint64_t) t * USEC_PER_SEC;
        return 0;
}

static int parse_day(int offset, uint64_t now, uint64_t *ret) {
        time_t t = (time_t) (now / USEC_PER_SEC);
        struct tm tm;

        if (!localtime_r(&t, &tm))
                return -EINVAL;
        tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
        tm.tm_mday += offset;
        return local_time(&tm, ret);
}

static int parse_calendar(const char *text, uint64_t *ret) {
        static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S" };

        for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
                struct tm tm = { 0 };
                const char *end = strptime(text, formats[i], &tm);

                if (end && *end == '\0')
                        return local_time(&tm, ret);
        }
        return -EINVAL;
}

static int parse_epoch(const char *text, uint64_t *ret) {
        unsigned long long n;
        char *end;

        errno = 0;
        n = strtoull(text, &end, 10);
        if (errno || end == text || *end || text[0] == '-' || n > UINT64_MAX / USEC_PER_SEC)
                return -EINVAL;
        *ret = n * USEC_PER_SEC;
        return 0;
}

int when_parse(const char *text, uint64_t now, uint64_t *ret) {
        uint64_t span;

        if (strcmp(text, "now") == 0) {
                *ret = now;
                return 0;
        }
        if (strcmp(text, "today") == 0)
                return parse_day(0, now, ret);
        if (strcmp(text, "yesterday") == 0)
                return parse_day(-1, now, ret);
        if (text[0] == '@')
                return parse_epoch(text + 1, ret);
        if (when_parse_span(text, &span) < 0)
                return parse_calendar(text, ret);
        if (span > now)
                return -EINVAL;
        *ret = now - span;
        return 0;
}

void when_format_relative(struct strbuf *b, uint64_t when, uint64_t now) {
        uint64_t age = now > when ? now - when : 0;

        if (when == 0)
                strbuf_string(b, "never");
        else if (age < 5 * SECOND)
                strbuf_string(b, "just now");
        else if (age < MINUTE)
                strbuf_printf(b, "%" PRIu64 "s ago", age / SECOND);
        else if (age < HOUR)
                strbuf_printf(b, "%" PRIu64 "min ago", age / MINUTE);
        else if (age < DAY)
                strbuf_printf(b, "%" PRIu64 "h ago", age / HOUR);
        else if (age < 2 * DAY)
                strbuf_string(b, "1 day ago");
        else
                strbuf_printf(b, "%" PRIu64 " days ago", age / DAY);
}

static void format_time(struct strbuf *b, uint64_t when, bool brief) {
        time_t t = (time_t) (when / USEC_PER_SEC);
        char text[64];
        struct tm tm;

        if (when == 0 || !localtime_r(&t, &tm) ||
            strftime(text, sizeof text, brief ? "%m-%d %H:%M:%S" : "%a %Y-%m-%d %H:%M:%S", &tm) == 0)
                strbuf_string(b, "-");
        else
                strbuf_string(b, text);
}

void when_format(struct strbuf *b, uint64_t when) {
        format_time(b, when, false);
}

void when_format_seen(struct strbuf *b, uint64_t when, uint64_t now, bool brief) {
        if (now > 0)
                when_format_relative(b, when, now);
        else
                format_time(b, when, brief);
}

void when_format_span(struct strbuf *b, uint64_t span) {
        if (span < MINUTE)
                strbuf_printf(b, "%.1fs", (double) span / SECOND);
        else if (span < HOUR)
                strbuf_printf(b, "%" PRIu64 "min %" PRIu64 "s", span / MINUTE, span % MINUTE / SECOND);
        else if (span < DAY)
                strbuf_printf(b, "%" PRIu64 "h %" PRIu64 "min", span / HOUR, span % HOUR / MINUTE);
        else
                strbuf_printf(b, "%" PRIu64 " days %" PRIu64 "h", span / DAY, span % DAY / HOUR);
}
