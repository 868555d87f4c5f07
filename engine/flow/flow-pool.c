/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Arrays for as many flows as there may ever be, of which the kernel gives only the pages that are used: nothing is
 * ever moved or copied, and numbers given back are used again before new ones. */

#include "engine/flow/flow-pool.h"

#include <errno.h>
#include <sys/mman.h>

#include "common/macro.h"

#define HUGE_PAGE ((size_t) 2 << 20)

void *flow_memory_map(size_t size) {
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return NULL;
        if (size > 2 * HUGE_PAGE) {
                uintptr_t from = ((uintptr_t) memory + 2 * HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);

                /* A hint: where there are no huge pages small ones do. */
                madvise((void *) from, (size_t) ((uintptr_t) memory + size - from), MADV_HUGEPAGE);
        }
        return memory;
}

void flow_memory_unmap(void *memory, size_t size) {
        if (memory)
                munmap(memory, size);
}

int flow_pool_init(struct flow_pool *p, uint32_t limit, bool ends, bool analysis) {
        size_t n = (size_t) limit + 1;

        *p = (struct flow_pool) { .limit = limit, .fresh = 1 };
        p->entries = flow_memory_map(n * sizeof *p->entries);
        p->more = flow_memory_map(n * sizeof *p->more);
        if (ends)
                p->ends = flow_memory_map(n * sizeof *p->ends);
        if (analysis)
                p->analyses = flow_memory_map(n * sizeof *p->analyses);
        return p->entries && p->more && (!ends || p->ends) && (!analysis || p->analyses) ? 0 : -ENOMEM;
}

void flow_pool_done(struct flow_pool *p) {
        size_t n = (size_t) p->limit + 1;

        flow_memory_unmap(p->entries, n * sizeof *p->entries);
        flow_memory_unmap(p->more, n * sizeof *p->more);
        flow_memory_unmap(p->ends, n * sizeof *p->ends);
        flow_memory_unmap(p->analyses, n * sizeof *p->analyses);
        *p = (struct flow_pool) { 0 };
}

uint32_t flow_pool_take(struct flow_pool *p) {
        uint32_t number = p->free;

        if (number > 0) {
                p->free = p->more[number].next;
                return number;
        }
        return p->fresh <= p->limit ? p->fresh++ : 0;
}

void flow_pool_give(struct flow_pool *p, uint32_t number) {
        p->more[number].next = p->free;
        p->free = number;
}
