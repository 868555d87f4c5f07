/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The alerts, in an array that is the model. The service bounds how often alerts are told of, so they are passed on as
 * they come. */

#include "applet/alert-store.h"

struct _LanscopeAlertStore {
        GObject parent_instance;
        GPtrArray *model; /* of LanscopeAlert, newest first */
};

static void model_init(GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(LanscopeAlertStore, lanscope_alert_store, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, model_init))

static GType model_item_type(GListModel *model G_GNUC_UNUSED) {
        return LANSCOPE_TYPE_ALERT;
}

static guint model_n_items(GListModel *model) {
        return LANSCOPE_ALERT_STORE(model)->model->len;
}

static void *model_item(GListModel *model, guint position) {
        LanscopeAlertStore *self = LANSCOPE_ALERT_STORE(model);

        return position < self->model->len ? g_object_ref(self->model->pdata[position]) : NULL;
}

static void model_init(GListModelInterface *iface) {
        iface->get_item_type = model_item_type;
        iface->get_n_items = model_n_items;
        iface->get_item = model_item;
}

LanscopeAlert *lanscope_alert_store_lookup(LanscopeAlertStore *self, guint64 id) {
        for (guint i = 0; i < self->model->len; i++)
                if (lanscope_alert_info(self->model->pdata[i])->id == id)
                        return self->model->pdata[i];
        return NULL;
}

/* The alert of a dictionary: the one that is known, brought up to date, or a new one; NULL for none. */
static LanscopeAlert *alert_take(GHashTable *known, GVariant *dictionary) {
        LanscopeAlert *alert;
        guint64 id;

        if (!g_variant_lookup(dictionary, "Id", "t", &id))
                return NULL;
        alert = g_hash_table_lookup(known, &id);
        if (!alert)
                return lanscope_alert_new(dictionary);
        lanscope_alert_update(alert, dictionary);
        return g_object_ref(alert);
}

static void replace(LanscopeAlertStore *self, GPtrArray *model) {
        GPtrArray *old = self->model;

        self->model = model;
        g_list_model_items_changed(G_LIST_MODEL(self), 0, old->len, model->len);
        g_ptr_array_unref(old);
}

void lanscope_alert_store_load(LanscopeAlertStore *self, GVariant *alerts) {
        g_autoptr(GHashTable) known = g_hash_table_new(g_int64_hash, g_int64_equal);
        GPtrArray *model = g_ptr_array_new_with_free_func(g_object_unref);
        GVariantIter iter;
        GVariant *dictionary;

        for (guint i = 0; i < self->model->len; i++)
                g_hash_table_insert(known, (void *) &lanscope_alert_info(self->model->pdata[i])->id, self->model->pdata[i]);
        g_variant_iter_init(&iter, alerts);
        while ((dictionary = g_variant_iter_next_value(&iter))) {
                g_autoptr(GVariant) owned = dictionary;
                LanscopeAlert *alert = alert_take(known, owned);

                if (alert)
                        g_ptr_array_add(model, alert);
        }
        replace(self, model);
        g_signal_emit_by_name(self, "updated");
}

void lanscope_alert_store_raise(LanscopeAlertStore *self, GVariant *dictionary) {
        g_autoptr(LanscopeAlert) alert = lanscope_alert_new(dictionary);

        /* It may have come with a list just before. */
        if (!alert || lanscope_alert_store_lookup(self, lanscope_alert_info(alert)->id))
                return;
        g_ptr_array_insert(self->model, 0, g_object_ref(alert));
        g_list_model_items_changed(G_LIST_MODEL(self), 0, 0, 1);
        if (self->model->len > LANSCOPE_ALERTS_MAX) {
                g_ptr_array_remove_index(self->model, self->model->len - 1);
                g_list_model_items_changed(G_LIST_MODEL(self), self->model->len, 1, 0);
        }
        g_signal_emit_by_name(self, "alert-raised", alert);
}

void lanscope_alert_store_change(LanscopeAlertStore *self, guint64 id, GVariant *dictionary) {
        LanscopeAlert *alert = lanscope_alert_store_lookup(self, id);

        if (!alert)
                return;
        lanscope_alert_update(alert, dictionary);
        g_signal_emit_by_name(self, "updated");
}

void lanscope_alert_store_acknowledge(LanscopeAlertStore *self, GVariant *ids) {
        size_t n;
        const guint64 *list = g_variant_get_fixed_array(ids, &n, sizeof *list);
        g_autoptr(GHashTable) set = g_hash_table_new(g_int64_hash, g_int64_equal);

        for (size_t i = 0; i < n; i++)
                g_hash_table_add(set, (void *) &list[i]);
        for (guint i = 0; i < self->model->len; i++)
                if (g_hash_table_contains(set, &lanscope_alert_info(self->model->pdata[i])->id))
                        lanscope_alert_acknowledge(self->model->pdata[i]);
        g_signal_emit_by_name(self, "updated");
}

void lanscope_alert_store_clear(LanscopeAlertStore *self) {
        replace(self, g_ptr_array_new_with_free_func(g_object_unref));
}

LanscopeAlertStore *lanscope_alert_store_new(void) {
        return g_object_new(LANSCOPE_TYPE_ALERT_STORE, NULL);
}

static void lanscope_alert_store_finalize(GObject *object) {
        g_ptr_array_unref(LANSCOPE_ALERT_STORE(object)->model);
        G_OBJECT_CLASS(lanscope_alert_store_parent_class)->finalize(object);
}

static void lanscope_alert_store_init(LanscopeAlertStore *self) {
        self->model = g_ptr_array_new_with_free_func(g_object_unref);
}

static void lanscope_alert_store_class_init(LanscopeAlertStoreClass *klass) {
        G_OBJECT_CLASS(klass)->finalize = lanscope_alert_store_finalize;
        g_signal_new("alert-raised", LANSCOPE_TYPE_ALERT_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                     LANSCOPE_TYPE_ALERT);
        g_signal_new("updated", LANSCOPE_TYPE_ALERT_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}
