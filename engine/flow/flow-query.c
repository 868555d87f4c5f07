/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Filters, and a heap of bounded size whose least item gives way to a greater one. */

#include "engine/flow/flow-query.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"

#define TOP_START 64

static bool has_address(const struct flow_filter *f, const struct flow_record *r) {
        return ip_in_prefix(&r->endpoints[0].ip, &f->address, f->prefix_length) ||
               ip_in_prefix(&r->endpoints[1].ip, &f->address, f->prefix_length);
}

static bool has_port(const struct flow_filter *f, const struct flow_record *r) {
        if (r->protocol == IPPROTO_ICMP || r->protocol == IPPROTO_ICMPV6)
                return false;
        return r->endpoints[0].port == f->port || r->endpoints[1].port == f->port;
}

bool flow_filter_matches(const struct flow_filter *f, const struct flow_record *r, bool active) {
        return (f->active < 0 || active == (f->active > 0)) && (f->protocol < 0 || r->protocol == f->protocol) &&
               (f->state == _FLOW_STATE_MAX || r->state == f->state) && (f->port < 0 || has_port(f, r)) &&
               (f->address.family == 0 || has_address(f, r));
}

static int parse_length(const char *text, unsigned max, uint8_t *ret) {
        unsigned long n;
        char *end;

        if (text[0] < '0' || text[0] > '9')
                return -EINVAL;
        n = strtoul(text, &end, 10);
        if (*end || n > max)
                return -EINVAL;
        *ret = (uint8_t) n;
        return 0;
}

int flow_filter_parse_address(const char *text, struct flow_filter *ret) {
        const char *slash = strchr(text, '/');
        size_t n = slash ? (size_t) (slash - text) : strlen(text);
        struct ip_address address;
        char host[IP_STRING_MAX];
        unsigned bits;
        uint8_t length;

        if (n >= sizeof host)
                return -EINVAL;
        memcpy(host, text, n);
        host[n] = '\0';
        if (ip_parse(host, &address) < 0)
                return -EINVAL;
        bits = address.family == AF_INET ? 32 : 128;
        length = (uint8_t) bits;
        if (slash && parse_length(slash + 1, bits, &length) < 0)
                return -EINVAL;
        ret->address = address;
        ret->prefix_length = length;
        return 0;
}

static const char *const sorts[_FLOW_SORT_MAX] = {
        [FLOW_SORT_BYTES] = "bytes",
        [FLOW_SORT_RATE] = "rate",
        [FLOW_SORT_RTT] = "rtt",
        [FLOW_SORT_RETRANSMISSIONS] = "retransmissions",
        [FLOW_SORT_LAST] = "last",
};

const char *flow_sort_to_string(enum flow_sort sort) {
        return sort < _FLOW_SORT_MAX ? sorts[sort] : NULL;
}

enum flow_sort flow_sort_from_string(const char *s) {
        for (int i = 0; i < _FLOW_SORT_MAX; i++)
                if (strcmp(sorts[i], s) == 0)
                        return (enum flow_sort) i;
        return _FLOW_SORT_MAX;
}

static uint64_t value_of(const struct flow_record *r, uint64_t rate, enum flow_sort sort) {
        switch (sort) {
        case FLOW_SORT_RATE:
                return rate;
        case FLOW_SORT_RTT:
                return r->rtt.samples > 0 ? r->rtt.average : r->rtt.handshake;
        case FLOW_SORT_RETRANSMISSIONS:
                return (uint64_t) r->directions[0].retransmissions + r->directions[1].retransmissions;
        case FLOW_SORT_LAST:
                return r->last;
        case FLOW_SORT_BYTES:
        case _FLOW_SORT_MAX:
                break;
        }
        return r->directions[0].bytes + r->directions[1].bytes;
}

/* Of flows alike the one with more bytes is greater, then the earlier one, so that the order is always the same. */
static int compare_record(const struct flow_record *x, uint64_t x_rate, const struct flow_item *y, enum flow_sort sort) {
        const enum flow_sort keys[] = { sort, FLOW_SORT_BYTES };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                uint64_t a = value_of(x, x_rate, keys[i]), b = value_of(&y->record, y->rate, keys[i]);

                if (a != b)
                        return a > b ? -1 : 1;
        }
        if (x->first != y->record.first)
                return x->first < y->record.first ? -1 : 1;
        return memcmp(x->endpoints, y->record.endpoints, sizeof x->endpoints);
}

static int compare(const struct flow_item *x, const struct flow_item *y, enum flow_sort sort) {
        return compare_record(&x->record, x->rate, y, sort);
}

void flow_top_init(struct flow_top *top, size_t limit, enum flow_sort sort) {
        *top = (struct flow_top) { .limit = limit, .sort = sort };
}

void flow_top_done(struct flow_top *top) {
        free(top->items);
        *top = (struct flow_top) { 0 };
}

static void swap(struct flow_top *top, size_t i, size_t j) {
        struct flow_item item = top->items[i];

        top->items[i] = top->items[j];
        top->items[j] = item;
}

static bool is_less(const struct flow_top *top, size_t i, size_t j) {
        return compare(&top->items[i], &top->items[j], top->sort) > 0;
}

static void sift_up(struct flow_top *top, size_t i) {
        for (; i > 0 && is_less(top, i, (i - 1) / 2); i = (i - 1) / 2)
                swap(top, i, (i - 1) / 2);
}

static void sift_down(struct flow_top *top) {
        size_t i = 0, least;

        for (;; i = least) {
                least = i;
                for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
                        if (child < top->n && is_less(top, child, least))
                                least = child;
                if (least == i)
                        return;
                swap(top, i, least);
        }
}

static int make_room(struct flow_top *top) {
        size_t room = MIN(top->limit, MAX(top->room * 2, (size_t) TOP_START));
        struct flow_item *items;

        if (top->n < top->room)
                return 0;
        items = reallocarray(top->items, room, sizeof *items);
        if (!items)
                return -ENOMEM;
        top->items = items;
        top->room = room;
        return 0;
}

int flow_top_offer(struct flow_top *top, const struct flow_item *item) {
        if (top->n < top->limit) {
                int r = make_room(top);

                if (r < 0)
                        return r;
                top->items[top->n] = *item;
                sift_up(top, top->n++);
        } else if (compare(item, &top->items[0], top->sort) < 0) {
                top->items[0] = *item;
                sift_down(top);
        }
        return 0;
}

static uint64_t bytes_of(const struct flow_record *r) {
        return r->directions[0].bytes + r->directions[1].bytes;
}

bool flow_top_has_room(const struct flow_top *top, uint64_t bytes, uint64_t first) {
        const struct flow_record *least;
        uint64_t most;

        if (top->n < top->limit || top->sort != FLOW_SORT_BYTES)
                return true;
        least = &top->items[0].record;
        most = bytes_of(least);
        return bytes > most || (bytes == most && first <= least->first);
}

int flow_top_offer_record(struct flow_top *top, const struct flow_record *record) {
        /* Most are too small, and those of a flood all alike: that is seen without a copy. */
        if (top->n > 0 && top->n == top->limit && compare_record(record, 0, &top->items[0], top->sort) >= 0)
                return 0;
        return flow_top_offer(top, &(struct flow_item) { .record = *record });
}

static int compare_sorted(const void *a, const void *b, void *userdata) {
        const struct flow_top *top = userdata;

        return compare(a, b, top->sort);
}

void flow_top_sort(struct flow_top *top) {
        if (top->n > 0) /* without items there is no memory */
                qsort_r(top->items, top->n, sizeof *top->items, compare_sorted, top);
}
