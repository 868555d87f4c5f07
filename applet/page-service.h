/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/client.h"

/* The service: what it watches and how, what it therefore cannot see, and how to start and stop it. */

#define LANSCOPE_TYPE_PAGE_SERVICE (lanscope_page_service_get_type())
G_DECLARE_FINAL_TYPE(LanscopePageService, lanscope_page_service, LANSCOPE, PAGE_SERVICE, AdwBin)

/* Once, before it is shown. Uses the action "win.tell" (s). */
void lanscope_page_service_set_up(LanscopePageService *self, LanscopeClient *client);
