/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A row shows one device at a time; the list view hands it another when it scrolls. */

#include "applet/device-row.h"

#include <glib/gi18n.h>

#include "applet/plain-text.h"
#include "applet/wording.h"

struct _LanscopeDeviceRow {
        GtkBox parent_instance;
        LanscopeDevice *device;
        gulong changed;

        GtkLabel *header;
        GtkImage *icon;
        GtkLabel *name;
        GtkLabel *summary;
        GtkImage *trusted;
        GtkLabel *presence;
};

G_DEFINE_FINAL_TYPE(LanscopeDeviceRow, lanscope_device_row, GTK_TYPE_BOX)

static void show_presence(GtkLabel *label, LanscopePresence presence) {
        static const char *const classes[] = {
                [LANSCOPE_PRESENCE_OFFLINE] = "offline",
                [LANSCOPE_PRESENCE_IDLE] = "idle",
                [LANSCOPE_PRESENCE_ONLINE] = "online",
        };

        gtk_label_set_text(label, wording_presence(presence));
        for (size_t i = 0; i < G_N_ELEMENTS(classes); i++)
                if (i == (size_t) presence)
                        gtk_widget_add_css_class(GTK_WIDGET(label), classes[i]);
                else
                        gtk_widget_remove_css_class(GTK_WIDGET(label), classes[i]);
}

/* The list's item is what is focused and read out: it has the words of the row. */
static void describe(LanscopeDeviceRow *self, const char *name, const char *summary) {
        GtkWidget *item = gtk_widget_get_parent(GTK_WIDGET(self));
        g_autofree char *text =
                g_strdup_printf("%s, %s, %s", name, gtk_label_get_text(self->presence), summary);

        if (item)
                gtk_accessible_update_property(GTK_ACCESSIBLE(item), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void show(LanscopeDeviceRow *self) {
        const LanscopeDeviceInfo *info = lanscope_device_info(self->device);
        g_autofree char *name = plain_text(info->name);
        g_autofree char *summary = wording_device_summary(info);

        gtk_label_set_text(self->name, name);
        gtk_label_set_text(self->summary, summary);
        gtk_widget_set_visible(GTK_WIDGET(self->summary), *summary != '\0');
        gtk_image_set_from_icon_name(self->icon, wording_icon(info->type, info->category));
        gtk_widget_set_visible(GTK_WIDGET(self->trusted), info->trusted);
        show_presence(self->presence, info->presence);
        describe(self, name, summary);
}

void lanscope_device_row_bind(LanscopeDeviceRow *self, LanscopeDevice *device) {
        g_clear_signal_handler(&self->changed, self->device);
        g_set_object(&self->device, device);
        if (!device)
                return;
        self->changed = g_signal_connect_swapped(device, "changed", G_CALLBACK(show), self);
        show(self);
}

LanscopeDevice *lanscope_device_row_get_device(LanscopeDeviceRow *self) {
        return self->device;
}

void lanscope_device_row_set_header(LanscopeDeviceRow *self, const char *text) {
        gtk_widget_set_visible(GTK_WIDGET(self->header), text != NULL);
        gtk_label_set_text(self->header, text ? text : "");
}

GtkWidget *lanscope_device_row_new(void) {
        return g_object_new(LANSCOPE_TYPE_DEVICE_ROW, NULL);
}

static void lanscope_device_row_dispose(GObject *object) {
        lanscope_device_row_bind(LANSCOPE_DEVICE_ROW(object), NULL);
        G_OBJECT_CLASS(lanscope_device_row_parent_class)->dispose(object);
}

static void lanscope_device_row_init(LanscopeDeviceRow *self) {
        gtk_widget_init_template(GTK_WIDGET(self));
}

static void lanscope_device_row_class_init(LanscopeDeviceRowClass *klass) {
        GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

        G_OBJECT_CLASS(klass)->dispose = lanscope_device_row_dispose;
        gtk_widget_class_set_template_from_resource(widget_class, "/org/lanscope/Applet/device-row.ui");
        gtk_widget_class_bind_template_child(widget_class, LanscopeDeviceRow, header);
        gtk_widget_class_bind_template_child(widget_class, LanscopeDeviceRow, icon);
        gtk_widget_class_bind_template_child(widget_class, LanscopeDeviceRow, name);
        gtk_widget_class_bind_template_child(widget_class, LanscopeDeviceRow, summary);
        gtk_widget_class_bind_template_child(widget_class, LanscopeDeviceRow, trusted);
        gtk_widget_class_bind_template_child(widget_class, LanscopeDeviceRow, presence);
}
