/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attaching. libbpf does the requests; what it cannot do is to list TC filters with their names, which is
 * what tells our own leftovers from somebody else's filters (looking at the program itself would need
 * CAP_SYS_ADMIN). */

#include "daemon/capture-ebpf-attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/cursor.h"

/* Since Linux 6.6, and so neither in the headers nor in the libbpf of Debian 12. */
enum { LINK_TCX_INGRESS = 46, LINK_TCX_EGRESS = 47, LINK_BEFORE = 1 << 3 };

/* The handle of a clsact filter of ours says whose it is: a mark, whether the qdisc was made for lanscope, and
 * the process (at most 22 bits, PID_MAX_LIMIT). */
enum { FILTER_PRIORITY = 1, FILTER_MARK = 0x6c000000, FILTER_MADE_QDISC = 0x00800000, FILTER_PROCESS = 0x003fffff };
#define PROGRAM_PREFIX "lanscope_"

const char *ebpf_hook_to_string(enum ebpf_hook hook) {
        static const char *const names[_HOOK_MAX] = { "XDP (native)", "XDP (generic)", "TC (TCX)", "TC (clsact)" };

        return hook >= 0 && hook < _HOOK_MAX ? names[hook] : NULL;
}

static int attach_link(uint32_t ifindex, int program, enum bpf_attach_type type, uint32_t flags) {
        LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
        int fd = bpf_link_create(program, (int) ifindex, type, &options);

        return fd < 0 ? -errno : fd;
}

/* Listing the filters of one side. */

struct filter_list {
        uint32_t total;       /* filters of anybody */
        uint32_t handles[8];  /* those of ours */
        size_t n_handles;
};

static bool next_attribute(struct cursor *c, struct rtattr *ret_header, struct cursor *ret) {
        if (!cursor_copy(c, ret_header, sizeof *ret_header) || ret_header->rta_len < sizeof *ret_header ||
            !cursor_take(c, ret_header->rta_len - sizeof *ret_header, ret))
                return false;
        cursor_skip(c, MIN(RTA_ALIGN((size_t) ret_header->rta_len) - ret_header->rta_len, cursor_left(c)));
        return true;
}

static bool has_our_name(struct cursor options) {
        struct rtattr header;
        struct cursor value;

        while (next_attribute(&options, &header, &value))
                if ((header.rta_type & NLA_TYPE_MASK) == TCA_BPF_NAME)
                        return cursor_left(&value) > strlen(PROGRAM_PREFIX) &&
                               memcmp(value.data, PROGRAM_PREFIX, strlen(PROGRAM_PREFIX)) == 0;
        return false;
}

static void take_filter(struct filter_list *list, struct cursor body) {
        struct rtattr header;
        struct cursor value;
        struct tcmsg message;

        /* Each priority is told of once more without a handle. */
        if (!cursor_copy(&body, &message, sizeof message) || message.tcm_handle == 0)
                return;
        list->total++;
        if ((message.tcm_handle & ~(FILTER_MADE_QDISC | FILTER_PROCESS)) != FILTER_MARK)
                return;
        while (next_attribute(&body, &header, &value))
                if ((header.rta_type & NLA_TYPE_MASK) == TCA_OPTIONS && has_our_name(value) &&
                    list->n_handles < ELEMENTSOF(list->handles))
                        list->handles[list->n_handles++] = message.tcm_handle;
}

/* 1: the list is complete. 0: more follows. */
static int take_datagram(struct filter_list *list, struct cursor c) {
        struct nlmsghdr header;
        struct cursor body;

        while (cursor_left(&c) > 0) {
                if (!cursor_copy(&c, &header, sizeof header) || header.nlmsg_len < sizeof header ||
                    !cursor_take(&c, header.nlmsg_len - sizeof header, &body))
                        return -EBADMSG;
                cursor_skip(&c, MIN(NLMSG_ALIGN((size_t) header.nlmsg_len) - header.nlmsg_len, cursor_left(&c)));
                if (header.nlmsg_type == NLMSG_DONE)
                        return 1;
                if (header.nlmsg_type == NLMSG_ERROR) {
                        struct nlmsgerr error;

                        return cursor_copy(&body, &error, sizeof error) && error.error < 0 ? error.error : -EBADMSG;
                }
                if (header.nlmsg_type == RTM_NEWTFILTER)
                        take_filter(list, body);
        }
        return 0;
}

static int list_filters(uint32_t ifindex, bool egress, struct filter_list *ret) {
        struct {
                struct nlmsghdr header;
                struct tcmsg body;
        } request = {
                .header = { .nlmsg_len = sizeof request, .nlmsg_type = RTM_GETTFILTER, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                .body = { .tcm_ifindex = (int) ifindex,
                          .tcm_parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS) },
        };
        struct timeval limit = { .tv_sec = 2 };
        _cleanup_(closep) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        uint8_t datagram[16384];
        int r = 0;

        *ret = (struct filter_list) { 0 };
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
            send(fd, &request, sizeof request, 0) < 0)
                return -errno;
        while (r == 0) {
                ssize_t n = recv(fd, datagram, sizeof datagram, 0);

                if (n < 0)
                        return -errno;
                r = take_datagram(ret, cursor_make(datagram, (size_t) n));
        }
        return r < 0 ? r : 0;
}

static bool qdisc_is_ours(uint32_t ifindex) {
        for (int egress = 0; egress < 2; egress++) {
                struct filter_list list;

                if (list_filters(ifindex, egress, &list) < 0)
                        continue;
                for (size_t i = 0; i < list.n_handles; i++)
                        if (list.handles[i] & FILTER_MADE_QDISC)
                                return true;
        }
        return false;
}

static int attach_filter(uint32_t ifindex, bool egress, int program, uint32_t *ret_handle) {
        LIBBPF_OPTS(bpf_tc_hook, both, .ifindex = (int) ifindex, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int) ifindex, .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
        LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .priority = FILTER_PRIORITY);
        bool created, made;
        int r = bpf_tc_hook_create(&both);

        if (r < 0 && r != -EEXIST)
                return r;
        created = r == 0;
        /* Made by us means by any lanscope: the last of them takes it away. */
        made = created || qdisc_is_ours(ifindex);
        options.handle = FILTER_MARK | (made ? FILTER_MADE_QDISC : 0) | ((uint32_t) getpid() & FILTER_PROCESS);
        r = bpf_tc_attach(&hook, &options);
        if (r < 0) {
                if (created)
                        bpf_tc_hook_destroy(&both);
                return r;
        }
        *ret_handle = options.handle;
        return 0;
}

int ebpf_attach(enum ebpf_hook hook, uint32_t ifindex, bool egress, int program, struct ebpf_attachment *ret) {
        struct ebpf_attachment a = { .hook = hook, .ifindex = ifindex, .link = -1, .egress = egress };
        int r = -EINVAL;

        switch (hook) {
        case HOOK_XDP_NATIVE:
                r = a.link = attach_link(ifindex, program, BPF_XDP, XDP_FLAGS_DRV_MODE);
                break;
        case HOOK_XDP_GENERIC:
                r = a.link = attach_link(ifindex, program, BPF_XDP, XDP_FLAGS_SKB_MODE);
                break;
        case HOOK_TCX:
                /* First in line: a filter that drops or redirects would hide frames from us. */
                r = a.link = attach_link(ifindex, program, (enum bpf_attach_type) (egress ? LINK_TCX_EGRESS : LINK_TCX_INGRESS),
                                         LINK_BEFORE);
                break;
        case HOOK_CLSACT:
                r = attach_filter(ifindex, egress, program, &a.handle);
                break;
        case _HOOK_MAX:
        case _HOOK_INVALID:
                break;
        }
        if (r < 0)
                return r;
        a.active = true;
        *ret = a;
        return 0;
}

static int detach_filter(uint32_t ifindex, bool egress, uint32_t handle) {
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int) ifindex, .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
        LIBBPF_OPTS(bpf_tc_opts, options, .handle = handle, .priority = FILTER_PRIORITY);

        return bpf_tc_detach(&hook, &options);
}

static void remove_empty_qdisc(uint32_t ifindex) {
        LIBBPF_OPTS(bpf_tc_hook, both, .ifindex = (int) ifindex, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
        struct filter_list in, out;

        if (list_filters(ifindex, false, &in) == 0 && list_filters(ifindex, true, &out) == 0 && in.total == 0 && out.total == 0)
                bpf_tc_hook_destroy(&both);
}

void ebpf_detach(struct ebpf_attachment *a) {
        if (!a->active)
                return;
        if (a->link >= 0)
                close(a->link);
        else {
                detach_filter(a->ifindex, a->egress, a->handle);
                if (a->handle & FILTER_MADE_QDISC)
                        remove_empty_qdisc(a->ifindex);
        }
        *a = (struct ebpf_attachment) { .link = -1 };
}

static bool process_is_gone(uint32_t handle) {
        pid_t pid = (pid_t) (handle & FILTER_PROCESS);

        return pid != getpid() && kill(pid, 0) < 0 && errno == ESRCH;
}

int ebpf_clean_up(uint32_t ifindex) {
        bool made_qdisc = false;

        for (int egress = 0; egress < 2; egress++) {
                struct filter_list list;
                int r = list_filters(ifindex, egress, &list);

                /* -EINVAL: there is no clsact on this interface. */
                if (r == -EINVAL || r == -EOPNOTSUPP)
                        return 0;
                if (r < 0)
                        return r;
                for (size_t i = 0; i < list.n_handles; i++) {
                        if (!process_is_gone(list.handles[i]))
                                continue;
                        made_qdisc = made_qdisc || list.handles[i] & FILTER_MADE_QDISC;
                        r = detach_filter(ifindex, egress, list.handles[i]);
                        if (r < 0)
                                return r;
                }
        }
        if (made_qdisc)
                remove_empty_qdisc(ifindex);
        return 0;
}
