/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

/* The switches and thresholds of all detectors: one table, from which lanscoped.conf's [Detectors] is read. */

enum detect_unit { DETECT_SWITCH, DETECT_COUNT, DETECT_SPAN /* ns */, DETECT_PERCENT, DETECT_SIZE /* bytes */ };

#define DETECT_SECONDS(n) ((n) * NSEC_PER_SEC)

/* id, key in lanscoped.conf, unit, default, least, most */
#define DETECT_SETTINGS(X)                                                                         \
        X(SPOOFING, "Spoofing", SWITCH, 1, 0, 1)                                                   \
        X(SPOOFING_REPLIES, "SpoofingReplies", COUNT, 2, 1, 1000)                                  \
        X(SPOOFING_CHANGES, "SpoofingChanges", COUNT, 2, 2, 1000)                                  \
        X(ADDRESS_CONFLICT, "AddressConflict", SWITCH, 1, 0, 1)                                    \
        X(GATEWAY_CHANGED, "GatewayChanged", SWITCH, 1, 0, 1)                                      \
        X(ROGUE_DHCP, "RogueDhcp", SWITCH, 1, 0, 1)                                                \
        X(DHCP_CHANGED, "DhcpChanged", SWITCH, 1, 0, 1)                                            \
        X(DHCP_FLOOD, "DhcpFlood", SWITCH, 1, 0, 1)                                                \
        X(DHCP_FLOOD_CLIENTS, "DhcpFloodClients", COUNT, 50, 2, 100000)                            \
        X(ROGUE_RA, "RogueRa", SWITCH, 1, 0, 1)                                                    \
        X(NAME_POISONING, "NamePoisoning", SWITCH, 1, 0, 1)                                        \
        X(NAME_POISONING_NAMES, "NamePoisoningNames", COUNT, 4, 2, 100)                            \
        X(ARP_SWEEP, "ArpSweep", SWITCH, 1, 0, 1)                                                  \
        X(ARP_SWEEP_TARGETS, "ArpSweepTargets", COUNT, 25, 2, 512)                                 \
        X(ARP_SWEEP_WINDOW, "ArpSweepWindowSec", SPAN, DETECT_SECONDS(10), DETECT_SECONDS(1), DETECT_SECONDS(3600)) \
        X(MAC_FLOOD, "MacFlood", SWITCH, 1, 0, 1)                                                  \
        X(MAC_FLOOD_ADDRESSES, "MacFloodAddresses", COUNT, 200, 10, 1000000)                       \
        X(MAC_FLOOD_WINDOW, "MacFloodWindowSec", SPAN, DETECT_SECONDS(10), DETECT_SECONDS(1), DETECT_SECONDS(3600)) \
        X(MAC_CLONED, "MacCloned", SWITCH, 1, 0, 1)                                                \
        X(MAC_CLONED_CHANGES, "MacClonedChanges", COUNT, 4, 2, 1000)                               \
        X(SCAN, "Scan", SWITCH, 1, 0, 1)                                                           \
        X(SCAN_PORTS, "ScanPorts", COUNT, 25, 3, 150)                                              \
        X(SCAN_HOSTS, "ScanHosts", COUNT, 10, 3, 150)                                              \
        X(SCAN_FAILURES, "ScanFailures", COUNT, 12, 3, 1000)                                       \
        X(SCAN_WINDOW, "ScanWindowSec", SPAN, DETECT_SECONDS(10), DETECT_SECONDS(1), DETECT_SECONDS(3600)) \
        X(SYN_FLOOD, "SynFlood", SWITCH, 1, 0, 1)                                                  \
        X(SYN_FLOOD_REQUESTS, "SynFloodRequests", COUNT, 200, 10, 1000000)                         \
        X(SYN_FLOOD_SOURCES, "SynFloodSources", COUNT, 50, 3, 2000)                                \
        X(SYN_FLOOD_WINDOW, "SynFloodWindowSec", SPAN, DETECT_SECONDS(5), DETECT_SECONDS(1), DETECT_SECONDS(3600)) \
        X(PACKET_FLOOD, "PacketFlood", SWITCH, 1, 0, 1)                                            \
        X(PACKET_FLOOD_PACKETS, "PacketFloodPackets", COUNT, 1000, 10, 1000000)                    \
        X(PACKET_FLOOD_SOURCES, "PacketFloodSources", COUNT, 50, 3, 500)                           \
        X(PACKET_FLOOD_WINDOW, "PacketFloodWindowSec", SPAN, DETECT_SECONDS(5), DETECT_SECONDS(1), DETECT_SECONDS(3600)) \
        X(BRUTE_FORCE, "BruteForce", SWITCH, 1, 0, 1)                                              \
        X(BRUTE_FORCE_CONNECTIONS, "BruteForceConnections", COUNT, 20, 3, 256)                     \
        X(BRUTE_FORCE_WINDOW, "BruteForceWindowSec", SPAN, DETECT_SECONDS(60), DETECT_SECONDS(1), DETECT_SECONDS(86400)) \
        X(DNS_TUNNEL, "DnsTunnel", SWITCH, 1, 0, 1)                                                \
        X(DNS_TUNNEL_NAMES, "DnsTunnelNames", COUNT, 30, 3, 256)                                   \
        X(DNS_TUNNEL_WINDOW, "DnsTunnelWindowSec", SPAN, DETECT_SECONDS(60), DETECT_SECONDS(1), DETECT_SECONDS(86400)) \
        X(DGA, "DgaNames", SWITCH, 1, 0, 1)                                                        \
        X(DGA_NAMES, "DgaNamesCount", COUNT, 15, 3, 128)                                           \
        X(DGA_WINDOW, "DgaNamesWindowSec", SPAN, DETECT_SECONDS(120), DETECT_SECONDS(1), DETECT_SECONDS(86400)) \
        X(RETURNED, "DeviceReturned", SWITCH, 1, 0, 1)                                             \
        X(ABSENCE, "AbsenceSec", SPAN, DETECT_SECONDS(30 * 86400), DETECT_SECONDS(3600), DETECT_SECONDS(3650 * UINT64_C(86400))) \
        X(IDENTITY_CHANGED, "IdentityChanged", SWITCH, 1, 0, 1)                                    \
        X(IDENTITY_STABLE, "IdentityStableSec", SPAN, DETECT_SECONDS(86400), DETECT_SECONDS(60), DETECT_SECONDS(3650 * UINT64_C(86400))) \
        X(NEW_SERVICE, "NewService", SWITCH, 1, 0, 1)                                              \
        X(NEW_SERVICE_AFTER, "NewServiceAfterSec", SPAN, DETECT_SECONDS(86400), DETECT_SECONDS(60), DETECT_SECONDS(3650 * UINT64_C(86400))) \
        X(BEACONING, "Beaconing", SWITCH, 1, 0, 1)                                                 \
        X(BEACONING_CALLS, "BeaconingCalls", COUNT, 24, 5, 64)                                     \
        X(BEACONING_JITTER, "BeaconingJitter", PERCENT, 3, 0, 100)                                 \
        X(VOLUME_SPIKE, "VolumeSpike", SWITCH, 1, 0, 1)                                            \
        X(UPLOAD_ANOMALY, "UploadAnomaly", SWITCH, 1, 0, 1)                                        \
        X(BASELINE_DAYS, "BaselineDays", COUNT, 3, 1, 365)                                         \
        X(VOLUME_FACTOR, "VolumeFactor", COUNT, 6, 1, 1000)                                        \
        X(VOLUME_MIN, "VolumeMin", SIZE, UINT64_C(256) << 20, 1, UINT64_C(1) << 50)                \
        X(UNUSUAL_CONTACT, "UnusualContact", SWITCH, 1, 0, 1)                                      \
        X(PROFILE_LEARN, "ProfileLearnSec", SPAN, DETECT_SECONDS(3 * 86400), DETECT_SECONDS(60), DETECT_SECONDS(3650 * UINT64_C(86400))) \
        X(MODEL, "ModelAlerts", SWITCH, 1, 0, 1)                                                   \
        X(MODEL_SCORE, "ModelScore", PERCENT, 90, 1, 100)                                          \
        X(MODEL_FLOWS, "ModelFlows", COUNT, 10, 1, 1000000)                                        \
        X(MODEL_WINDOW, "ModelWindowSec", SPAN, DETECT_SECONDS(600), DETECT_SECONDS(1), DETECT_SECONDS(86400)) \
        X(COOL_DOWN, "CoolDownSec", SPAN, DETECT_SECONDS(600), DETECT_SECONDS(1), DETECT_SECONDS(604800))

enum detect_setting {
#define X(id, key, unit, standard, least, most) DETECT_##id,
        DETECT_SETTINGS(X)
#undef X
        _DETECT_SETTING_MAX,
};

struct detect_settings {
        uint64_t values[_DETECT_SETTING_MAX];
};

struct detect_setting_info {
        const char *key;
        enum detect_unit unit;
        uint64_t standard, least, most;
};

/* NULL behind the last. */
const struct detect_setting_info *detect_setting_info(enum detect_setting setting);
void detect_settings_default(struct detect_settings *settings);
