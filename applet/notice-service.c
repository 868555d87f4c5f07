/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two sides that share nothing but `wanted` and the flags below it, under the lock: the main thread writes there what it
 * wants to be shown, the thread of libnotify makes it so and sends events back to the main context. */

#include "applet/notice-service.h"

#include <libnotify/notify.h>

/* How long the end waits for notifications to be taken away, so that a service that hangs holds nobody up. */
#define LEAVE_USEC (G_USEC_PER_SEC / 2)

/* What is wanted of one key. */
struct request {
        guint64 serial;
        gboolean close;
        char *title, *body, *icon;
        LanscopeSeverity severity;
        char *actions[NOTICE_BUTTONS], *labels[NOTICE_BUTTONS];
        unsigned n_buttons;
};

struct notice_service {
        gatomicrefcount references;
        struct notice_service_ops ops;
        GMainContext *home, *away;
        GMainLoop *loop; /* of the thread */
        char *application;

        /* Of the main thread. */
        GHashTable *serials; /* key -> guint64 *, what was last asked for; nothing once it is closed */
        guint64 serial;
        gboolean freed;

        /* Of both, under the lock. */
        GMutex lock;
        GCond left;
        GHashTable *wanted; /* key -> struct request */
        gboolean woken, leaving, has_left;

        /* Of the thread. */
        GHashTable *shown; /* key -> struct shown */
};

/* A notification on the screen. */
struct shown {
        struct notice_service *service; /* not referenced: the thread holds a reference while it runs */
        char *key;
        guint64 serial;
        NotifyNotification *notification;
};

/* What happened to one, on its way to the main thread. */
struct event {
        struct notice_service *service;
        char *key, *action, *token; /* no action: it was closed */
        guint64 serial;
};

static void request_free(void *data) {
        struct request *request = data;

        for (unsigned i = 0; i < request->n_buttons; i++) {
                g_free(request->actions[i]);
                g_free(request->labels[i]);
        }
        g_free(request->title);
        g_free(request->body);
        g_free(request->icon);
        g_free(request);
}

static void shown_free(void *data) {
        struct shown *shown = data;

        g_signal_handlers_disconnect_by_data(shown->notification, shown);
        g_object_unref(shown->notification);
        g_free(shown->key);
        g_free(shown);
}

static struct notice_service *service_ref(struct notice_service *service) {
        g_atomic_ref_count_inc(&service->references);
        return service;
}

static void service_unref(struct notice_service *service) {
        if (!g_atomic_ref_count_dec(&service->references))
                return;
        g_hash_table_unref(service->serials);
        g_hash_table_unref(service->wanted);
        g_hash_table_unref(service->shown);
        g_main_loop_unref(service->loop);
        g_free(service->application);
        g_main_context_unref(service->away);
        g_main_context_unref(service->home);
        g_mutex_clear(&service->lock);
        g_cond_clear(&service->left);
        g_free(service);
}

/* --- events, from the thread to the main context */

static void event_free(void *data) {
        struct event *event = data;

        service_unref(event->service);
        g_free(event->key);
        g_free(event->action);
        g_free(event->token);
        g_free(event);
}

/* A notification that was closed while its next text was on the way is shown again with that: it is not closed. */
static gboolean event_dispatch(void *data) {
        const struct event *event = data;
        struct notice_service *service = event->service;
        const guint64 *serial;

        if (service->freed)
                return G_SOURCE_REMOVE;
        if (event->action) {
                service->ops.action(event->key, event->action, event->token, service->ops.userdata);
                return G_SOURCE_REMOVE;
        }
        serial = g_hash_table_lookup(service->serials, event->key);
        if (serial && *serial == event->serial) {
                g_hash_table_remove(service->serials, event->key);
                service->ops.closed(event->key, service->ops.userdata);
        }
        return G_SOURCE_REMOVE;
}

static void event_send(const struct shown *shown, const char *action, const char *token) {
        struct event *event = g_new(struct event, 1);
        GSource *source = g_idle_source_new();

        *event = (struct event){ service_ref(shown->service), g_strdup(shown->key), g_strdup(action), g_strdup(token),
                                 shown->serial };
        g_source_set_priority(source, G_PRIORITY_DEFAULT);
        g_source_set_callback(source, event_dispatch, event, event_free);
        g_source_attach(source, shown->service->home);
        g_source_unref(source);
}

/* --- the thread */

static void on_action(NotifyNotification *notification, char *action, void *userdata) {
        event_send(userdata, action, notify_notification_get_activation_token(notification));
}

static void on_closed(NotifyNotification *notification G_GNUC_UNUSED, void *userdata) {
        struct shown *shown = userdata;

        event_send(shown, NULL, NULL);
        g_hash_table_remove(shown->service->shown, shown->key);
}

struct abilities {
        gboolean there; /* is there a service at all? */
        gboolean actions, markup;
};

/* Asked each time: the service may be another one than before. */
static struct abilities abilities_get(void) {
        GList *caps = notify_get_server_caps();
        struct abilities abilities = {
                .there = caps != NULL,
                .actions = g_list_find_custom(caps, "actions", (GCompareFunc) g_strcmp0) != NULL,
                .markup = g_list_find_custom(caps, "body-markup", (GCompareFunc) g_strcmp0) != NULL,
        };

        g_list_free_full(caps, g_free);
        return abilities;
}

static NotifyUrgency urgency_from_severity(LanscopeSeverity severity) {
        switch (severity) {
        case LANSCOPE_SEVERITY_INFO:
                return NOTIFY_URGENCY_LOW;
        case LANSCOPE_SEVERITY_WARNING:
                return NOTIFY_URGENCY_NORMAL;
        case LANSCOPE_SEVERITY_CRITICAL:
                return NOTIFY_URGENCY_CRITICAL;
        }
        return NOTIFY_URGENCY_NORMAL;
}

static struct shown *shown_new(struct notice_service *service, const char *key) {
        struct shown *shown = g_new0(struct shown, 1);

        shown->service = service;
        shown->key = g_strdup(key);
        shown->notification = notify_notification_new("", NULL, NULL);
        notify_notification_set_hint(shown->notification, "desktop-entry", g_variant_new_string(service->application));
        notify_notification_set_category(shown->notification, "network");
        g_signal_connect(shown->notification, "closed", G_CALLBACK(on_closed), shown);
        g_hash_table_insert(service->shown, shown->key, shown);
        return shown;
}

static void shown_set_text(struct shown *shown, const struct request *request, const struct abilities *abilities) {
        g_autofree char *escaped = abilities->markup ? g_markup_escape_text(request->body, -1) : NULL;

        notify_notification_update(shown->notification, request->title, escaped ?: request->body, request->icon);
        notify_notification_set_urgency(shown->notification, urgency_from_severity(request->severity));
        notify_notification_clear_actions(shown->notification);
        for (unsigned i = 0; abilities->actions && i < request->n_buttons; i++)
                notify_notification_add_action(shown->notification, request->actions[i], request->labels[i], on_action, shown,
                                               NULL);
}

static void request_show(struct notice_service *service, const char *key, const struct request *request) {
        struct shown *shown = g_hash_table_lookup(service->shown, key) ?: shown_new(service, key);
        struct abilities abilities = abilities_get();
        g_autoptr(GError) error = NULL;

        shown->serial = request->serial;
        shown_set_text(shown, request, &abilities);
        if (abilities.there && notify_notification_show(shown->notification, &error))
                return;
        g_debug("no notification was shown: %s", error ? error->message : "there is no notification service");
        event_send(shown, NULL, NULL);
        g_hash_table_remove(service->shown, key);
}

static void request_close(struct notice_service *service, const char *key) {
        struct shown *shown = g_hash_table_lookup(service->shown, key);

        if (!shown)
                return;
        g_signal_handlers_disconnect_by_data(shown->notification, shown);
        notify_notification_close(shown->notification, NULL);
        g_hash_table_remove(service->shown, key);
}

/* Takes one wish; the order among keys does not matter, and of one key only the last counts. */
static struct request *service_take(struct notice_service *service, char **ret_key) {
        struct request *request = NULL;
        GHashTableIter iter;
        void *key, *value;

        g_mutex_lock(&service->lock);
        g_hash_table_iter_init(&iter, service->wanted);
        if (!service->leaving && g_hash_table_iter_next(&iter, &key, &value)) {
                g_hash_table_iter_steal(&iter);
                *ret_key = key;
                request = value;
        } else {
                service->woken = FALSE;
        }
        g_mutex_unlock(&service->lock);
        return request;
}

static gboolean service_work(void *data) {
        struct notice_service *service = data;
        struct request *request;
        char *key;

        while ((request = service_take(service, &key))) {
                if (request->close)
                        request_close(service, key);
                else
                        request_show(service, key, request);
                request_free(request);
                g_free(key);
        }
        return G_SOURCE_REMOVE;
}

static gboolean service_leave(void *data) {
        struct notice_service *service = data;

        g_main_loop_quit(service->loop);
        return G_SOURCE_REMOVE;
}

static void shown_take_away(void *key G_GNUC_UNUSED, void *value, void *userdata G_GNUC_UNUSED) {
        struct shown *shown = value;

        g_signal_handlers_disconnect_by_data(shown->notification, shown);
        notify_notification_close(shown->notification, NULL);
}

static void *service_thread(void *data) {
        struct notice_service *service = data;

        g_main_context_push_thread_default(service->away);
        notify_init(g_get_application_name() ?: service->application);
        g_main_loop_run(service->loop);
        g_hash_table_foreach(service->shown, shown_take_away, NULL);
        g_hash_table_remove_all(service->shown);
        notify_uninit();
        g_main_context_pop_thread_default(service->away);

        g_mutex_lock(&service->lock);
        service->has_left = TRUE;
        g_cond_signal(&service->left);
        g_mutex_unlock(&service->lock);
        service_unref(service);
        return NULL;
}

/* --- the main thread */

struct notice_service *notice_service_new(const char *application, const struct notice_service_ops *ops) {
        struct notice_service *service = g_new0(struct notice_service, 1);

        g_atomic_ref_count_init(&service->references);
        service->ops = *ops;
        service->application = g_strdup(application);
        service->home = g_main_context_ref_thread_default();
        service->away = g_main_context_new();
        service->loop = g_main_loop_new(service->away, FALSE);
        service->serials = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        service->wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, request_free);
        service->shown = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, shown_free);
        g_mutex_init(&service->lock);
        g_cond_init(&service->left);
        g_thread_unref(g_thread_new("notifications", service_thread, service_ref(service)));
        return service;
}

static void service_invoke(struct notice_service *service, GSourceFunc function) {
        GSource *source = g_idle_source_new();

        g_source_set_priority(source, G_PRIORITY_DEFAULT);
        g_source_set_callback(source, function, service, NULL);
        g_source_attach(source, service->away);
        g_source_unref(source);
}

struct notice_service *notice_service_free(struct notice_service *service) {
        gint64 end = g_get_monotonic_time() + LEAVE_USEC;

        if (!service)
                return NULL;
        service->freed = TRUE;
        g_mutex_lock(&service->lock);
        service->leaving = TRUE;
        service_invoke(service, service_leave);
        while (!service->has_left && g_cond_wait_until(&service->left, &service->lock, end))
                ;
        g_mutex_unlock(&service->lock);
        service_unref(service);
        return NULL;
}

static void service_want(struct notice_service *service, const char *key, struct request *request) {
        request->serial = ++service->serial;
        if (request->close)
                g_hash_table_remove(service->serials, key);
        else
                g_hash_table_replace(service->serials, g_strdup(key), g_memdup2(&request->serial, sizeof request->serial));

        g_mutex_lock(&service->lock);
        g_hash_table_replace(service->wanted, g_strdup(key), request);
        if (!service->woken) {
                service->woken = TRUE;
                service_invoke(service, service_work);
        }
        g_mutex_unlock(&service->lock);
}

void notice_service_show(struct notice_service *service, const char *key, const struct notice_text *text) {
        struct request *request = g_new0(struct request, 1);

        request->title = g_strdup(text->title);
        request->body = g_strdup(text->body);
        request->icon = g_strdup(text->icon);
        request->severity = text->severity;
        request->n_buttons = MIN(text->n_buttons, NOTICE_BUTTONS);
        for (unsigned i = 0; i < request->n_buttons; i++) {
                request->actions[i] = g_strdup(text->buttons[i].action);
                request->labels[i] = g_strdup(text->buttons[i].label);
        }
        service_want(service, key, request);
}

void notice_service_close(struct notice_service *service, const char *key) {
        struct request *request = g_new0(struct request, 1);

        request->close = TRUE;
        service_want(service, key, request);
}
