/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/proto/dissector.h"

/* Says what a UPnP device description (UPnP Device Architecture 2.0 §2.3) tells of the device and of those inside
 * it. Other XML says nothing. */
void upnp_read_description(struct cursor xml, struct emitter *emitter);
