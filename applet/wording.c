/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables from the words of the bus interface to those that people read. */

#include "applet/wording.h"

#include <glib/gi18n.h>
#include <string.h>

#include "applet/plain-text.h"

struct word {
        const char *name, *text, *icon;
};

static const struct word types[] = {
        { "unknown", N_("Unknown"), "dialog-question-symbolic" },
        { "computer", N_("Computer"), "computer-symbolic" },
        { "laptop", N_("Laptop"), "computer-symbolic" },
        { "desktop", N_("Desktop computer"), "computer-symbolic" },
        { "server", N_("Server"), "network-server-symbolic" },
        { "single-board-computer", N_("Single-board computer"), "computer-symbolic" },
        { "virtual-machine", N_("Virtual machine"), "computer-symbolic" },
        { "phone", N_("Phone"), "phone-symbolic" },
        { "tablet", N_("Tablet"), "tablet-symbolic" },
        { "watch", N_("Watch"), "preferences-system-time-symbolic" },
        { "e-reader", N_("E-reader"), "tablet-symbolic" },
        { "router", N_("Router"), "network-wireless-symbolic" },
        { "access-point", N_("Access point"), "network-wireless-symbolic" },
        { "switch", N_("Switch"), "network-wired-symbolic" },
        { "firewall", N_("Firewall"), "security-high-symbolic" },
        { "modem", N_("Modem"), "modem-symbolic" },
        { "powerline", N_("Powerline adapter"), "network-wired-symbolic" },
        { "nas", N_("Network storage"), "drive-multidisk-symbolic" },
        { "printer", N_("Printer"), "printer-symbolic" },
        { "scanner", N_("Scanner"), "scanner-symbolic" },
        { "tv", N_("Television"), "tv-symbolic" },
        { "streamer", N_("Streaming player"), "tv-symbolic" },
        { "speaker", N_("Speaker"), "audio-speakers-symbolic" },
        { "receiver", N_("Audio receiver"), "audio-speakers-symbolic" },
        { "set-top-box", N_("Set-top box"), "tv-symbolic" },
        { "media-server", N_("Media server"), "network-server-symbolic" },
        { "projector", N_("Projector"), "display-projector-symbolic" },
        { "game-console", N_("Game console"), "input-gaming-symbolic" },
        { "light", N_("Light"), "display-brightness-symbolic" },
        { "thermostat", N_("Thermostat"), "user-home-symbolic" },
        { "plug", N_("Smart plug"), "ac-adapter-symbolic" },
        { "sensor", N_("Sensor"), "user-home-symbolic" },
        { "hub", N_("Smart home hub"), "user-home-symbolic" },
        { "appliance", N_("Appliance"), "user-home-symbolic" },
        { "vacuum", N_("Vacuum cleaner"), "user-home-symbolic" },
        { "energy", N_("Energy device"), "battery-symbolic" },
        { "microcontroller", N_("Microcontroller"), "application-x-firmware-symbolic" },
        { "camera", N_("Camera"), "camera-web-symbolic" },
        { "doorbell", N_("Doorbell"), "camera-web-symbolic" },
        { "alarm", N_("Alarm system"), "alarm-symbolic" },
        { "lock", N_("Lock"), "changes-prevent-symbolic" },
        { "voip-phone", N_("Desk phone"), "call-start-symbolic" },
        { "car", N_("Car"), "dialog-question-symbolic" },
        { "industrial", N_("Industrial equipment"), "application-x-firmware-symbolic" },
        { "other", N_("Other"), "dialog-question-symbolic" },
};

static const struct word categories[] = {
        { "network", N_("Network equipment"), "network-wired-symbolic" },
        { "computer", N_("Computers"), "computer-symbolic" },
        { "mobile", N_("Phones and tablets"), "phone-symbolic" },
        { "storage", N_("Storage"), "drive-multidisk-symbolic" },
        { "printing", N_("Printers and scanners"), "printer-symbolic" },
        { "media", N_("Television and audio"), "tv-symbolic" },
        { "gaming", N_("Game consoles"), "input-gaming-symbolic" },
        { "home", N_("Smart home"), "user-home-symbolic" },
        { "security", N_("Cameras and security"), "camera-web-symbolic" },
        { "communication", N_("Telephony"), "call-start-symbolic" },
        { "other", N_("Other devices"), "dialog-question-symbolic" },
        { "unknown", N_("Not identified"), "dialog-question-symbolic" },
};

static const struct word modes[] = {
        { "host", N_("Host"), NULL },
        { "gateway", N_("Gateway"), NULL },
        { "span", N_("Mirror port"), NULL },
};

static const struct word backends[] = {
        { "ebpf", N_("eBPF programs in the kernel"), NULL },
        { "pcap", N_("Packet capture (libpcap)"), NULL },
        { "mixed", N_("eBPF and libpcap, by interface"), NULL },
        { "replay", N_("A capture file is replayed"), NULL },
        { "", N_("None"), NULL },
};

static const struct word *word_find(const struct word *words, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(words[i].name, name) == 0)
                        return &words[i];
        return NULL;
}

static const char *word_text(const struct word *words, size_t n, const char *name) {
        const struct word *word = word_find(words, n, name);

        return word ? _(word->text) : name;
}

const char *wording_type(const char *type) {
        return word_text(types, G_N_ELEMENTS(types), type);
}

const char *wording_category(const char *category) {
        return word_text(categories, G_N_ELEMENTS(categories), category);
}

const char *wording_mode(const char *mode) {
        return word_text(modes, G_N_ELEMENTS(modes), mode);
}

const char *wording_backend(const char *backend) {
        return word_text(backends, G_N_ELEMENTS(backends), backend);
}

const char *wording_presence(LanscopePresence presence) {
        switch (presence) {
        case LANSCOPE_PRESENCE_ONLINE:
                return _("Online");
        case LANSCOPE_PRESENCE_IDLE:
                return _("Idle");
        case LANSCOPE_PRESENCE_OFFLINE:
                return _("Offline");
        }
        g_return_val_if_reached("");
}

unsigned wording_category_rank(const char *category) {
        const struct word *word = word_find(categories, G_N_ELEMENTS(categories), category);

        return word ? (unsigned) (word - categories) : G_N_ELEMENTS(categories);
}

const char *const *wording_types(void) {
        static const char *names[G_N_ELEMENTS(types) + 1];

        if (!names[0])
                for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
                        names[i] = types[i].name;
        return names;
}

const char *const *wording_categories(void) {
        static const char *names[G_N_ELEMENTS(categories) + 1];

        if (!names[0])
                for (size_t i = 0; i < G_N_ELEMENTS(categories); i++)
                        names[i] = categories[i].name;
        return names;
}

const char *wording_icon(const char *type, const char *category) {
        const struct word *word = word_find(types, G_N_ELEMENTS(types), type);

        if (!word)
                word = word_find(categories, G_N_ELEMENTS(categories), category);
        return word ? word->icon : "dialog-question-symbolic";
}

char *wording_ago(guint64 when, guint64 now) {
        guint64 seconds = now > when ? (now - when) / G_USEC_PER_SEC : 0;
        gulong minutes = (gulong) (seconds / 60), hours = minutes / 60, days = hours / 24;

        if (when == 0)
                return g_strdup(_("never"));
        if (minutes == 0)
                return g_strdup(_("just now"));
        if (hours == 0)
                return g_strdup_printf(ngettext("%lu minute ago", "%lu minutes ago", minutes), minutes);
        if (days == 0)
                return g_strdup_printf(ngettext("%lu hour ago", "%lu hours ago", hours), hours);
        if (days < 30)
                return g_strdup_printf(ngettext("%lu day ago", "%lu days ago", days), days);
        return wording_time(when);
}

char *wording_time(guint64 when) {
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_local((gint64) (when / G_USEC_PER_SEC));

        if (when == 0 || !time)
                return g_strdup(_("never"));
        /* Translators: date and time of an event, for g_date_time_format(). */
        return g_date_time_format(time, _("%e %B %Y, %H:%M"));
}

char *wording_duration(double duration) {
        gulong seconds = duration > 0 ? (gulong) MIN(duration, 1e15) : 0, minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

        if (duration > 0 && duration < 10 && duration != (double) seconds)
                return g_strdup_printf(_("%.1f seconds"), duration);
        if (minutes < 2)
                return g_strdup_printf(ngettext("%lu second", "%lu seconds", seconds), seconds);
        if (hours < 2)
                return g_strdup_printf(ngettext("%lu minute", "%lu minutes", minutes), minutes);
        if (days < 2)
                return g_strdup_printf(ngettext("%lu hour", "%lu hours", hours), hours);
        return g_strdup_printf(ngettext("%lu day", "%lu days", days), days);
}

char *wording_size(double bytes) {
        return g_format_size((guint64) bytes);
}

char *wording_rate(double rate) {
        if (rate < 1e3)
                return g_strdup_printf(_("%.0f bit/s"), rate);
        if (rate < 1e6)
                return g_strdup_printf(_("%.1f kbit/s"), rate / 1e3);
        return rate < 1e9 ? g_strdup_printf(_("%.1f Mbit/s"), rate / 1e6) : g_strdup_printf(_("%.1f Gbit/s"), rate / 1e9);
}

const char *wording_device_address(const LanscopeDeviceInfo *info) {
        char **const lists[] = { info->ipv4, info->ipv6, info->addresses };

        for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
                if (lists[i][0])
                        return lists[i][0];
        return "";
}

char *wording_device_summary(const LanscopeDeviceInfo *info) {
        gboolean typed = strcmp(info->type, "unknown") != 0;
        const char *const parts[] = { typed ? wording_type(info->type) : "", info->vendor, info->model, info->os,
                                      wording_device_address(info) };
        GString *line = g_string_new(NULL);
        g_autofree char *raw = NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
                if (*parts[i] && strcmp(parts[i], info->name) != 0)
                        g_string_append_printf(line, "%s%s", line->len > 0 ? " · " : "", parts[i]);
        raw = g_string_free(line, FALSE);
        return plain_text(raw);
}
