/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The asynchronous authorization check. One check is two questions in turn: to the bus, who the
 * sender is (root is let through), and to polkit, whether that sender may. A peer that has checks under way is
 * watched: when it leaves the bus, they are cancelled. Verdicts are used once and never kept. */

#include "daemon/polkit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"
#define POLKIT_ALLOW_INTERACTION 1 /* CheckAuthorizationFlags */

struct peer;

struct check {
        struct check *next;
        struct peer *peer;
        sd_bus_message *message;
        sd_bus_slot *call;
        const char *action;
        polkit_done_fn done;
        void *userdata;
        uint64_t id;      /* names the check to polkit, to cancel it */
        uint32_t uid;     /* of the sender, once polkit was asked */
        bool asked;       /* polkit was asked */
        bool may_prompt;
};

/* A sender with checks under way; lives as long as it has any. */
struct peer {
        struct peer *next;
        struct polkit *polkit;
        struct check *checks;
        size_t n_checks;
        sd_bus_slot *watch;
        char name[];
};

struct polkit {
        sd_bus *bus;
        struct peer *peers;
        size_t n_checks;
        uint64_t last_id;
};

int polkit_new(struct polkit **ret, sd_bus *bus) {
        struct polkit *p = calloc(1, sizeof *p);

        if (!p)
                return -ENOMEM;
        p->bus = sd_bus_ref(bus);
        *ret = p;
        return 0;
}

static struct check *check_free(struct check *c) {
        sd_bus_slot_unref(c->call);
        sd_bus_message_unref(c->message);
        free(c);
        return NULL;
}

static void peer_free(struct peer *peer) {
        struct peer **link = &peer->polkit->peers;

        while (*link != peer)
                link = &(*link)->next;
        *link = peer->next;
        sd_bus_slot_unref(peer->watch);
        free(peer);
}

/* Takes the check out of the tables. Its peer goes with the last of its checks. */
static void check_unlink(struct check *c) {
        struct peer *peer = c->peer;
        struct check **link = &peer->checks;

        while (*link != c)
                link = &(*link)->next;
        *link = c->next;
        peer->n_checks--;
        peer->polkit->n_checks--;
        if (peer->n_checks == 0)
                peer_free(peer);
}

struct polkit *polkit_free(struct polkit *p) {
        if (!p)
                return NULL;
        while (p->peers) {
                struct check *c = p->peers->checks;

                check_unlink(c);
                check_free(c);
        }
        sd_bus_unref(p->bus);
        free(p);
        return NULL;
}

size_t polkit_pending(const struct polkit *p) {
        return p->n_checks;
}

static void check_finish(struct check *c, int verdict, const sd_bus_error *error) {
        check_unlink(c);
        c->done(c->userdata, c->message, verdict, error);
        check_free(c);
}

static void check_deny(struct check *c, const char *name, const char *text) {
        sd_bus_error error = SD_BUS_ERROR_NULL;

        (void) sd_bus_error_set(&error, name, text);
        check_finish(c, -EACCES, &error);
        sd_bus_error_free(&error);
}

static void cancel_at_polkit(struct polkit *p, const struct check *c) {
        char cancellation[32];

        snprintf(cancellation, sizeof cancellation, "lanscope-%llu", (unsigned long long) c->id);
        (void) sd_bus_call_method_async(p->bus, NULL, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                                        "CancelCheckAuthorization", NULL, NULL, "s", cancellation);
}

/* There is no polkit, it knows no such action, or nobody answered its dialog in time: that is then taken back, lest
 * somebody types a password that nobody waits for. */
static void check_unanswered(struct check *c, const sd_bus_error *error) {
        char text[512];

        if (sd_bus_error_has_names(error, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT))
                cancel_at_polkit(c->peer->polkit, c);
        snprintf(text, sizeof text, "Access denied: polkit, which decides it, does not answer (%s)",
                 error->message ? error->message : error->name);
        check_deny(c, SD_BUS_ERROR_ACCESS_DENIED, text);
}

static int on_authorization(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error _unused_) {
        struct check *c = userdata;
        int authorized, challenge;

        if (sd_bus_message_is_method_error(reply, NULL)) {
                check_unanswered(c, sd_bus_message_get_error(reply));
                return 1;
        }
        if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
            sd_bus_message_read(reply, "bb", &authorized, &challenge) < 0) {
                check_deny(c, SD_BUS_ERROR_ACCESS_DENIED, "Access denied: polkit's answer was not understood");
                return 1;
        }
        if (authorized)
                check_finish(c, 1, NULL);
        else if (challenge)
                check_deny(c, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, "Interactive authentication required");
        else
                check_deny(c, SD_BUS_ERROR_ACCESS_DENIED, "Access denied");
        return 1;
}

static int ask_polkit(struct check *c, uint32_t uid) {
        sd_bus_message *m = NULL;
        char cancellation[32];
        int r;

        snprintf(cancellation, sizeof cancellation, "lanscope-%llu", (unsigned long long) c->id);
        r = sd_bus_message_new_method_call(c->peer->polkit->bus, &m, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                                           "CheckAuthorization");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s", c->peer->name, c->action, 0,
                                  c->may_prompt ? POLKIT_ALLOW_INTERACTION : 0, cancellation);
        c->call = sd_bus_slot_unref(c->call);
        if (r >= 0)
                r = sd_bus_call_async(c->peer->polkit->bus, &c->call, m, on_authorization, c, POLKIT_TIMEOUT);
        sd_bus_message_unref(m);
        c->asked = r >= 0;
        c->uid = uid;
        return r;
}

static size_t asked_for_user(const struct polkit *p, uint32_t uid) {
        size_t n = 0;

        for (const struct peer *peer = p->peers; peer; peer = peer->next)
                for (const struct check *c = peer->checks; c; c = c->next)
                        n += c->asked && c->uid == uid;
        return n;
}

static int on_user(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error _unused_) {
        struct check *c = userdata;
        uint32_t uid;

        if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "u", &uid) < 0)
                check_deny(c, SD_BUS_ERROR_ACCESS_DENIED, "Access denied: the bus does not tell who asks");
        else if (uid == 0)
                check_finish(c, 1, NULL);
        else if (asked_for_user(c->peer->polkit, uid) >= POLKIT_PENDING_PER_USER)
                check_deny(c, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many calls of this user are waiting for authorization");
        else if (ask_polkit(c, uid) < 0)
                check_deny(c, SD_BUS_ERROR_ACCESS_DENIED, "Access denied: polkit could not be asked");
        return 1;
}

/* The peer changed its owner, which for a unique name means that it is gone. */
static int on_peer_gone(sd_bus_message *m _unused_, void *userdata, sd_bus_error *ret_error _unused_) {
        struct peer *peer = userdata;
        struct polkit *p = peer->polkit;

        for (bool last = false; !last;) {
                struct check *c = peer->checks;

                last = peer->n_checks == 1;
                if (c->asked)
                        cancel_at_polkit(p, c);
                check_unlink(c); /* frees the peer with the last one */
                check_free(c);
        }
        return 0;
}

static int peer_get(struct polkit *p, const char *name, struct peer **ret) {
        size_t size = strlen(name) + 1;
        char match[256];
        struct peer *peer;
        int r;

        for (peer = p->peers; peer; peer = peer->next)
                if (strcmp(peer->name, name) == 0) {
                        *ret = peer;
                        return 0;
                }
        peer = calloc(1, sizeof *peer + size);
        if (!peer)
                return -ENOMEM;
        memcpy(peer->name, name, size);
        peer->polkit = p;
        /* A unique name holds no quotes: D-Bus specification, "Valid Names". */
        snprintf(match, sizeof match,
                 "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                 "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s'", name);
        r = sd_bus_add_match_async(p->bus, &peer->watch, match, on_peer_gone, NULL, peer);
        if (r < 0) {
                free(peer);
                return r;
        }
        peer->next = p->peers;
        p->peers = peer;
        *ret = peer;
        return 0;
}

static int check_new(struct polkit *p, sd_bus_message *message, struct check **ret) {
        struct check *c;
        struct peer *peer;
        int r = peer_get(p, sd_bus_message_get_sender(message), &peer);

        if (r < 0)
                return r;
        if (peer->n_checks >= POLKIT_PENDING_PER_PEER)
                return -EUSERS;
        c = calloc(1, sizeof *c);
        if (!c) {
                if (peer->n_checks == 0)
                        peer_free(peer);
                return -ENOMEM;
        }
        *c = (struct check) { .next = peer->checks, .peer = peer, .message = sd_bus_message_ref(message), .id = ++p->last_id };
        peer->checks = c;
        peer->n_checks++;
        p->n_checks++;
        *ret = c;
        return 0;
}

int polkit_check(struct polkit *p, sd_bus_message *message, const char *action, bool may_prompt, polkit_done_fn done,
                 void *userdata, sd_bus_error *error) {
        struct check *c;
        int r;

        if (!sd_bus_message_get_sender(message))
                return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "Access denied: no bus stands between us");
        r = p->n_checks >= POLKIT_PENDING_MAX ? -EUSERS : check_new(p, message, &c);
        if (r == -EUSERS) {
                sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many calls are waiting for authorization");
                return r;
        }
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        c->action = action;
        c->may_prompt = may_prompt && sd_bus_message_get_allow_interactive_authorization(message) > 0;
        c->done = done;
        c->userdata = userdata;
        r = sd_bus_call_method_async(p->bus, &c->call, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "GetConnectionUnixUser", on_user, c, "s", c->peer->name);
        if (r < 0) {
                check_unlink(c);
                check_free(c);
                return sd_bus_error_set_errno(error, r);
        }
        return 0;
}
