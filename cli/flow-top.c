/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A heap of bounded size whose least record gives way to a greater one. */

#include "cli/flow-top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int flow_top_init(struct flow_top *top, size_t limit) {
        *top = (struct flow_top) { .records = calloc(limit, sizeof *top->records), .limit = limit };
        return top->records ? 0 : -ENOMEM;
}

void flow_top_done(struct flow_top *top) {
        free(top->records);
        *top = (struct flow_top) { 0 };
}

static uint64_t bytes_of(const struct flow_record *record) {
        return record->directions[0].bytes + record->directions[1].bytes;
}

/* Of flows alike the later one is less, so that the order is always the same. */
static int compare(const void *a, const void *b) {
        const struct flow_record *x = a, *y = b;
        uint64_t bx = bytes_of(x), by = bytes_of(y);

        if (bx != by)
                return bx > by ? -1 : 1;
        if (x->first != y->first)
                return x->first < y->first ? -1 : 1;
        return memcmp(x->endpoints, y->endpoints, sizeof x->endpoints);
}

static void swap(struct flow_top *top, size_t i, size_t j) {
        struct flow_record r = top->records[i];

        top->records[i] = top->records[j];
        top->records[j] = r;
}

static void sift_up(struct flow_top *top, size_t i) {
        for (; i > 0 && compare(&top->records[i], &top->records[(i - 1) / 2]) > 0; i = (i - 1) / 2)
                swap(top, i, (i - 1) / 2);
}

static void sift_down(struct flow_top *top) {
        size_t i = 0, least;

        for (;; i = least) {
                least = i;
                for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
                        if (child < top->n && compare(&top->records[child], &top->records[least]) > 0)
                                least = child;
                if (least == i)
                        return;
                swap(top, i, least);
        }
}

void flow_top_offer(struct flow_top *top, const struct flow_record *record) {
        if (top->n < top->limit) {
                top->records[top->n] = *record;
                sift_up(top, top->n++);
        } else if (compare(record, &top->records[0]) < 0) {
                top->records[0] = *record;
                sift_down(top);
        }
}

void flow_top_sort(struct flow_top *top) {
        if (top->n > 0) /* without records there is no memory */
                qsort(top->records, top->n, sizeof *top->records, compare);
}
