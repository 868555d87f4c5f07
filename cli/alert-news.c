/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One question is under way at a time; signals that come meanwhile wait for the next. */

#include "cli/alert-news.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bus-records.h"
#include "cli/bus.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

/* Ids that ListAlerts takes. Those beyond are told as they were signalled. */
#define NEWS_MAX 1000
#define TIMEOUT (25 * USEC_PER_SEC)

struct alert_news {
        sd_bus *bus;
        sd_bus_slot *asked;              /* an answer is due, about `about` */
        struct json_object *waiting, *about; /* arrays of {"event", "alert"} */
        void (*told)(void *userdata, const char *event, struct json_object *alert);
        void *userdata;
};

int alert_news_new(struct alert_news **ret, sd_bus *bus,
                   void (*told)(void *userdata, const char *event, struct json_object *alert), void *userdata) {
        _cleanup_(alert_news_freep) struct alert_news *n = calloc(1, sizeof *n);

        if (!n)
                return -ENOMEM;
        n->bus = sd_bus_ref(bus);
        n->told = told;
        n->userdata = userdata;
        n->waiting = json_object_new_array();
        n->about = json_object_new_array();
        if (!n->waiting || !n->about)
                return -ENOMEM;
        *ret = TAKE_PTR(n);
        return 0;
}

struct alert_news *alert_news_free(struct alert_news *n) {
        if (!n)
                return NULL;
        sd_bus_slot_unref(n->asked);
        json_object_put(n->waiting);
        json_object_put(n->about);
        sd_bus_unref(n->bus);
        free(n);
        return NULL;
}

static uint64_t id_of(struct json_object *alert) {
        return json_object_get_uint64(json_at(alert, "id"));
}

/* The record of `list`, an answer of ListAlerts, that is this alert; NULL: it is not there. The caller owns it. */
static struct json_object *find_whole(struct json_object *list, uint64_t id) {
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                struct json_object *a = json_object_array_get_idx(list, i);

                if (json_object_get_uint64(json_at(a, "Id")) == id)
                        return alert_from_bus(a);
        }
        return NULL;
}

static void tell(struct alert_news *n, struct json_object *list) {
        for (size_t i = 0; i < json_object_array_length(n->about); i++) {
                struct json_object *news = json_object_array_get_idx(n->about, i), *alert = json_at(news, "alert");
                _cleanup_(json_putp) struct json_object *whole = list ? find_whole(list, id_of(alert)) : NULL;

                n->told(n->userdata, json_text_at(news, "event"), whole ? whole : alert);
        }
        json_object_array_del_idx(n->about, 0, json_object_array_length(n->about));
}

static void ask(struct alert_news *n);

static int on_answer(sd_bus_message *answer, void *userdata, sd_bus_error *error _unused_) {
        _cleanup_(json_putp) struct json_object *list = NULL;
        struct alert_news *n = userdata;

        n->asked = sd_bus_slot_unref(n->asked);
        if (sd_bus_message_is_method_error(answer, NULL) || bus_read_json(answer, &list) <= 0 ||
            !json_object_is_type(list, json_type_array))
                tell(n, NULL);
        else
                tell(n, list);
        if (json_object_array_length(n->waiting) > 0)
                ask(n);
        return 0;
}

static int append_ids(sd_bus_message *m, struct json_object *about) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', "Ids");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "at");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "t");
        for (size_t i = 0; r >= 0 && i < json_object_array_length(about); i++) {
                uint64_t id = id_of(json_at(json_object_array_get_idx(about, i), "alert"));

                r = sd_bus_message_append_basic(m, 't', &id);
        }
        for (int depth = 0; r >= 0 && depth < 4; depth++)
                r = sd_bus_message_close_container(m);
        return r;
}

/* About all that wait. */
static void ask(struct alert_news *n) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        struct json_object *none = n->about;
        int r = sd_bus_message_new_method_call(n->bus, &m, LANSCOPE_BUS_NAME, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, "ListAlerts");

        n->about = n->waiting;
        n->waiting = none;
        if (r >= 0)
                r = append_ids(m, n->about);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, false);
        if (r >= 0)
                r = sd_bus_call_async(n->bus, &n->asked, m, on_answer, n, TIMEOUT);
        if (r < 0)
                tell(n, NULL);
}

/* NULL: it cannot be read; it is another version's, and is left out. */
static struct json_object *read_alert(sd_bus_message *signal) {
        _cleanup_(json_putp) struct json_object *dictionary = NULL;
        uint64_t id;

        if (sd_bus_message_read(signal, "t", &id) < 0 || bus_read_json(signal, &dictionary) <= 0 ||
            !json_object_is_type(dictionary, json_type_object))
                return NULL;
        return alert_from_bus(dictionary);
}

void alert_news_take(struct alert_news *n, const char *event, sd_bus_message *signal) {
        _cleanup_(json_putp) struct json_object *alert = read_alert(signal), *news = json_object_new_object();

        if (!alert || !news)
                return;
        if (json_object_array_length(n->waiting) >= NEWS_MAX || json_add_text(news, "event", event) < 0 ||
            json_add(news, "alert", json_object_get(alert)) < 0 || json_object_array_add(n->waiting, news) < 0) {
                n->told(n->userdata, event, alert);
                return;
        }
        TAKE_PTR(news);
        if (!n->asked)
                ask(n);
}
