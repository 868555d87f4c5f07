/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl export: the inventory or the alerts as a file. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/bus.h"
#include "cli/verbs.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

static const struct bus_method export_open = { LANSCOPE_MANAGER_INTERFACE, "Export", NULL };
static const struct bus_method export_private = { LANSCOPE_MANAGER_INTERFACE, "Export", LANSCOPE_ACTION_INSPECT_TRAFFIC };

static int say(const char *what, const char *name) {
        fprintf(stderr, "Cannot %s %s: %s\n", what, name, strerror(errno));
        return 1;
}

static int write_all(int fd, const char *data, size_t length) {
        while (length > 0) {
                ssize_t n = write(fd, data, length);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        data += n;
                        length -= (size_t) n;
                }
        }
        return 0;
}

static int copy(int from, int to, const char *name) {
        char buffer[65536];
        ssize_t n;

        while ((n = read(from, buffer, sizeof buffer)) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return say("read", "what lanscoped exports");
                if (write_all(to, buffer, (size_t) n) < 0)
                        return say("write", name);
        }
        return 0;
}

static int copy_to_file(int from, const char *path) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), status;

        if (fd < 0)
                return say("create", path);
        status = copy(from, fd, path);
        /* Some file systems tell only now that there was no room. */
        if (close(fd) < 0 && status == 0)
                return say("write", path);
        return status;
}

/* All of it into memory, and from there to where it is to go: lanscoped gives up on who does not read for a while, as
 * a pager or a slow disk may not, and the rest would be missing. */
static int deliver(int from, const char *path) {
        _cleanup_(closep) int spool = memfd_create("export", MFD_CLOEXEC);

        if (spool < 0)
                return say("hold", "what lanscoped exports");
        if (copy(from, spool, "to memory") != 0)
                return 1;
        if (lseek(spool, 0, SEEK_SET) < 0)
                return say("read", "what lanscoped exported");
        return path ? copy_to_file(spool, path) : copy(spool, STDOUT_FILENO, "output");
}

static int run(const struct options *options, int argc, char *argv[]) {
        const char *what = argc > 1 ? argv[1] : "devices", *format = options->format;
        bool devices = strcmp(what, "devices") == 0;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int fd;

        if (!devices && strcmp(what, "flows") != 0 && strcmp(what, "alerts") != 0) {
                fprintf(stderr, "Devices, alerts or flows can be exported, not '%s'.\n", what);
                return 2;
        }
        if (bus_open(options, &bus) < 0 ||
            bus_call(bus, LANSCOPE_PATH, devices ? &export_open : &export_private, &reply, "ssa{sv}", what, format ? format : "json", 0) < 0)
                return 1;
        /* The descriptor belongs to the message. */
        if (sd_bus_message_read(reply, "h", &fd) < 0) {
                fprintf(stderr, "lanscoped sent no file. Over ssh (-H) 'list --json=pretty' does the same.\n");
                return 1;
        }
        return deliver(fd, options->output);
}

const struct verb verb_export = {
        .name = "export",
        .arguments = "[devices|alerts|flows]",
        .max_arguments = 1,
        .summary = "Write the inventory, the alerts or the flows as JSON or CSV",
        .description = "Writes all devices, all alerts, or all flows that go on or ended lately, with all that is known of\n"
                       "them, as a JSON array, as JSON lines (jsonl) or as CSV.\n",
        .run = run,
};
