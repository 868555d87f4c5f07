/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Numbers for narrow columns. */

#include "cli/top/top-text.h"

#include <inttypes.h>

#include "common/macro.h"

#define SECOND USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Three digits: 1.23, 12.3, 123; what rounds to 1000 takes the next unit. */
static void format_scaled(struct strbuf *b, uint64_t n, double base, const char *const units[], size_t n_units) {
        double value = (double) n;
        size_t unit = 0;

        for (; value >= 999.5 && unit + 1 < n_units; unit++)
                value /= base;
        strbuf_printf(b, "%.*f%s", unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2, value, units[unit]);
}

void top_format_rate(struct strbuf *b, uint64_t bits_per_second) {
        static const char *const units[] = { " b/s", " kb/s", " Mb/s", " Gb/s", " Tb/s", " Pb/s", " Eb/s" };

        format_scaled(b, bits_per_second, 1000, units, ELEMENTSOF(units));
}

void top_format_bytes(struct strbuf *b, uint64_t bytes) {
        static const char *const units[] = { " B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB" };

        format_scaled(b, bytes, 1024, units, ELEMENTSOF(units));
}

void top_format_count(struct strbuf *b, uint64_t n) {
        static const char *const units[] = { "", "k", "M", "G", "T", "P", "E" };

        format_scaled(b, n, 1000, units, ELEMENTSOF(units));
}

void top_format_age(struct strbuf *b, uint64_t when, uint64_t now) {
        uint64_t age = now > when ? now - when : 0;

        if (when == 0)
                strbuf_string(b, "never");
        else if (age < 2 * SECOND)
                strbuf_string(b, "now");
        else if (age < MINUTE)
                strbuf_printf(b, "%" PRIu64 "s", age / SECOND);
        else if (age < HOUR)
                strbuf_printf(b, "%" PRIu64 "min", age / MINUTE);
        else if (age < 2 * DAY)
                strbuf_printf(b, "%" PRIu64 "h", age / HOUR);
        else
                strbuf_printf(b, "%" PRIu64 "d", age / DAY);
}
