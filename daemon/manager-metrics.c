/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The sockets of the metrics server. Those that systemd handed over are kept as long as the service runs, for a reload
 * may start the server anew. */

#include "daemon/manager-metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define SOCKET_NAME "metrics"

static void take_socket(struct manager *m, int fd, const char *name) {
        if (strcmp(name, SOCKET_NAME) != 0 || sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
                log_warning("systemd handed over a socket named %s, which is of no use: FileDescriptorName= must be %s", name,
                            SOCKET_NAME);
                close(fd);
                return;
        }
        if (m->metrics_sockets.n_handed >= METRICS_SOCKETS_MAX) {
                close(fd);
                return;
        }
        (void) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        m->metrics_sockets.handed[m->metrics_sockets.n_handed++] = fd;
}

static void names_free(char ***names) {
        for (char **name = *names; name && *name; name++)
                free(*name);
        free(*names);
}

void manager_take_sockets(struct manager *m) {
        _cleanup_(names_free) char **names = NULL;
        int n = sd_listen_fds_with_names(true, &names);

        for (int i = 0; i < n; i++)
                take_socket(m, SD_LISTEN_FDS_START + i, names[i]);
}

/* The descriptor, or -1 after having said why there is none. */
static int open_configured(struct manager *m, const char *text) {
        struct listen_address address;
        int fd, r = listen_address_parse(text, &address);

        fd = r < 0 ? r : listen_address_open(&address);
        if (fd >= 0) {
                m->metrics_sockets.made[m->metrics_sockets.n_made++] = address;
                return fd;
        }
        if (fd == -EAFNOSUPPORT)
                log_error("Cannot listen on %s for metrics: the unit does not let the service open network sockets; "
                          "enable lanscoped-metrics.socket instead", text);
        else
                log_error("Cannot listen on %s for metrics: %s", text, strerror(-fd));
        return -1;
}

static size_t open_sockets(struct manager *m, int fds[static METRICS_SOCKETS_MAX]) {
        size_t n = 0;

        for (size_t i = 0; i < m->metrics_sockets.n_handed; i++) {
                fds[n] = fcntl(m->metrics_sockets.handed[i], F_DUPFD_CLOEXEC, 3);
                n += fds[n] >= 0;
        }
        for (size_t i = 0; i < m->config.metrics.n_listen && n < METRICS_SOCKETS_MAX; i++) {
                fds[n] = open_configured(m, m->config.metrics.listen[i]);
                n += fds[n] >= 0;
        }
        return n;
}

static void close_server(struct manager *m) {
        m->metrics = metrics_server_free(m->metrics);
        for (size_t i = 0; i < m->metrics_sockets.n_made; i++)
                listen_address_unlink(&m->metrics_sockets.made[i]);
        m->metrics_sockets.n_made = 0;
}

void manager_restart_metrics(struct manager *m) {
        const struct metrics_server_ops ops = { metrics_write, m };
        int fds[METRICS_SOCKETS_MAX], r;
        size_t n;

        close_server(m);
        n = open_sockets(m, fds);
        if (n == 0)
                return;
        r = metrics_server_new(&m->metrics, m->event, fds, n, &ops);
        if (r >= 0) {
                log_info("Metrics can be asked for on %zu sockets", n);
                return;
        }
        for (size_t i = 0; i < n; i++)
                close(fds[i]);
        if (r == -EOPNOTSUPP)
                log_error("There are no metrics: lanscoped was built without libmicrohttpd");
        else
                log_error("There are no metrics: %s", strerror(-r));
}

void manager_stop_metrics(struct manager *m) {
        close_server(m);
        for (size_t i = 0; i < m->metrics_sockets.n_handed; i++)
                close(m->metrics_sockets.handed[i]);
        m->metrics_sockets.n_handed = 0;
}
