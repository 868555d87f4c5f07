/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prometheus's text format. In a label three characters are escaped (backslash, quote, line feed); the rest of what
 * devices may say that is unsafe to look at becomes U+FFFD, since people read this with curl. */

#include "daemon/exposition.h"

#include <inttypes.h>
#include <string.h>

#include "common/escape.h"

static const char *const type_names[] = {
        [EXPOSITION_COUNTER] = "counter",
        [EXPOSITION_GAUGE] = "gauge",
        [EXPOSITION_HISTOGRAM] = "histogram",
};

void exposition_family(struct exposition *e, const char *name, enum exposition_type type, const char *help) {
        e->family = name;
        fprintf(e->f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type_names[type]);
}

static void put_character(FILE *f, const char *s, size_t n, uint32_t c) {
        if (c == '\n')
                fputs("\\n", f);
        else if (c == '"' || c == '\\')
                fprintf(f, "\\%c", (char) c);
        else if (n == 0 || text_is_unsafe(c))
                fputs("\xef\xbf\xbd", f);
        else
                fwrite(s, 1, n, f);
}

static void put_value(FILE *f, const char *value) {
        size_t left = strlen(value);

        while (left > 0) {
                uint32_t c = 0;
                size_t n = text_decode((const uint8_t *) value, left, &c);

                put_character(f, value, n, n > 0 ? c : 0);
                value += MAX(n, (size_t) 1);
                left -= MAX(n, (size_t) 1);
        }
}

static void put_head(struct exposition *e, const struct exposition_label *labels, size_t n) {
        fputs(e->family, e->f);
        for (size_t i = 0; i < n; i++) {
                fprintf(e->f, "%c%s=\"", i > 0 ? ',' : '{', labels[i].name);
                put_value(e->f, labels[i].value);
                fputc('"', e->f);
        }
        fputs(n > 0 ? "} " : " ", e->f);
}

void exposition_sample(struct exposition *e, const struct exposition_label *labels, size_t n, uint64_t value) {
        put_head(e, labels, n);
        fprintf(e->f, "%" PRIu64 "\n", value);
}

static void put_seconds(FILE *f, uint64_t ns) {
        fprintf(f, "%" PRIu64 ".%09" PRIu64 "\n", ns / NSEC_PER_SEC, ns % NSEC_PER_SEC);
}

void exposition_seconds(struct exposition *e, const struct exposition_label *labels, size_t n, uint64_t ns) {
        put_head(e, labels, n);
        put_seconds(e->f, ns);
}

void exposition_histogram(struct exposition *e, const struct histogram *h) {
        uint64_t total = 0;

        for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
                total += h->counts[i];
                fprintf(e->f, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", e->family, histogram_bounds[i].seconds, total);
        }
        total += h->counts[HISTOGRAM_BOUNDS];
        fprintf(e->f, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", e->family, total, e->family);
        put_seconds(e->f, h->sum);
        fprintf(e->f, "%s_count %" PRIu64 "\n", e->family, total);
}
