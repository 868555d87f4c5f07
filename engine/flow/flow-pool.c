/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Arrays for as many flows as there may ever be, of which the kernel gives only the pages that are used: nothing is
 * ever moved or copied, and numbers given back are used again before new ones. */

#include "engine/flow/flow-pool.h"

#include <errno.h>
#include <sys/mman.h>

#include "common/macro.h"

#define NO_KEY UINT64_MAX /* of entries that are not in use: a protocol that has no ports, with ports */
#define HUGE_PAGE ((size_t) 2 << 20)
#define SMALL HUGE_PAGE /* at the beginning of each part, so that a small table stays small */

/* Asks for huge pages in [from, end). A hint: where there are none small ones do. */
static void advise(uintptr_t from, uintptr_t end) {
        from = (from + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
        if (from + HUGE_PAGE <= end)
                madvise((void *) from, (size_t) (end - from), MADV_HUGEPAGE);
}

static void *map(size_t size) {
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        return memory == MAP_FAILED ? NULL : memory;
}

/* Two parts that are filled from their beginnings on, the second from `half` on; 0: there is just one. */
static void *map_parts(size_t size, size_t half) {
        uint8_t *memory = map(size);

        if (memory) {
                advise((uintptr_t) memory + SMALL, (uintptr_t) memory + (half ?: size));
                if (half > 0)
                        advise((uintptr_t) memory + half + SMALL, (uintptr_t) memory + size);
        }
        return memory;
}

void *flow_memory_map(size_t size) {
        return map_parts(size, 0);
}

void *flow_memory_map_dense(size_t size) {
        uint8_t *memory = map(size);

        if (memory)
                advise((uintptr_t) memory, (uintptr_t) memory + size);
        return memory;
}

void flow_memory_unmap(void *memory, size_t size) {
        if (memory)
                munmap(memory, size);
}

int flow_pool_init(struct flow_pool *p, uint32_t limit, bool analysis) {
        size_t half = (size_t) limit + 1, n = (size_t) limit * 2 + 1;

        *p = (struct flow_pool) { .limit = limit };
        flow_pool_reset(p);
        p->entries = map_parts(n * sizeof *p->entries, half * sizeof *p->entries);
        p->more = map_parts(n * sizeof *p->more, half * sizeof *p->more);
        p->ends = map_parts(half * sizeof *p->ends, 0);
        if (analysis)
                p->analyses = map_parts(n * sizeof *p->analyses, half * sizeof *p->analyses);
        if (!p->entries || !p->more || !p->ends || (analysis && !p->analyses))
                return -ENOMEM;
        p->entries[0].rest = NO_KEY;
        return 0;
}

void flow_pool_done(struct flow_pool *p) {
        size_t n = (size_t) p->limit * 2 + 1;

        flow_memory_unmap(p->entries, n * sizeof *p->entries);
        flow_memory_unmap(p->more, n * sizeof *p->more);
        flow_memory_unmap(p->ends, ((size_t) p->limit + 1) * sizeof *p->ends);
        flow_memory_unmap(p->analyses, n * sizeof *p->analyses);
        *p = (struct flow_pool) { 0 };
}

void flow_pool_give(struct flow_pool *p, uint32_t number) {
        bool ipv6 = number > p->limit;

        p->entries[number].rest = NO_KEY;
        p->more[number].links[0] = p->free[ipv6];
        p->free[ipv6] = number;
}

uint32_t flow_pool_next(const struct flow_pool *p, uint32_t number) {
        for (unsigned ipv6 = number > p->limit; ipv6 < 2; ipv6++)
                for (number = MAX(number + 1, ipv6 * p->limit + 1); number < p->fresh[ipv6]; number++)
                        if (p->entries[number].rest != NO_KEY)
                                return number;
        return 0;
}

void flow_pool_reset(struct flow_pool *p) {
        p->fresh[0] = 1;
        p->fresh[1] = p->limit + 1;
        p->free[0] = p->free[1] = 0;
}
