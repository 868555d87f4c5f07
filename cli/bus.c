/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Talking to lanscoped: the connection, calls, replies as JSON, and what the bus's errors mean to a person. */

#include "cli/bus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "cli/bus-records.h"
#include "cli/polkit-agent.h"
#include "cli/screen.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "dbus/lanscope-names.h"

static int open_failed(const struct options *options, int r) {
        if (options->host)
                fprintf(stderr, "Cannot reach the system bus of %s: %s\n", options->host, strerror(-r));
        else if (options->machine)
                fprintf(stderr, "Cannot reach the system bus of the container %s: %s\n"
                                "See 'machinectl list'; another container's bus is root's to use.\n",
                        options->machine, strerror(-r));
        else
                fprintf(stderr, "Cannot reach the system bus: %s\nlanscopectl talks to lanscoped over D-Bus; is dbus running?\n",
                        strerror(-r));
        return r;
}

int bus_connect(const struct options *options, sd_bus **ret) {
        if (options->host)
                return sd_bus_open_system_remote(ret, options->host);
        if (options->machine)
                return sd_bus_open_system_machine(ret, options->machine);
        return sd_bus_open_system(ret);
}

int bus_open(const struct options *options, sd_bus **ret) {
        int r = bus_connect(options, ret);

        return r < 0 ? open_failed(options, r) : 0;
}

enum trouble { TROUBLE_OTHER, TROUBLE_ABSENT, TROUBLE_START, TROUBLE_DENIED, TROUBLE_SILENT, TROUBLE_LOST, TROUBLE_OLD };

static enum trouble trouble_of(const char *name) {
        static const struct {
                const char *name;
                enum trouble trouble;
        } known[] = {
                { SD_BUS_ERROR_SERVICE_UNKNOWN, TROUBLE_ABSENT },
                { SD_BUS_ERROR_NAME_HAS_NO_OWNER, TROUBLE_ABSENT },
                { "org.freedesktop.systemd1.NoSuchUnit", TROUBLE_ABSENT },
                { "org.freedesktop.systemd1.UnitMasked", TROUBLE_START },
                { "org.freedesktop.DBus.Error.Spawn.", TROUBLE_START },
                { "org.freedesktop.systemd1.", TROUBLE_START },
                { SD_BUS_ERROR_ACCESS_DENIED, TROUBLE_DENIED },
                { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, TROUBLE_DENIED },
                { "org.freedesktop.DBus.Error.AuthFailed", TROUBLE_DENIED },
                { SD_BUS_ERROR_NO_REPLY, TROUBLE_SILENT },
                { SD_BUS_ERROR_TIMEOUT, TROUBLE_SILENT },
                { SD_BUS_ERROR_DISCONNECTED, TROUBLE_SILENT },
                { "System.Error.ETIMEDOUT", TROUBLE_SILENT },
                { "System.Error.ECONNRESET", TROUBLE_LOST },
                { "System.Error.ENOTCONN", TROUBLE_LOST },
                { SD_BUS_ERROR_UNKNOWN_METHOD, TROUBLE_OLD },
                { SD_BUS_ERROR_UNKNOWN_INTERFACE, TROUBLE_OLD },
                { SD_BUS_ERROR_UNKNOWN_PROPERTY, TROUBLE_OLD },
        };

        for (size_t i = 0; name && i < ELEMENTSOF(known); i++)
                if (strncmp(name, known[i].name, strlen(known[i].name)) == 0)
                        return known[i].trouble;
        return TROUBLE_OTHER;
}

void bus_say(const char *text) {
        char safe[1024];
        struct strbuf b = STRBUF(safe);

        escape_terminal(&b, text, strlen(text));
        fputs(safe, stderr);
}

void bus_complain(const sd_bus_error *error, int r, const char *action) {
        const char *text = error && error->message ? error->message : strerror(-r);

        switch (trouble_of(error ? error->name : NULL)) {
        case TROUBLE_ABSENT:
                fprintf(stderr, "lanscoped is not running, and nothing is installed that could start it.\n"
                                "Install lanscope, or run lanscoped by hand as root.\n");
                return;
        case TROUBLE_START:
                fprintf(stderr, "lanscoped could not be started: ");
                bus_say(text);
                fprintf(stderr, "\nSee 'systemctl status lanscoped' and 'journalctl -u lanscoped'.\n");
                return;
        case TROUBLE_DENIED:
                fprintf(stderr, "This is not allowed: ");
                bus_say(text);
                if (action)
                        fprintf(stderr, "\nIt needs the polkit action %s: be an administrator at a local session, or root.",
                                action);
                fprintf(stderr, "\n");
                return;
        case TROUBLE_SILENT:
                fprintf(stderr, "lanscoped does not answer: ");
                bus_say(text);
                fprintf(stderr, "\n");
                return;
        case TROUBLE_LOST:
                fprintf(stderr, "The connection to the bus is lost: ");
                bus_say(text);
                fprintf(stderr, "\n");
                return;
        case TROUBLE_OLD:
                fprintf(stderr, "lanscoped there does not know this; it may be of another version: ");
                bus_say(text);
                fprintf(stderr, "\n");
                return;
        case TROUBLE_OTHER:
                bus_say(text);
                fprintf(stderr, "\n");
                return;
        }
}

int bus_new_call(sd_bus *bus, const char *path, const struct bus_method *method, sd_bus_message **ret) {
        int r = sd_bus_message_new_method_call(bus, ret, LANSCOPE_BUS_NAME, path, method->interface, method->member);

        if (r < 0)
                bus_complain(NULL, r, NULL);
        return r;
}

/* Longer than lanscoped waits for a password to be typed, so that it is the one to say so. */
#define CALL_TIMEOUT (150 * USEC_PER_SEC)

int bus_call_message(sd_bus *bus, sd_bus_message *message, const char *action, sd_bus_message **ret) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(polkit_agent_stop) pid_t agent = 0;
        int r;

        if (action) {
                (void) sd_bus_message_set_allow_interactive_authorization(message, true);
                agent = polkit_agent_start();
        }
        r = sd_bus_call(bus, message, CALL_TIMEOUT, &error, ret);
        if (r < 0)
                bus_complain(&error, r, action);
        return r;
}

int bus_call(sd_bus *bus, const char *path, const struct bus_method *method, sd_bus_message **ret, const char *types, ...) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        va_list ap;
        int r;

        r = bus_new_call(bus, path, method, &message);
        if (r < 0)
                return r;
        va_start(ap, types);
        r = *types ? sd_bus_message_appendv(message, types, ap) : 0;
        va_end(ap);
        if (r < 0) {
                bus_complain(NULL, r, NULL);
                return r;
        }
        return bus_call_message(bus, message, method->action, ret);
}

static int read_value(sd_bus_message *m, char type, struct json_object **ret) {
        union {
                uint8_t y;
                int b;
                int16_t n;
                uint16_t q;
                int32_t i;
                uint32_t u;
                int64_t x;
                uint64_t t;
                double d;
                const char *s;
        } v;
        int r = sd_bus_message_read_basic(m, type, &v);

        if (r < 0)
                return r;
        switch (type) {
        case SD_BUS_TYPE_BOOLEAN:
                *ret = json_object_new_boolean(v.b);
                break;
        case SD_BUS_TYPE_BYTE:
                *ret = json_object_new_uint64(v.y);
                break;
        case SD_BUS_TYPE_INT16:
                *ret = json_object_new_int64(v.n);
                break;
        case SD_BUS_TYPE_UINT16:
                *ret = json_object_new_uint64(v.q);
                break;
        case SD_BUS_TYPE_INT32:
                *ret = json_object_new_int64(v.i);
                break;
        case SD_BUS_TYPE_UINT32:
                *ret = json_object_new_uint64(v.u);
                break;
        case SD_BUS_TYPE_INT64:
                *ret = json_object_new_int64(v.x);
                break;
        case SD_BUS_TYPE_UINT64:
                *ret = json_object_new_uint64(v.t);
                break;
        case SD_BUS_TYPE_DOUBLE:
                *ret = json_object_new_double(v.d);
                break;
        case SD_BUS_TYPE_STRING:
        case SD_BUS_TYPE_OBJECT_PATH:
        case SD_BUS_TYPE_SIGNATURE:
                *ret = json_object_new_string(v.s);
                break;
        default:
                return -EOPNOTSUPP;
        }
        return *ret ? 1 : -ENOMEM;
}

static int read_dictionary(sd_bus_message *m, struct json_object *o) {
        struct json_object *value;
        const char *key;
        int r;

        while ((r = sd_bus_message_at_end(m, false)) == 0) {
                r = sd_bus_message_enter_container(m, SD_BUS_TYPE_DICT_ENTRY, NULL);
                if (r >= 0)
                        r = sd_bus_message_read_basic(m, SD_BUS_TYPE_STRING, &key);
                if (r >= 0)
                        r = bus_read_json(m, &value);
                if (r >= 0)
                        r = json_add(o, key, value);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r;
}

static int read_list(sd_bus_message *m, struct json_object *list) {
        struct json_object *value;
        int r;

        while ((r = bus_read_json(m, &value)) > 0)
                if (json_object_array_add(list, value) < 0) {
                        json_object_put(value);
                        return -ENOMEM;
                }
        return r;
}

static int read_container(sd_bus_message *m, char type, const char *contents, struct json_object **ret) {
        bool dictionary = type == SD_BUS_TYPE_ARRAY && contents[0] == SD_BUS_TYPE_DICT_ENTRY_BEGIN;
        _cleanup_(json_putp) struct json_object *o = dictionary ? json_object_new_object() : json_object_new_array();
        int r;

        /* Only dictionaries with names for keys are read; there are no others in the contract. */
        if (dictionary && contents[1] != SD_BUS_TYPE_STRING)
                return -EOPNOTSUPP;
        r = o ? sd_bus_message_enter_container(m, type, contents) : -ENOMEM;
        if (r < 0)
                return r;
        if (type == SD_BUS_TYPE_VARIANT) {
                struct json_object *value;

                r = bus_read_json(m, &value);
                if (r > 0) {
                        json_object_put(o);
                        o = value;
                }
        } else
                r = dictionary ? read_dictionary(m, o) : read_list(m, o);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(o);
        return 1;
}

int bus_read_json(sd_bus_message *m, struct json_object **ret) {
        const char *contents;
        char type;
        int r = sd_bus_message_peek_type(m, &type, &contents);

        if (r <= 0)
                return r;
        if (contents)
                return read_container(m, type, contents, ret);
        return read_value(m, type, ret);
}

static int unreadable(int r) {
        fprintf(stderr, "lanscoped gave an answer that cannot be read: %s\n", strerror(-r));
        return r;
}

int bus_read_reply(sd_bus_message *message, struct json_object **ret) {
        int r = bus_read_json(message, ret);

        return r > 0 ? 0 : unreadable(r < 0 ? r : -EBADMSG);
}

static const struct bus_method get_all = { "org.freedesktop.DBus.Properties", "GetAll", NULL };

int bus_get_device_brief(sd_bus *bus, const char *path, struct json_object **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = bus_call(bus, path, &get_all, &reply, "s", LANSCOPE_DEVICE_INTERFACE);

        if (r < 0)
                return r;
        r = device_from_message(reply, ret);
        return r < 0 ? unreadable(r) : 0;
}

int bus_get_properties(sd_bus *bus, const char *path, const char *interface, struct json_object **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = bus_call(bus, path, &get_all, &reply, "s", interface);

        return r < 0 ? r : bus_read_reply(reply, ret);
}
