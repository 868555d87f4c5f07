/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every name that service and clients must agree on. */

#define LANSCOPE_BUS_NAME "org.lanscope1"
#define LANSCOPE_PATH "/org/lanscope1"
#define LANSCOPE_DEVICE_PREFIX "/org/lanscope1/device"
#define LANSCOPE_NETWORK_PREFIX "/org/lanscope1/network"

#define LANSCOPE_MANAGER_INTERFACE "org.lanscope1.Manager"
#define LANSCOPE_DEVICE_INTERFACE "org.lanscope1.Device"
#define LANSCOPE_NETWORK_INTERFACE "org.lanscope1.Network"

#define LANSCOPE_ERROR_NO_SUCH_DEVICE "org.lanscope1.Error.NoSuchDevice"
#define LANSCOPE_ERROR_NO_SUCH_ALERT "org.lanscope1.Error.NoSuchAlert"
#define LANSCOPE_ERROR_NO_SUCH_EXCEPTION "org.lanscope1.Error.NoSuchException"
#define LANSCOPE_ERROR_NOT_SAVED "org.lanscope1.Error.NotSaved"
#define LANSCOPE_ERROR_CAPTURE "org.lanscope1.Error.CaptureFailed"

#define LANSCOPE_ACTION_MANAGE_DEVICES "org.lanscope1.manage-devices"
#define LANSCOPE_ACTION_MANAGE_ALERTS "org.lanscope1.manage-alerts"
#define LANSCOPE_ACTION_INSPECT_TRAFFIC "org.lanscope1.inspect-traffic"
#define LANSCOPE_ACTION_CAPTURE_PACKETS "org.lanscope1.capture-packets"
#define LANSCOPE_ACTION_CONTROL "org.lanscope1.control"

/* Journal fields. */
#define LANSCOPE_LOG_DEVICE "LANSCOPE_DEVICE"
#define LANSCOPE_LOG_INTERFACE "LANSCOPE_INTERFACE"
