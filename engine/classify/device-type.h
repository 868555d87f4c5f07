/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a device can be. A type belongs to one category; rules and users name types by these strings. */

#define DEVICE_CATEGORIES(X)              \
        X(UNKNOWN, "unknown")             \
        X(COMPUTER, "computer")           \
        X(MOBILE, "mobile")               \
        X(NETWORK, "network")             \
        X(STORAGE, "storage")             \
        X(PRINTING, "printing")           \
        X(MEDIA, "media")                 \
        X(GAMING, "gaming")               \
        X(HOME, "home")                   \
        X(SECURITY, "security")           \
        X(COMMUNICATION, "communication") \
        X(OTHER, "other")

#define DEVICE_TYPES(X)                                              \
        X(UNKNOWN, "unknown", UNKNOWN)                               \
        X(COMPUTER, "computer", COMPUTER)                            \
        X(LAPTOP, "laptop", COMPUTER)                                \
        X(DESKTOP, "desktop", COMPUTER)                              \
        X(SERVER, "server", COMPUTER)                                \
        X(SINGLE_BOARD_COMPUTER, "single-board-computer", COMPUTER)  \
        X(VIRTUAL_MACHINE, "virtual-machine", COMPUTER)              \
        X(PHONE, "phone", MOBILE)                                    \
        X(TABLET, "tablet", MOBILE)                                  \
        X(WATCH, "watch", MOBILE)                                    \
        X(EREADER, "e-reader", MOBILE)                               \
        X(ROUTER, "router", NETWORK)                                 \
        X(ACCESS_POINT, "access-point", NETWORK)                     \
        X(SWITCH, "switch", NETWORK)                                 \
        X(FIREWALL, "firewall", NETWORK)                             \
        X(MODEM, "modem", NETWORK)                                   \
        X(POWERLINE, "powerline", NETWORK)                           \
        X(NAS, "nas", STORAGE)                                       \
        X(PRINTER, "printer", PRINTING)                              \
        X(SCANNER, "scanner", PRINTING)                              \
        X(TV, "tv", MEDIA)                                           \
        X(STREAMER, "streamer", MEDIA)                               \
        X(SPEAKER, "speaker", MEDIA)                                 \
        X(RECEIVER, "receiver", MEDIA)                               \
        X(SET_TOP_BOX, "set-top-box", MEDIA)                         \
        X(MEDIA_SERVER, "media-server", MEDIA)                       \
        X(PROJECTOR, "projector", MEDIA)                             \
        X(GAME_CONSOLE, "game-console", GAMING)                      \
        X(LIGHT, "light", HOME)                                      \
        X(THERMOSTAT, "thermostat", HOME)                            \
        X(PLUG, "plug", HOME)                                        \
        X(SENSOR, "sensor", HOME)                                    \
        X(HUB, "hub", HOME)                                          \
        X(APPLIANCE, "appliance", HOME)                              \
        X(VACUUM, "vacuum", HOME)                                    \
        X(ENERGY, "energy", HOME)                                    \
        X(MICROCONTROLLER, "microcontroller", HOME)                  \
        X(CAMERA, "camera", SECURITY)                                \
        X(DOORBELL, "doorbell", SECURITY)                            \
        X(ALARM, "alarm", SECURITY)                                  \
        X(LOCK, "lock", SECURITY)                                    \
        X(VOIP_PHONE, "voip-phone", COMMUNICATION)                   \
        X(CAR, "car", OTHER)                                         \
        X(INDUSTRIAL, "industrial", OTHER)                           \
        X(OTHER, "other", OTHER)

enum device_category {
#define X(id, name) CATEGORY_##id,
        DEVICE_CATEGORIES(X)
#undef X
        _CATEGORY_MAX,
        _CATEGORY_INVALID = -1,
};

enum device_type {
#define X(id, name, category) TYPE_##id,
        DEVICE_TYPES(X)
#undef X
        _TYPE_MAX,
        _TYPE_INVALID = -1,
};

const char *device_type_to_string(enum device_type type) __attribute__((const));
enum device_type device_type_from_string(const char *s); /* _TYPE_INVALID for a word that is none */
enum device_category device_type_category(enum device_type type) __attribute__((const));
const char *device_category_to_string(enum device_category category) __attribute__((const));
