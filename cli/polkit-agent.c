/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs pkttyagent(1) beside a call that polkit may want a password for. */

#include "cli/polkit-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>
#include <unistd.h>

/* In a login session the desktop's own agent comes first. Without one polkit does not look at fallbacks. */
static void agent_exec(int notify) {
        const char *fallback = sd_pid_get_session(0, NULL) >= 0 ? "--fallback" : NULL;
        char text[16];

        snprintf(text, sizeof text, "%d", notify);
        fcntl(notify, F_SETFD, 0);
        execlp("pkttyagent", "pkttyagent", "--notify-fd", text, fallback, NULL);
        _exit(127);
}

pid_t polkit_agent_start(void) {
        int fds[2];
        pid_t pid;
        char byte;

        if (geteuid() == 0 || !isatty(STDIN_FILENO) || pipe2(fds, O_CLOEXEC) < 0)
                return 0;
        pid = fork();
        if (pid == 0)
                agent_exec(fds[1]);
        close(fds[1]);
        /* It closes its end once it is registered; so does the kernel if it could not be run. */
        while (pid > 0 && read(fds[0], &byte, 1) < 0 && errno == EINTR)
                ;
        close(fds[0]);
        return pid > 0 ? pid : 0;
}

void polkit_agent_stop(pid_t *agent) {
        if (*agent == 0)
                return;
        kill(*agent, SIGTERM);
        kill(*agent, SIGCONT);
        while (waitpid(*agent, NULL, 0) < 0 && errno == EINTR)
                ;
        *agent = 0;
}
