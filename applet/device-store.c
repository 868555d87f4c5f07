/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The devices, in an array that is the model and an index of it by path. An entry is in one of three places: in the
 * model, on its way in (`incoming`), or on its way out (`leaving`, still in the model). A timer runs only while
 * something waits.
 *
 * A device that is in the model changes only in flush(), just before that is told, and before others come in: who keeps
 * the devices sorted would otherwise merge new ones into an order that is none any more. */

#include "applet/device-store.h"

struct entry {
        LanscopeDevice *device;
        GPtrArray *pending;      /* of GVariant: what it was told, but does not show yet; NULL none */
        LanscopeChanges changes; /* that have no properties */
        guint load;              /* the last load that saw it */
        gboolean listed;         /* in the model */
        gboolean is_new;         /* to be told as added */
        gboolean leaving;
};

struct _LanscopeDeviceStore {
        GObject parent_instance;
        GHashTable *entries;  /* path, owned by the device -> struct entry */
        GPtrArray *model;     /* of LanscopeDevice, referenced */
        GPtrArray *incoming;  /* of paths in `entries`, copied */
        GHashTable *dirty;    /* set of struct entry */
        guint leaving;        /* how many entries are */
        guint load;
        guint flush;          /* source, 0 none */
};

static void model_init(GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(LanscopeDeviceStore, lanscope_device_store, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, model_init))

static void entry_free(void *data) {
        struct entry *entry = data;

        g_object_unref(entry->device);
        g_clear_pointer(&entry->pending, g_ptr_array_unref);
        g_free(entry);
}

static GType model_item_type(GListModel *model G_GNUC_UNUSED) {
        return LANSCOPE_TYPE_DEVICE;
}

static guint model_n_items(GListModel *model) {
        return LANSCOPE_DEVICE_STORE(model)->model->len;
}

static void *model_item(GListModel *model, guint position) {
        LanscopeDeviceStore *self = LANSCOPE_DEVICE_STORE(model);

        return position < self->model->len ? g_object_ref(self->model->pdata[position]) : NULL;
}

static void model_init(GListModelInterface *iface) {
        iface->get_item_type = model_item_type;
        iface->get_n_items = model_n_items;
        iface->get_item = model_item;
}

static struct entry *entry_find(LanscopeDeviceStore *self, const char *path) {
        return g_hash_table_lookup(self->entries, path);
}

LanscopeDevice *lanscope_device_store_lookup(LanscopeDeviceStore *self, const char *path) {
        struct entry *entry = entry_find(self, path);

        return entry && !entry->leaving ? entry->device : NULL;
}

/* Takes those that leave out of the array, and tells of the smallest range that held them all. */
static void flush_leaving(LanscopeDeviceStore *self, GPtrArray *ret_gone) {
        guint first = G_MAXUINT, last = 0, kept = 0;
        GPtrArray *old = self->model;

        for (guint i = 0; i < old->len; i++)
                if (entry_find(self, lanscope_device_info(old->pdata[i])->path)->leaving) {
                        first = MIN(first, i);
                        last = i;
                }
        if (first == G_MAXUINT)
                return;
        self->model = g_ptr_array_new_full(old->len, g_object_unref);
        for (guint i = 0; i < old->len; i++) {
                LanscopeDevice *device = old->pdata[i];
                gboolean leaving = entry_find(self, lanscope_device_info(device)->path)->leaving;

                g_ptr_array_add(leaving ? ret_gone : self->model, g_object_ref(device));
                kept += !leaving && i >= first && i <= last;
        }
        for (guint i = 0; i < ret_gone->len; i++) {
                struct entry *entry = entry_find(self, lanscope_device_info(ret_gone->pdata[i])->path);

                g_hash_table_remove(self->dirty, entry);
                g_hash_table_remove(self->entries, lanscope_device_info(entry->device)->path);
        }
        self->leaving = 0;
        g_list_model_items_changed(G_LIST_MODEL(self), first, last - first + 1, kept);
        g_ptr_array_unref(old);
}

static void flush_incoming(LanscopeDeviceStore *self, GPtrArray *ret_added) {
        g_autoptr(GPtrArray) incoming = g_steal_pointer(&self->incoming);
        guint before = self->model->len;

        self->incoming = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < incoming->len; i++) {
                struct entry *entry = entry_find(self, incoming->pdata[i]);

                /* It may have gone again, and may have come anew after that. */
                if (!entry || entry->listed)
                        continue;
                entry->listed = TRUE;
                g_ptr_array_add(self->model, g_object_ref(entry->device));
                if (entry->is_new)
                        g_ptr_array_add(ret_added, g_object_ref(entry->device));
        }
        if (self->model->len > before)
                g_list_model_items_changed(G_LIST_MODEL(self), before, 0, self->model->len - before);
}

static LanscopeChanges entry_apply(struct entry *entry) {
        LanscopeChanges changes = entry->changes;

        for (guint i = 0; entry->pending && i < entry->pending->len; i++)
                changes |= lanscope_device_update(entry->device, entry->pending->pdata[i]);
        g_clear_pointer(&entry->pending, g_ptr_array_unref);
        entry->changes = 0;
        return changes;
}

static void flush_dirty(LanscopeDeviceStore *self) {
        g_autoptr(GPtrArray) devices = g_ptr_array_new_with_free_func(g_object_unref);
        g_autoptr(GArray) masks = g_array_new(FALSE, FALSE, sizeof(LanscopeChanges));
        GHashTableIter iter;
        void *key;
        LanscopeChanges all = 0;

        g_hash_table_iter_init(&iter, self->dirty);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
                struct entry *entry = key;
                LanscopeChanges changes = entry_apply(entry);

                if (!changes)
                        continue;
                g_ptr_array_add(devices, g_object_ref(entry->device));
                g_array_append_val(masks, changes);
                all |= changes;
        }
        g_hash_table_remove_all(self->dirty);
        if (all)
                g_signal_emit_by_name(self, "updated", (guint) all);
        for (guint i = 0; i < devices->len; i++)
                g_signal_emit_by_name(devices->pdata[i], "changed", (guint) g_array_index(masks, LanscopeChanges, i));
}

static void flush(LanscopeDeviceStore *self) {
        g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_object_unref);
        g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func(g_object_unref);
        g_autoptr(LanscopeDeviceStore) hold = g_object_ref(self);

        g_clear_handle_id(&self->flush, g_source_remove);
        flush_dirty(self);
        if (self->leaving > 0)
                flush_leaving(self, gone);
        flush_incoming(self, added);
        for (guint i = 0; i < gone->len; i++)
                g_signal_emit_by_name(gone->pdata[i], "gone");
        for (guint i = 0; i < added->len; i++)
                g_signal_emit_by_name(hold, "device-added", added->pdata[i]);
}

static gboolean on_flush(void *data) {
        LanscopeDeviceStore *self = data;

        self->flush = 0;
        flush(self);
        return G_SOURCE_REMOVE;
}

static void flush_soon(LanscopeDeviceStore *self) {
        if (self->flush == 0)
                self->flush = g_timeout_add(LANSCOPE_FLUSH_MSEC, on_flush, self);
}

static void entry_update(LanscopeDeviceStore *self, struct entry *entry, GVariant *properties, LanscopeChanges more) {
        if (!entry->listed) {
                lanscope_device_update(entry->device, properties);
                return;
        }
        if (!entry->pending)
                entry->pending = g_ptr_array_new_with_free_func((GDestroyNotify) g_variant_unref);
        g_ptr_array_add(entry->pending, g_variant_ref(properties));
        entry->changes |= more;
        g_hash_table_add(self->dirty, entry);
        flush_soon(self);
}

static struct entry *entry_new(LanscopeDeviceStore *self, const char *path) {
        struct entry *entry = g_new0(struct entry, 1);

        entry->device = lanscope_device_new(path);
        g_hash_table_insert(self->entries, lanscope_device_info(entry->device)->path, entry);
        g_ptr_array_add(self->incoming, g_strdup(path));
        flush_soon(self);
        return entry;
}

static struct entry *entry_take(LanscopeDeviceStore *self, const char *path, GVariant *properties) {
        struct entry *entry = entry_find(self, path);

        if (!entry)
                entry = entry_new(self, path);
        else if (entry->leaving) {
                entry->leaving = FALSE;
                self->leaving--;
        }
        entry->load = self->load;
        entry_update(self, entry, properties, 0);
        return entry;
}

void lanscope_device_store_add(LanscopeDeviceStore *self, const char *path, GVariant *properties) {
        gboolean known = entry_find(self, path) != NULL;
        struct entry *entry = entry_take(self, path, properties);

        if (!known)
                entry->is_new = TRUE;
}

void lanscope_device_store_change(LanscopeDeviceStore *self, const char *path, GVariant *properties,
                                  const char **invalidated) {
        struct entry *entry = entry_find(self, path);

        if (entry)
                entry_update(self, entry, properties, g_strv_contains(invalidated, "Evidence") ? LANSCOPE_CHANGED_EVIDENCE : 0);
}

static void entry_leave(LanscopeDeviceStore *self, struct entry *entry) {
        if (entry->leaving)
                return;
        if (!entry->listed) {
                g_hash_table_remove(self->entries, lanscope_device_info(entry->device)->path);
                return;
        }
        entry->leaving = TRUE;
        self->leaving++;
        flush_soon(self);
}

void lanscope_device_store_remove(LanscopeDeviceStore *self, const char *path) {
        struct entry *entry = entry_find(self, path);

        if (entry)
                entry_leave(self, entry);
}

void lanscope_device_store_begin_load(LanscopeDeviceStore *self) {
        self->load++;
}

void lanscope_device_store_load(LanscopeDeviceStore *self, GVariant *devices) {
        GVariantIter iter;
        GVariant *device;

        g_variant_iter_init(&iter, devices);
        while ((device = g_variant_iter_next_value(&iter))) {
                g_autoptr(GVariant) owned = device;
                const char *path;

                if (g_variant_lookup(owned, "Path", "&o", &path))
                        entry_take(self, path, owned);
        }
}

/* All entries, or those that the present load did not see, leave. */
static void leave_where(LanscopeDeviceStore *self, gboolean unseen_only) {
        g_autoptr(GList) list = g_hash_table_get_values(self->entries);

        for (GList *item = list; item; item = item->next) {
                struct entry *entry = item->data;

                if (!unseen_only || entry->load != self->load)
                        entry_leave(self, entry);
        }
        flush(self);
}

void lanscope_device_store_end_load(LanscopeDeviceStore *self) {
        leave_where(self, TRUE);
}

void lanscope_device_store_clear(LanscopeDeviceStore *self) {
        leave_where(self, FALSE);
}

LanscopeDeviceStore *lanscope_device_store_new(void) {
        return g_object_new(LANSCOPE_TYPE_DEVICE_STORE, NULL);
}

static void lanscope_device_store_finalize(GObject *object) {
        LanscopeDeviceStore *self = LANSCOPE_DEVICE_STORE(object);

        g_clear_handle_id(&self->flush, g_source_remove);
        g_hash_table_unref(self->dirty);
        g_ptr_array_unref(self->incoming);
        g_ptr_array_unref(self->model);
        g_hash_table_unref(self->entries);
        G_OBJECT_CLASS(lanscope_device_store_parent_class)->finalize(object);
}

static void lanscope_device_store_init(LanscopeDeviceStore *self) {
        self->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
        self->model = g_ptr_array_new_with_free_func(g_object_unref);
        self->incoming = g_ptr_array_new_with_free_func(g_free);
        self->dirty = g_hash_table_new(NULL, NULL);
}

static void lanscope_device_store_class_init(LanscopeDeviceStoreClass *klass) {
        G_OBJECT_CLASS(klass)->finalize = lanscope_device_store_finalize;
        g_signal_new("device-added", LANSCOPE_TYPE_DEVICE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                     LANSCOPE_TYPE_DEVICE);
        g_signal_new("updated", LANSCOPE_TYPE_DEVICE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}
