/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "applet/alert-item.h"

/*
 * The desktop's notification service, through libnotify. Every call of libnotify waits for a reply, up to 25 seconds
 * when the service hangs or is being started; therefore all of them are made on one thread, and nothing here waits.
 * While that thread is held up only the newest text of a notification is kept.
 */

/* Buttons; the thread of libnotify knows them by these names, and the callback brings them back. */
struct notice_button {
        const char *action; /* "default" is the click on the notification itself */
        const char *label;
};

enum { NOTICE_BUTTONS = 4 };

struct notice_text {
        const char *title;
        const char *body; /* plain text; what needs escaping for markup is escaped by this module */
        const char *icon;
        LanscopeSeverity severity;
        struct notice_button buttons[NOTICE_BUTTONS];
        unsigned n_buttons;
};

/* Called in the main context of whoever made the service. */
struct notice_service_ops {
        /* `token`: what the window may be raised with; may be NULL. */
        void (*action)(const char *key, const char *action, const char *token, void *userdata);
        /* It is gone: closed, run out, or never shown because nobody shows notifications here. Not after a
         * notice_service_close(). */
        void (*closed)(const char *key, void *userdata);
        void *userdata;
};

struct notice_service;

/* Starts the thread; talks to nobody yet. `application`: the name of the desktop file. Both are copied. */
struct notice_service *notice_service_new(const char *application, const struct notice_service_ops *ops);
/* Takes all notifications away, but does not wait longer than a moment for that. No callback is called any more. */
struct notice_service *notice_service_free(struct notice_service *service);

/* Shows a notification, or changes the one of that key. Copies all. */
void notice_service_show(struct notice_service *service, const char *key, const struct notice_text *text);
void notice_service_close(struct notice_service *service, const char *key);
