/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The terminal through curses. Signals that it cares for are the event loop's: curses' own handlers never run. */

#include "cli/top/top-terminal.h"

/* No macros called move(), clear() … */
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/top/top-keys.h"
#include "common/macro.h"

/* ms to wait for the rest of an escape sequence: enough for one that comes over ssh in two packets. */
#define ESCAPE_DELAY 50

static const int fatal_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

/* Handlers of signals and of exit have no argument to pass it in. */
static struct {
        bool open;
        SCREEN *curses;
        struct termios modes;   /* before */
        char restore[128];      /* what to send to a terminal that is left in a hurry */
        int error;              /* the standard error that stands behind the screen; -1: none was moved */
        struct sigaction before[ELEMENTSOF(fatal_signals)];
        attr_t attributes[_TOP_PAINT_MAX];
        short pairs[_TOP_PAINT_MAX];
} terminal = { .error = -1 };

enum top_paint top_paint_of_style(enum style style) {
        static const enum top_paint paints[_STYLE_MAX] = {
                [STYLE_NONE] = TOP_PAINT_NONE, [STYLE_HEAD] = TOP_PAINT_TITLES, [STYLE_BOLD] = TOP_PAINT_BOLD,
                [STYLE_DIM] = TOP_PAINT_DIM,   [STYLE_GOOD] = TOP_PAINT_GOOD,   [STYLE_NOTICE] = TOP_PAINT_NOTICE,
                [STYLE_BAD] = TOP_PAINT_BAD,
        };

        return paints[style];
}

/* After a crash: nothing but what a signal handler may call. */
static void on_crash(int signal) {
        ssize_t n;

        n = write(STDOUT_FILENO, terminal.restore, strlen(terminal.restore));
        (void) n;
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal.modes);
        for (size_t i = 0; i < ELEMENTSOF(fatal_signals); i++)
                if (fatal_signals[i] == signal)
                        sigaction(signal, &terminal.before[i], NULL);
        raise(signal); /* again, to whom it belonged */
}

static void remember_string(const char *name) {
        const char *sequence = tigetstr((char *) name);

        if (sequence && sequence != (char *) -1 && strlen(terminal.restore) +
            strlen(sequence) < sizeof terminal.restore)
                strcat(terminal.restore, sequence);
}

static void prepare_for_crash(void) {
        struct sigaction action = { .sa_handler = on_crash };

        terminal.restore[0] = '\0';
        remember_string("sgr0");
        remember_string("cnorm");
        remember_string("rmcup");
        remember_string("rmkx");
        for (size_t i = 0; i < ELEMENTSOF(fatal_signals); i++)
                sigaction(fatal_signals[i], &action, &terminal.before[i]);
}

static void forget_crash(void) {
        for (size_t i = 0; i < ELEMENTSOF(fatal_signals); i++)
                sigaction(fatal_signals[i], &terminal.before[i], NULL);
}

static void set_attribute(enum top_paint paint, attr_t attribute, short foreground, short background) {
        terminal.attributes[paint] = attribute;
        terminal.pairs[paint] = 0;
        if (foreground < 0 && background < 0)
                return;
        init_pair((short) paint + 1, foreground, background);
        terminal.pairs[paint] = (short) paint + 1;
}

static void choose_colors(void) {
        static const struct {
                enum top_paint paint;
                attr_t attribute;
                short foreground, background;
        } colors[] = {
                { TOP_PAINT_BOLD, A_BOLD, -1, -1 },
                { TOP_PAINT_DIM, A_DIM, -1, -1 },
                { TOP_PAINT_GOOD, A_NORMAL, COLOR_GREEN, -1 },
                { TOP_PAINT_NOTICE, A_NORMAL, COLOR_YELLOW, -1 },
                { TOP_PAINT_BAD, A_BOLD, COLOR_RED, -1 },
                { TOP_PAINT_TITLES, A_NORMAL, COLOR_BLACK, COLOR_GREEN },
                { TOP_PAINT_SORTED, A_BOLD, COLOR_BLACK, COLOR_CYAN },
                { TOP_PAINT_SELECTED, A_NORMAL, COLOR_BLACK, COLOR_CYAN },
                { TOP_PAINT_TAB, A_BOLD, COLOR_BLACK, COLOR_GREEN },
                { TOP_PAINT_KEY, A_NORMAL, COLOR_BLACK, COLOR_CYAN },
                { TOP_PAINT_GRAPH, A_NORMAL, COLOR_CYAN, -1 },
        };

        start_color();
        use_default_colors();
        for (size_t i = 0; i < ELEMENTSOF(colors); i++)
                set_attribute(colors[i].paint, colors[i].attribute, colors[i].foreground, colors[i].background);
}

static void choose_plain(void) {
        static const attr_t plain[_TOP_PAINT_MAX] = {
                [TOP_PAINT_BOLD] = A_BOLD,      [TOP_PAINT_DIM] = A_DIM,        [TOP_PAINT_NOTICE] = A_BOLD,
                [TOP_PAINT_BAD] = A_BOLD | A_UNDERLINE, [TOP_PAINT_TITLES] = A_REVERSE,
                        [TOP_PAINT_SORTED] = A_REVERSE | A_BOLD,
                [TOP_PAINT_SELECTED] = A_REVERSE, [TOP_PAINT_TAB] = A_REVERSE | A_BOLD, [TOP_PAINT_KEY] = A_REVERSE,
        };

        for (int i = 0; i < _TOP_PAINT_MAX; i++)
                set_attribute((enum top_paint) i, plain[i], -1, -1);
}

/* What a child, ssh for one, says on standard error would tear the picture. */
static void move_error_away(void) {
        int null;

        if (!isatty(STDERR_FILENO))
                return;
        null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null < 0)
                return;
        terminal.error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        if (terminal.error >= 0)
                dup2(null, STDERR_FILENO);
        close(null);
}

static void move_error_back(void) {
        if (terminal.error < 0)
                return;
        dup2(terminal.error, STDERR_FILENO);
        close(terminal.error);
        terminal.error = -1;
}

/* curses goes by $LINES and $COLUMNS where they are set; this program goes by the terminal. */
static void ignore_exported_size(void) {
        use_env(FALSE);
        use_tioctl(TRUE);
}

int top_terminal_open(const struct screen *screen) {
        if (tcgetattr(STDIN_FILENO, &terminal.modes) < 0)
                return -errno;
        ignore_exported_size();
        terminal.curses = newterm(NULL, stdout, stdin);
        if (!terminal.curses) {
                const char *term = getenv("TERM");

                fprintf(stderr, "The terminal '%s' is not known here; 'lanscopectl top --batch=1' needs none.\n", term ?
                        term : "");
                return -ENOTTY;
        }
        terminal.open = true;
        prepare_for_crash();
        move_error_away();
        atexit(top_terminal_close);
        cbreak();
        noecho();
        nonl();
        set_escdelay(ESCAPE_DELAY);
        keypad(stdscr, TRUE);
        nodelay(stdscr, TRUE);
        leaveok(stdscr, FALSE);
        curs_set(0);
        if (screen->colors && has_colors())
                choose_colors();
        else
                choose_plain();
        return 0;
}

void top_terminal_close(void) {
        if (!terminal.open)
                return;
        terminal.open = false;
        curs_set(1);
        endwin();
        delscreen(terminal.curses);
        terminal.curses = NULL;
        forget_crash();
        move_error_back();
}

void top_terminal_suspend(void) {
        curs_set(1);
        endwin();
        raise(SIGSTOP);
        top_terminal_resize();
        top_terminal_repaint();
}

void top_terminal_repaint(void) {
        /* A shell may have changed the modes behind our back. */
        reset_prog_mode();
        clearok(curscr, TRUE);
}

void top_terminal_resize(void) {
        struct winsize size;

        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0 && size.ws_row > 0 && size.ws_col > 0)
                resizeterm(size.ws_row, size.ws_col);
}

void top_terminal_size(size_t *ret_rows, size_t *ret_columns) {
        *ret_rows = (size_t) MAX(getmaxy(stdscr), 1);
        *ret_columns = (size_t) MAX(getmaxx(stdscr), 1);
}

static uint32_t translate(wint_t key) {
        static const struct {
                wint_t curses;
                uint32_t key;
        } keys[] = {
                { KEY_UP, TOP_KEY_UP },       { KEY_DOWN, TOP_KEY_DOWN },         { KEY_LEFT, TOP_KEY_LEFT },
                { KEY_RIGHT, TOP_KEY_RIGHT }, { KEY_PPAGE, TOP_KEY_PAGE_UP },     { KEY_NPAGE, TOP_KEY_PAGE_DOWN },
                { KEY_HOME, TOP_KEY_HOME },   { KEY_END, TOP_KEY_END },           { KEY_BTAB, TOP_KEY_BACK_TAB },
                { KEY_ENTER, TOP_KEY_ENTER }, { KEY_BACKSPACE, TOP_KEY_BACKSPACE }, { KEY_DC, TOP_KEY_BACKSPACE },
        };

        if (key >= (wint_t) KEY_F(1) && key <= (wint_t) KEY_F(10))
                return TOP_KEY_F1 + (uint32_t) (key - (wint_t) KEY_F(1));
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (keys[i].curses == key)
                        return keys[i].key;
        return 0;
}

uint32_t top_terminal_read_key(void) {
        wint_t key;

        for (;;) {
                int r = get_wch(&key);
                uint32_t translated;

                if (r == ERR)
                        return 0;
                translated = r == KEY_CODE_YES ? translate(key) : key == '\r' ? TOP_KEY_ENTER : (uint32_t) key;
                if (translated != 0)
                        return translated;
        }
}

void top_terminal_clear(void) {
        erase();
}

static void set_paint(enum top_paint paint) {
        attr_set(terminal.attributes[paint], terminal.pairs[paint], NULL);
}

void top_terminal_put(size_t row, size_t column, enum top_paint paint, const char *text, size_t length) {
        set_paint(paint);
        mvaddnstr((int) row, (int) column, text, (int) length);
}

void top_terminal_fill(size_t row, size_t column, enum top_paint paint, size_t columns) {
        set_paint(paint);
        for (size_t i = 0; i < columns; i++)
                mvaddch((int) row, (int) (column + i), ' ');
}

void top_terminal_cursor(size_t row, size_t column) {
        size_t rows, columns;

        top_terminal_size(&rows, &columns);
        curs_set(row < rows && column < columns);
        if (row < rows && column < columns)
                move((int) row, (int) column);
}

void top_terminal_flush(void) {
        refresh();
}
