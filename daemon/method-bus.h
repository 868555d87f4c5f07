/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "daemon/export.h"
#include "daemon/manager.h"

/* The one gate that all method calls pass: every vtable names method_dispatch() as its handler, and what
 * that finds no row for, nobody may call. In this order: the row is found, the arguments are checked, polkit
 * is asked where the row names an action (of `in_full`: how much to tell), and only then anything happens. After polkit's answer everything
 * is looked up and checked anew, for the object may be gone by then. */

/* A call on its way through the gate. Pointers live as long as the message. */
struct method_call {
        struct manager *manager;
        sd_bus_message *message;
        const struct device *device; /* of org.lanscope1.Device, else NULL */
        bool in_full;                /* the caller may have all that the method tells; see struct method */
        const char *action;          /* what the arguments need, where that is more than the row says; set by parse() */
        union {
                const char *text;
                bool flag;
                enum device_type type;
                struct mac_address mac;
                uint64_t id;
                uint32_t limit;
                uint32_t event_types; /* EVE_MASK() */
                struct {
                        enum capture_mode mode;
                        const char *interfaces[CONFIG_INTERFACES_MAX];
                        size_t n;
                } mode;
                struct {
                        const uint64_t *ids;
                        size_t n;
                } alerts;
                struct store_alert_filter alert_filter;
                struct alert_exception exception;
                struct {
                        const char *presence, *category, *type;
                        int trusted; /* -1: either */
                        uint64_t network, after;
                        uint32_t limit;
                } device_filter;
                struct {
                        struct flow_filter filter;
                        uint64_t device; /* 0: all */
                        enum flow_sort sort;
                        uint32_t limit;
                } flows;
                struct {
                        struct store_traffic_filter filter;
                        uint32_t peers;
                } traffic;
                struct {
                        enum export_what { WHAT_DEVICES, WHAT_ALERTS, WHAT_FLOWS, _WHAT_MAX } what;
                        enum export_format format;
                } export;
        } arguments;
};

struct method {
        const char *interface, *member;
        const char *action; /* polkit's; NULL: open to everybody on the bus */
        /* Reads the arguments; -errno with `error` set: they are refused. Changes nothing. NULL: there are none. */
        int (*parse)(struct method_call *call, sd_bus_error *error);
        /* Does it and replies; -errno, with `error` set or not. */
        int (*apply)(struct method_call *call, sd_bus_error *error);
        /* polkit's; instead of `action`. Who may not gets an answer with less in it, and is asked for no password. */
        const char *in_full;
};

/* The rows; each interface's stand beside its vtable. NULL for a method without one. */
const struct method *method_find(const char *interface, const char *member);

/* For vtables whose slots have the manager as userdata. */
int method_dispatch(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* Replies with the error that fits a change that was not made. */
int method_fail(struct method_call *call, int r, sd_bus_error *error);
/* An empty reply. */
int method_done(struct method_call *call);

/* Reads an a{sv}: calls `take` for each entry, which reads the variant (method_read_variant()). -ENOENT from it: no such
 * key; another -errno: its value is wrong. `error` is set on failure, but for that of a message that is malformed. */
int method_read_options(sd_bus_message *m, int (*take)(void *userdata, const char *key, sd_bus_message *m),
                        void *userdata, sd_bus_error *error);
/* The variant's value, which must be of `type`: -ENXIO if it is not. Enters and leaves the variant. */
int method_read_variant(sd_bus_message *m, char type, void *ret);
