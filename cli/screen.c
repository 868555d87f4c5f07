/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Standard output as a place where people read. */

#include "cli/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "common/cleanup.h"
#include "common/escape.h"

static unsigned terminal_columns(void) {
        const char *text = getenv("COLUMNS");
        struct winsize size;
        long n;

        if (text && (n = strtol(text, NULL, 10)) >= 20 && n < 10000)
                return (unsigned) n;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0 && size.ws_col > 0)
                return size.ws_col;
        return 80;
}

static bool wants_colors(void) {
        const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

        return (!no || !*no) && term && *term && strcmp(term, "dumb") != 0;
}

/* A terminal that was not said to be UTF-8 may take parts of a character for orders. A file or a pipe
 * gets UTF-8 in any case; the locale is only needed for widths then. */
static bool is_utf8(bool tty) {
        if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
                return true;
        return !tty && setlocale(LC_CTYPE, "C.UTF-8");
}

static const char *pager_command(void) {
        const char *pager = getenv("PAGER");

        if (!pager || !*pager)
                return "less";
        return strcmp(pager, "cat") == 0 ? NULL : pager;
}

static void pager_exec(const char *command, int input) {
        dup2(input, STDIN_FILENO);
        /* Quit if it fits, keep colours, no line folding, and, as we may run under sudo, no shell from within. */
        setenv("LESS", "FRSXMK", 0);
        setenv("LESSSECURE", "1", 1);
        setenv("LESSCHARSET", "utf-8", 0);
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
}

/* With neither $PAGER nor less the shell would fail after the output is on its way into the pipe. */
static bool can_run(const char *command) {
        _cleanup_(freep) char *path = strdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin"), *file = NULL;
        char *rest = path;

        if (strchr(command, '/') || strchr(command, ' '))
                return true;
        for (const char *dir; path && (dir = strsep(&rest, ":"));) {
                free(file);
                if (asprintf(&file, "%s/%s", dir, command) < 0) {
                        file = NULL;
                        return false;
                }
                if (access(file, X_OK) == 0)
                        return true;
        }
        return false;
}

static pid_t pager_start(void) {
        const char *command = pager_command();
        int fds[2];
        pid_t pid;

        if (!command || !can_run(command) || pipe2(fds, O_CLOEXEC) < 0)
                return 0;
        fflush(stdout);
        pid = fork();
        if (pid == 0)
                pager_exec(command, fds[0]);
        if (pid > 0) {
                dup2(fds[1], STDOUT_FILENO);
                /* Ctrl-C in the pager is the pager's; and its end is seen as a failed write. */
                signal(SIGINT, SIG_IGN);
                signal(SIGPIPE, SIG_IGN);
        }
        close(fds[0]);
        close(fds[1]);
        return pid > 0 ? pid : 0;
}

void screen_open(struct screen *ret, const struct options *options, bool page) {
        bool tty = isatty(STDOUT_FILENO);

        *ret = (struct screen) {
                .tty = tty,
                .colors = tty && wants_colors(),
                .utf8 = is_utf8(tty),
                .columns = tty && !options->wide ? terminal_columns() : 0,
        };
        if (tty && page && !options->no_pager && options->json == JSON_OFF && isatty(STDIN_FILENO))
                ret->pager = pager_start();
}

void screen_close(struct screen *screen) {
        if (screen->pager == 0)
                return;
        fflush(stdout);
        clearerr(stdout); /* a reader who leaves early is no failure */
        close(STDOUT_FILENO);
        while (waitpid(screen->pager, NULL, 0) < 0 && errno == EINTR)
                ;
        screen->pager = 0;
}

const char *screen_style(const struct screen *screen, enum style style) {
        static const char *const sequences[_STYLE_MAX] = {
                [STYLE_NONE] = "\033[0m",  [STYLE_HEAD] = "\033[4m",     [STYLE_BOLD] = "\033[1m",    [STYLE_DIM] = "\033[2m",
                [STYLE_GOOD] = "\033[32m", [STYLE_NOTICE] = "\033[33m", [STYLE_BAD] = "\033[1;31m",
        };

        return screen->colors ? sequences[style] : "";
}

static char *ascii_only(const char *s) {
        size_t size = 4 * strlen(s) + 1;
        char *text = malloc(size);
        struct strbuf b;

        if (!text)
                return NULL;
        b = strbuf_make(text, size);
        for (; *s; s++)
                if ((unsigned char) *s < 0x80)
                        strbuf_char(&b, *s);
                else
                        strbuf_printf(&b, "\\x%02x", (unsigned char) *s);
        return text;
}

char *screen_text(const struct screen *screen, const char *s) {
        size_t length = strlen(s);
        _cleanup_(freep) char *text = malloc(4 * length + 1);
        struct strbuf b;

        if (!text)
                return NULL;
        b = strbuf_make(text, 4 * length + 1);
        escape_terminal(&b, s, length);
        return screen->utf8 ? TAKE_PTR(text) : ascii_only(text);
}

void screen_print(const struct screen *screen, const char *s) {
        _cleanup_(freep) char *text = screen_text(screen, s);

        fputs(text ? text : "?", stdout);
}

/* The next character of `s`: its bytes, and in `*ret_width` its columns. */
static size_t text_next(const char *s, mbstate_t *state, size_t *ret_width) {
        wchar_t c;
        size_t n;
        int width;

        if ((unsigned char) *s < 0x80) {
                *ret_width = 1;
                return 1;
        }
        n = mbrtowc(&c, s, MB_CUR_MAX, state);
        if (n == 0 || n > MB_CUR_MAX) {
                *state = (mbstate_t) { 0 };
                *ret_width = 1;
                return 1;
        }
        width = wcwidth(c);
        *ret_width = width < 0 ? 1 : (size_t) width;
        return n;
}

size_t text_width(const char *s) {
        mbstate_t state = { 0 };
        size_t width = 0, one;

        while (*s) {
                s += text_next(s, &state, &one);
                width += one;
        }
        return width;
}

void screen_wrap(const struct screen *screen, unsigned indent, const char *s) {
        _cleanup_(freep) char *text = screen_text(screen, s);
        size_t column = indent;
        char *rest = text;

        for (const char *word; (word = strsep(&rest, " "));) {
                size_t width = text_width(word);

                if (word != text && screen->columns > 0 && column + 1 + width > screen->columns) {
                        printf("\n%*s", (int) indent, "");
                        column = indent;
                } else if (word != text) {
                        putchar(' ');
                        column++;
                }
                fputs(word, stdout);
                column += width;
        }
}

size_t text_fit(const char *s, size_t width) {
        mbstate_t state = { 0 };
        size_t length = 0, taken = 0, one;

        while (s[length]) {
                size_t n = text_next(s + length, &state, &one);

                if (taken + one > width)
                        break;
                taken += one;
                length += n;
        }
        return length;
}
