/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Loaded into the applet by LD_PRELOAD: measures its frames and its main loop from within, for GTK tells nobody outside.
 * Each second it appends a line to the file in FRAME_PROBE: frames painted, the longest of them, the longest time that
 * the main loop did not come round, and the most that it computed until then (all in microseconds but the first). The
 * last is the program's own: others who want the processor make it no longer. */

#include <gtk/gtk.h>
#include <stdio.h>
#include <time.h>

#define TICK_MSEC 10
#define LOOK_MSEC 200

struct probe {
        gint64 began;        /* of the frame that is being painted */
        gint64 ticked;       /* when the main loop came round */
        gint64 computed;     /* by its thread, when it came round */
        gint64 longest_frame, longest_stall, most_computed;
        unsigned frames;
        FILE *file;
};

static struct probe probe;

static void on_before_paint(GdkFrameClock *clock G_GNUC_UNUSED, void *data G_GNUC_UNUSED) {
        probe.began = g_get_monotonic_time();
}

static void on_after_paint(GdkFrameClock *clock G_GNUC_UNUSED, void *data G_GNUC_UNUSED) {
        probe.longest_frame = MAX(probe.longest_frame, g_get_monotonic_time() - probe.began);
        probe.frames++;
}

/* The calling thread's, user and system. */
static gint64 cpu_time(void) {
        struct timespec t;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return (gint64) t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

static gboolean on_tick(void *data G_GNUC_UNUSED) {
        gint64 now = g_get_monotonic_time(), computed = cpu_time();

        probe.longest_stall = MAX(probe.longest_stall, now - probe.ticked - TICK_MSEC * 1000);
        probe.most_computed = MAX(probe.most_computed, computed - probe.computed);
        probe.ticked = now;
        probe.computed = computed;
        return G_SOURCE_CONTINUE;
}

static gboolean on_second(void *data G_GNUC_UNUSED) {
        fprintf(probe.file, "%u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", probe.frames,
                probe.longest_frame, probe.longest_stall, probe.most_computed);
        fflush(probe.file);
        probe.frames = 0;
        probe.longest_frame = probe.longest_stall = probe.most_computed = 0;
        return G_SOURCE_CONTINUE;
}

/* Windows come and go: each clock is listened to once. */
static gboolean on_look(void *data G_GNUC_UNUSED) {
        GListModel *windows;

        if (!gtk_is_initialized())
                return G_SOURCE_CONTINUE;
        windows = gtk_window_get_toplevels();
        for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
                g_autoptr(GtkWidget) window = g_list_model_get_item(windows, i);
                GdkFrameClock *clock = gtk_widget_get_frame_clock(window);

                if (!clock || g_object_get_data(G_OBJECT(clock), "frame-probe"))
                        continue;
                g_object_set_data(G_OBJECT(clock), "frame-probe", &probe);
                g_signal_connect(clock, "before-paint", G_CALLBACK(on_before_paint), NULL);
                g_signal_connect_after(clock, "after-paint", G_CALLBACK(on_after_paint), NULL);
        }
        return G_SOURCE_CONTINUE;
}

static void __attribute__((constructor)) begin(void) {
        const char *path = g_getenv("FRAME_PROBE");

        probe.file = path ? fopen(path, "a") : NULL;
        if (!probe.file)
                return;
        g_unsetenv("LD_PRELOAD"); /* not for what the program starts */
        probe.ticked = g_get_monotonic_time();
        probe.computed = cpu_time();
        g_timeout_add_full(G_PRIORITY_HIGH, TICK_MSEC, on_tick, NULL, NULL);
        g_timeout_add(LOOK_MSEC, on_look, NULL);
        g_timeout_add(1000, on_second, NULL);
}
