/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <glib/gi18n.h>
#include <locale.h>

#include "applet/application.h"
#include "config.h"

int main(int argc, char **argv) {
        g_autoptr(LanscopeApplication) application = NULL;

        setlocale(LC_ALL, "");
        bindtextdomain(GETTEXT_PACKAGE, LOCALEDIR);
        bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
        textdomain(GETTEXT_PACKAGE);
        application = lanscope_application_new();
        return g_application_run(G_APPLICATION(application), argc, argv);
}
