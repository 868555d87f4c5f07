/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The way to lanscoped: a bus connection of our own (the shared one cannot be had anew after it closed), a watch on the
 * name, and a session for as long as somebody owns it. A session listens first and asks then, so that nothing falls in
 * between; signals are bound to the owner's unique name, so that nobody else can send them. Devices come by pages of
 * ListDevices: GDBusObjectManagerClient makes a proxy with a match rule of each, which takes seconds for thousands. */

#include "applet/client.h"

#include <string.h>

#include "dbus/lanscope-names.h"

#define PAGE_DEVICES 500        /* a page of ListDevices: some 500 KiB, a few ms to take in */
#define PAGE_ALERTS 256
#define ASK_ALERTS_MSEC 200
#define RETRY_MIN_SECONDS 1
#define RETRY_MAX_SECONDS 30
#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"
#define OBJECT_MANAGER_INTERFACE "org.freedesktop.DBus.ObjectManager"
#define BUS_INTERFACE "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"

struct _LanscopeClient {
        GObject parent_instance;
        LanscopeState state;
        char *failure;
        LanscopeDeviceStore *devices;
        LanscopeAlertStore *alerts;
        GListStore *networks;
        GHashTable *network_paths; /* set: proxies that are there or on their way */

        GCancellable *life;          /* of this object */
        GDBusConnection *connection; /* NULL: none */
        guint watch;                 /* of the name, on `connection` */
        guint activatable;           /* subscription */
        guint retry;                 /* source */
        guint retry_seconds;

        /* The session: while somebody owns the name. */
        GCancellable *session;
        char *owner;
        LanscopeBusManager *manager;
        guint subscriptions[3];
        GArray *alert_ids;           /* guint64: alerts to ask for in full */
        guint ask_alerts;            /* source */
        gboolean loaded;
};

enum { PROP_STATE = 1, PROP_MANAGER, PROP_ONLINE_COUNT, PROP_DEVICE_COUNT, PROP_UNACKNOWLEDGED_ALERTS, N_PROPS };

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE(LanscopeClient, lanscope_client, G_TYPE_OBJECT)

static void connect_bus(LanscopeClient *self);
static void load_devices(LanscopeClient *self, const char *after);

static void set_state(LanscopeClient *self, LanscopeState state, const char *failure) {
        if (self->state == state && g_str_equal(self->failure, failure))
                return;
        self->state = state;
        g_free(self->failure);
        self->failure = g_strdup(failure);
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_STATE]);
}

/* The state of a session that has all it asked for. */
static void update_state(LanscopeClient *self) {
        if (!self->manager || !self->loaded)
                return;
        /* While a file is replayed nothing is captured, and all is as it should be. */
        if (!lanscope_bus_manager_get_capturing(self->manager) &&
            g_strcmp0(lanscope_bus_manager_get_backend(self->manager), "replay") != 0)
                set_state(self, LANSCOPE_STATE_STOPPED, "");
        else if (g_list_model_get_n_items(G_LIST_MODEL(self->devices)) == 0)
                set_state(self, LANSCOPE_STATE_EMPTY, "");
        else
                set_state(self, LANSCOPE_STATE_CAPTURING, "");
}

/* A call of this session failed. */
static void session_failed(LanscopeClient *self, GError *error) {
        if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED) ||
            g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_AUTH_FAILED)) {
                set_state(self, LANSCOPE_STATE_NO_PERMISSION, "");
                return;
        }
        g_dbus_error_strip_remote_error(error);
        set_state(self, LANSCOPE_STATE_FAILED, error->message);
}

/* Networks */

static void on_network(GObject *source G_GNUC_UNUSED, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        LanscopeBusNetwork *network = lanscope_bus_network_proxy_new_finish(result, &error);

        if (!network)
                return;
        g_list_store_append(LANSCOPE_CLIENT(data)->networks, network);
        g_object_unref(network);
}

static void want_network(LanscopeClient *self, const char *path) {
        if (!g_str_has_prefix(path, LANSCOPE_NETWORK_PREFIX "/") || !g_hash_table_add(self->network_paths, g_strdup(path)))
                return;
        lanscope_bus_network_proxy_new(self->connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, self->owner, path,
                                       self->session, on_network, self);
}

static void drop_network(LanscopeClient *self, const char *path) {
        if (!g_hash_table_remove(self->network_paths, path))
                return;
        for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(self->networks)); i++) {
                g_autoptr(GDBusProxy) network = g_list_model_get_item(G_LIST_MODEL(self->networks), i);

                if (g_str_equal(g_dbus_proxy_get_object_path(network), path)) {
                        g_list_store_remove(self->networks, i);
                        return;
                }
        }
}

const char *lanscope_client_network_name(LanscopeClient *self, const char *path) {
        for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(self->networks)); i++) {
                g_autoptr(GDBusProxy) network = g_list_model_get_item(G_LIST_MODEL(self->networks), i);

                if (g_str_equal(g_dbus_proxy_get_object_path(network), path)) {
                        const char *name = lanscope_bus_network_get_name(LANSCOPE_BUS_NETWORK(network));

                        return name ? name : "";
                }
        }
        return "";
}

/* Signals */

static void on_properties_changed(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
                                  const char *path, const char *interface G_GNUC_UNUSED,
                                  const char *signal G_GNUC_UNUSED, GVariant *parameters, void *data) {
        LanscopeClient *self = data;
        g_autoptr(GVariant) changed = NULL;
        g_autofree const char **invalidated = NULL;
        const char *network;

        if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
                return;
        g_variant_get(parameters, "(&s@a{sv}^a&s)", NULL, &changed, &invalidated);
        if (g_variant_lookup(changed, "Network", "&o", &network))
                want_network(self, network);
        lanscope_device_store_change(self->devices, path, changed, invalidated);
}

static void on_interfaces_added(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
                                const char *object G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
                                const char *signal G_GNUC_UNUSED, GVariant *parameters, void *data) {
        LanscopeClient *self = data;
        g_autoptr(GVariant) interfaces = NULL;
        g_autoptr(GVariant) device = NULL;
        const char *path, *network;

        if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(oa{sa{sv}})")))
                return;
        g_variant_get(parameters, "(&o@a{sa{sv}})", &path, &interfaces);
        want_network(self, path);
        device = g_variant_lookup_value(interfaces, LANSCOPE_DEVICE_INTERFACE, G_VARIANT_TYPE_VARDICT);
        if (!device)
                return;
        if (g_variant_lookup(device, "Network", "&o", &network))
                want_network(self, network);
        lanscope_device_store_add(self->devices, path, device);
}

static void on_interfaces_removed(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
                                  const char *object G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
                                  const char *signal G_GNUC_UNUSED, GVariant *parameters, void *data) {
        LanscopeClient *self = data;
        g_autofree const char **interfaces = NULL;
        const char *path;

        if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(oas)")))
                return;
        g_variant_get(parameters, "(&o^a&s)", &path, &interfaces);
        if (g_strv_contains(interfaces, LANSCOPE_DEVICE_INTERFACE))
                lanscope_device_store_remove(self->devices, path);
        else if (g_strv_contains(interfaces, LANSCOPE_NETWORK_INTERFACE))
                drop_network(self, path);
}

/* Signals are for everybody and do not tell all. Who may see more asks for it; whoever may not is told the same once more. */

static void change_alert(LanscopeClient *self, guint64 id, GVariant *dictionary) {
        LanscopeAlert *alert;

        lanscope_alert_store_change(self->alerts, id, dictionary);
        alert = lanscope_alert_store_lookup(self->alerts, id);
        if (alert)
                g_signal_emit_by_name(self, "alert-changed", alert);
}

static void on_whole_alerts(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GVariant) alerts = NULL;
        guint64 id;

        if (!lanscope_bus_manager_call_list_alerts_finish(LANSCOPE_BUS_MANAGER(source), &alerts, result, NULL))
                return;
        for (gsize i = 0; i < g_variant_n_children(alerts); i++) {
                g_autoptr(GVariant) alert = g_variant_get_child_value(alerts, i);

                if (g_variant_lookup(alert, "Id", "t", &id))
                        change_alert(data, id, alert);
        }
}

static gboolean ask_whole_alerts(void *data) {
        LanscopeClient *self = data;
        GVariantBuilder filter;

        self->ask_alerts = 0;
        g_variant_builder_init(&filter, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&filter, "{sv}", "Ids",
                              g_variant_new_fixed_array(G_VARIANT_TYPE_UINT64, self->alert_ids->data, self->alert_ids->len,
                                                        sizeof(guint64)));
        g_array_set_size(self->alert_ids, 0);
        lanscope_bus_manager_call_list_alerts(self->manager, g_variant_builder_end(&filter), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
                                              self->session, on_whole_alerts, self);
        return G_SOURCE_REMOVE;
}

/* Those of a moment together: alerts come in bursts. */
static void want_whole_alert(LanscopeClient *self, guint64 id) {
        for (guint i = 0; i < self->alert_ids->len; i++)
                if (g_array_index(self->alert_ids, guint64, i) == id)
                        return;
        if (self->alert_ids->len >= PAGE_ALERTS)
                return;
        g_array_append_val(self->alert_ids, id);
        if (self->ask_alerts == 0)
                self->ask_alerts = g_timeout_add(ASK_ALERTS_MSEC, ask_whole_alerts, self);
}

static void on_alert_raised(LanscopeClient *self, guint64 id, GVariant *alert) {
        lanscope_alert_store_raise(self->alerts, alert);
        want_whole_alert(self, id);
}

static void on_alert_changed(LanscopeClient *self, guint64 id, GVariant *alert) {
        change_alert(self, id, alert);
        want_whole_alert(self, id);
}

static void on_alerts_acknowledged(LanscopeClient *self, GVariant *ids) {
        lanscope_alert_store_acknowledge(self->alerts, ids);
}

static void on_manager_property(LanscopeClient *self, GParamSpec *property) {
        static const struct {
                const char *name;
                int property;
        } rows[] = {
                { "online-count", PROP_ONLINE_COUNT },
                { "device-count", PROP_DEVICE_COUNT },
                { "unacknowledged-alerts", PROP_UNACKNOWLEDGED_ALERTS },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                if (g_str_equal(property->name, rows[i].name))
                        g_object_notify_by_pspec(G_OBJECT(self), properties[rows[i].property]);
        update_state(self);
}

static void subscribe(LanscopeClient *self, unsigned slot, const char *interface, const char *member, const char *arg0,
                      GDBusSignalCallback callback) {
        self->subscriptions[slot] = g_dbus_connection_signal_subscribe(
                self->connection, self->owner, interface, member, NULL, arg0, G_DBUS_SIGNAL_FLAGS_NONE, callback, self, NULL);
}

static void subscribe_all(LanscopeClient *self) {
        subscribe(self, 0, PROPERTIES_INTERFACE, "PropertiesChanged", LANSCOPE_DEVICE_INTERFACE, on_properties_changed);
        subscribe(self, 1, OBJECT_MANAGER_INTERFACE, "InterfacesAdded", NULL, on_interfaces_added);
        subscribe(self, 2, OBJECT_MANAGER_INTERFACE, "InterfacesRemoved", NULL, on_interfaces_removed);
}

/* Loading */

static void load_done(LanscopeClient *self) {
        lanscope_device_store_end_load(self->devices);
        self->loaded = TRUE;
        update_state(self);
}

static void on_devices(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GVariant) devices = NULL;
        g_autoptr(GError) error = NULL;
        LanscopeClient *self = data;
        const char *last = NULL, *network;
        size_t n;

        if (!lanscope_bus_manager_call_list_devices_finish(LANSCOPE_BUS_MANAGER(source), &devices, result, &error)) {
                if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                        session_failed(self, error);
                return;
        }
        n = g_variant_n_children(devices);
        for (size_t i = 0; i < n; i++) {
                g_autoptr(GVariant) device = g_variant_get_child_value(devices, i);

                if (g_variant_lookup(device, "Network", "&o", &network))
                        want_network(self, network);
                g_variant_lookup(device, "Path", "&o", &last);
        }
        lanscope_device_store_load(self->devices, devices);
        if (n < PAGE_DEVICES || !last)
                load_done(self);
        else
                load_devices(self, last);
}

static void load_devices(LanscopeClient *self, const char *after) {
        GVariantBuilder filter;

        g_variant_builder_init(&filter, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&filter, "{sv}", "Limit", g_variant_new_uint32(PAGE_DEVICES));
        if (after)
                g_variant_builder_add(&filter, "{sv}", "After", g_variant_new_object_path(after));
        lanscope_bus_manager_call_list_devices(self->manager, g_variant_builder_end(&filter), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                               -1, self->session, on_devices, self);
}

static void on_alerts(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GVariant) alerts = NULL;
        g_autoptr(GError) error = NULL;

        /* A refusal says load_devices() as well. */
        if (lanscope_bus_manager_call_list_alerts_finish(LANSCOPE_BUS_MANAGER(source), &alerts, result, &error))
                lanscope_alert_store_load(LANSCOPE_CLIENT(data)->alerts, alerts);
}

static void load(LanscopeClient *self) {
        GVariantBuilder filter;

        set_state(self, LANSCOPE_STATE_LOADING, "");
        self->loaded = FALSE;
        lanscope_device_store_begin_load(self->devices);
        load_devices(self, NULL);
        g_variant_builder_init(&filter, G_VARIANT_TYPE_VARDICT);
        lanscope_bus_manager_call_list_alerts(self->manager, g_variant_builder_end(&filter), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
                                              self->session, on_alerts, self);
}

static void notify_counts(LanscopeClient *self) {
        for (unsigned i = PROP_MANAGER; i < N_PROPS; i++)
                g_object_notify_by_pspec(G_OBJECT(self), properties[i]);
}

static void on_manager(GObject *source G_GNUC_UNUSED, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        LanscopeBusManager *manager = lanscope_bus_manager_proxy_new_finish(result, &error);
        LanscopeClient *self = data;

        if (!manager) {
                if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                        session_failed(self, error);
                return;
        }
        self->manager = manager;
        g_signal_connect_object(manager, "notify", G_CALLBACK(on_manager_property), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(manager, "alert-raised", G_CALLBACK(on_alert_raised), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(manager, "alert-changed", G_CALLBACK(on_alert_changed), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(manager, "alerts-acknowledged", G_CALLBACK(on_alerts_acknowledged), self, G_CONNECT_SWAPPED);
        notify_counts(self);
        load(self);
}

/* The session */

static void end_session(LanscopeClient *self) {
        if (!self->session)
                return;
        g_cancellable_cancel(self->session);
        g_clear_object(&self->session);
        g_clear_handle_id(&self->ask_alerts, g_source_remove);
        g_array_set_size(self->alert_ids, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(self->subscriptions); i++)
                if (self->subscriptions[i] != 0)
                        g_dbus_connection_signal_unsubscribe(self->connection, self->subscriptions[i]);
        memset(self->subscriptions, 0, sizeof self->subscriptions);
        if (self->manager)
                g_signal_handlers_disconnect_by_data(self->manager, self);
        g_clear_object(&self->manager);
        g_clear_pointer(&self->owner, g_free);
        g_list_store_remove_all(self->networks);
        g_hash_table_remove_all(self->network_paths);
        self->loaded = FALSE;
        notify_counts(self);
}

static void begin_session(LanscopeClient *self, const char *owner) {
        self->session = g_cancellable_new();
        self->owner = g_strdup(owner);
        set_state(self, LANSCOPE_STATE_LOADING, "");
        subscribe_all(self);
        lanscope_bus_manager_proxy_new(self->connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, owner, LANSCOPE_PATH, self->session,
                                       on_manager, self);
}

static void on_activatable_names(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        g_autofree const char **names = NULL;
        LanscopeClient *self = data;

        if (!reply) {
                if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && !self->session)
                        set_state(self, LANSCOPE_STATE_NOT_RUNNING, "");
                return;
        }
        g_variant_get(reply, "(^a&s)", &names);
        if (!self->session)
                set_state(self, g_strv_contains(names, LANSCOPE_BUS_NAME) ? LANSCOPE_STATE_NOT_RUNNING : LANSCOPE_STATE_NOT_INSTALLED,
                          "");
}

static void ask_activatable(LanscopeClient *self) {
        g_dbus_connection_call(self->connection, BUS_INTERFACE, BUS_PATH, BUS_INTERFACE, "ListActivatableNames", NULL,
                               G_VARIANT_TYPE("(as)"), G_DBUS_CALL_FLAGS_NONE, -1, self->life, on_activatable_names, self);
}

static void on_name_appeared(GDBusConnection *connection G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, const char *owner,
                             void *data) {
        end_session(data);
        begin_session(data, owner);
}

static void on_name_vanished(GDBusConnection *connection, const char *name G_GNUC_UNUSED, void *data) {
        LanscopeClient *self = data;

        end_session(self);
        if (connection && !g_dbus_connection_is_closed(connection))
                ask_activatable(self);
}

static void on_activatable_changed(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
                                   const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
                                   const char *signal G_GNUC_UNUSED, GVariant *parameters G_GNUC_UNUSED, void *data) {
        LanscopeClient *self = data;

        if (!self->session)
                ask_activatable(self);
}

/* The bus */

static gboolean on_retry(void *data) {
        LanscopeClient *self = data;

        self->retry = 0;
        connect_bus(self);
        return G_SOURCE_REMOVE;
}

static void drop_connection(LanscopeClient *self) {
        if (!self->connection)
                return;
        end_session(self);
        g_signal_handlers_disconnect_by_data(self->connection, self);
        g_clear_handle_id(&self->watch, g_bus_unwatch_name);
        if (self->activatable != 0)
                g_dbus_connection_signal_unsubscribe(self->connection, self->activatable);
        self->activatable = 0;
        g_clear_object(&self->connection);
}

static void retry_later(LanscopeClient *self) {
        drop_connection(self);
        set_state(self, LANSCOPE_STATE_NO_BUS, "");
        if (self->retry == 0)
                self->retry = g_timeout_add_seconds(self->retry_seconds, on_retry, self);
        self->retry_seconds = MIN(self->retry_seconds * 2, RETRY_MAX_SECONDS);
}

static void on_closed(LanscopeClient *self) {
        self->retry_seconds = RETRY_MIN_SECONDS;
        retry_later(self);
}

static void on_connection(GObject *source G_GNUC_UNUSED, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        GDBusConnection *connection = g_dbus_connection_new_for_address_finish(result, &error);
        LanscopeClient *self = data;

        if (!connection) {
                if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                        retry_later(self);
                return;
        }
        self->connection = connection;
        self->retry_seconds = RETRY_MIN_SECONDS;
        g_dbus_connection_set_exit_on_close(connection, FALSE);
        g_signal_connect_swapped(connection, "closed", G_CALLBACK(on_closed), self);
        self->activatable = g_dbus_connection_signal_subscribe(connection, BUS_INTERFACE, BUS_INTERFACE, "ActivatableServicesChanged",
                                                               BUS_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_activatable_changed,
                                                               self, NULL);
        self->watch = g_bus_watch_name_on_connection(connection, LANSCOPE_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                     on_name_appeared, on_name_vanished, self, NULL);
}

static void connect_bus(LanscopeClient *self) {
        g_autoptr(GError) error = NULL;
        g_autofree char *address = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, &error);

        if (!address) {
                retry_later(self);
                return;
        }
        g_dbus_connection_new_for_address(address,
                                          G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                          NULL, self->life, on_connection, self);
}

void lanscope_client_retry(LanscopeClient *self) {
        g_autofree char *owner = g_strdup(self->owner);

        if (!self->connection) {
                g_clear_handle_id(&self->retry, g_source_remove);
                set_state(self, LANSCOPE_STATE_CONNECTING, "");
                connect_bus(self);
        } else if (owner) {
                end_session(self);
                begin_session(self, owner);
        } else
                ask_activatable(self);
}

/* What others see */

LanscopeState lanscope_client_get_state(LanscopeClient *self) {
        return self->state;
}

const char *lanscope_client_get_failure(LanscopeClient *self) {
        return self->failure;
}

gboolean lanscope_client_is_ready(LanscopeClient *self) {
        return self->state >= LANSCOPE_STATE_STOPPED;
}

LanscopeDeviceStore *lanscope_client_get_devices(LanscopeClient *self) {
        return self->devices;
}

LanscopeAlertStore *lanscope_client_get_alerts(LanscopeClient *self) {
        return self->alerts;
}

GListModel *lanscope_client_get_networks(LanscopeClient *self) {
        return G_LIST_MODEL(self->networks);
}

LanscopeBusManager *lanscope_client_get_manager(LanscopeClient *self) {
        return self->manager;
}

LanscopeBusDevice *lanscope_client_device_proxy(LanscopeClient *self, const char *path) {
        if (!self->owner)
                return NULL;
        /* By these flags and a unique name it asks nobody, and so cannot wait. */
        return lanscope_bus_device_proxy_new_sync(self->connection,
                                                  G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES |
                                                          G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS |
                                                          G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                                  self->owner, path, NULL, NULL);
}

GDBusConnection *lanscope_client_get_connection(LanscopeClient *self) {
        return self->connection;
}

guint lanscope_client_get_online_count(LanscopeClient *self) {
        return self->manager ? lanscope_bus_manager_get_online_count(self->manager) : 0;
}

guint lanscope_client_get_device_count(LanscopeClient *self) {
        return self->manager ? lanscope_bus_manager_get_device_count(self->manager) : 0;
}

guint lanscope_client_get_unacknowledged_alerts(LanscopeClient *self) {
        return self->manager ? lanscope_bus_manager_get_unacknowledged_alerts(self->manager) : 0;
}

static void on_device_added(LanscopeClient *self, LanscopeDevice *device) {
        /* While a load runs, a signal may tell of a device whose page is yet to come. */
        if (self->loaded)
                g_signal_emit_by_name(self, "device-added", device);
}

static void on_alert_added(LanscopeClient *self, LanscopeAlert *alert) {
        g_signal_emit_by_name(self, "alert-raised", alert);
}

LanscopeClient *lanscope_client_new(void) {
        return g_object_new(LANSCOPE_TYPE_CLIENT, NULL);
}

static void lanscope_client_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec) {
        LanscopeClient *self = LANSCOPE_CLIENT(object);

        switch (id) {
        case PROP_STATE:
                g_value_set_int(value, (int) self->state);
                break;
        case PROP_MANAGER:
                g_value_set_object(value, self->manager);
                break;
        case PROP_ONLINE_COUNT:
                g_value_set_uint(value, lanscope_client_get_online_count(self));
                break;
        case PROP_DEVICE_COUNT:
                g_value_set_uint(value, lanscope_client_get_device_count(self));
                break;
        case PROP_UNACKNOWLEDGED_ALERTS:
                g_value_set_uint(value, lanscope_client_get_unacknowledged_alerts(self));
                break;
        default:
                G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
        }
}

static void lanscope_client_dispose(GObject *object) {
        LanscopeClient *self = LANSCOPE_CLIENT(object);

        g_cancellable_cancel(self->life);
        g_clear_handle_id(&self->retry, g_source_remove);
        drop_connection(self);
        G_OBJECT_CLASS(lanscope_client_parent_class)->dispose(object);
}

static void lanscope_client_finalize(GObject *object) {
        LanscopeClient *self = LANSCOPE_CLIENT(object);

        g_object_unref(self->life);
        g_object_unref(self->devices);
        g_object_unref(self->alerts);
        g_object_unref(self->networks);
        g_hash_table_unref(self->network_paths);
        g_array_unref(self->alert_ids);
        g_free(self->failure);
        G_OBJECT_CLASS(lanscope_client_parent_class)->finalize(object);
}

static void lanscope_client_init(LanscopeClient *self) {
        self->failure = g_strdup("");
        self->life = g_cancellable_new();
        self->retry_seconds = RETRY_MIN_SECONDS;
        self->devices = lanscope_device_store_new();
        self->alerts = lanscope_alert_store_new();
        self->alert_ids = g_array_new(FALSE, FALSE, sizeof(guint64));
        self->networks = g_list_store_new(LANSCOPE_BUS_TYPE_NETWORK);
        self->network_paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_signal_connect_object(self->devices, "device-added", G_CALLBACK(on_device_added), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(self->devices, "items-changed", G_CALLBACK(update_state), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(self->alerts, "alert-raised", G_CALLBACK(on_alert_added), self, G_CONNECT_SWAPPED);
        connect_bus(self);
}

static void lanscope_client_class_init(LanscopeClientClass *klass) {
        GObjectClass *object_class = G_OBJECT_CLASS(klass);
        GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

        object_class->get_property = lanscope_client_get_property;
        object_class->dispose = lanscope_client_dispose;
        object_class->finalize = lanscope_client_finalize;
        properties[PROP_STATE] = g_param_spec_int("state", NULL, NULL, 0, LANSCOPE_STATE_CAPTURING, 0, flags);
        properties[PROP_MANAGER] = g_param_spec_object("manager", NULL, NULL, LANSCOPE_BUS_TYPE_MANAGER, flags);
        properties[PROP_ONLINE_COUNT] = g_param_spec_uint("online-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
        properties[PROP_DEVICE_COUNT] = g_param_spec_uint("device-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
        properties[PROP_UNACKNOWLEDGED_ALERTS] = g_param_spec_uint("unacknowledged-alerts", NULL, NULL, 0, G_MAXUINT, 0, flags);
        g_object_class_install_properties(object_class, N_PROPS, properties);
        g_signal_new("device-added", LANSCOPE_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                     LANSCOPE_TYPE_DEVICE);
        g_signal_new("alert-raised", LANSCOPE_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                     LANSCOPE_TYPE_ALERT);
        g_signal_new("alert-changed", LANSCOPE_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                     LANSCOPE_TYPE_ALERT);
}
