/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The detectors there are; a row each. */

#include "common/macro.h"
#include "engine/detect/detector.h"

static const struct detector *const detectors[] = {
        &new_device_detector,
        &address_claims_detector,
        &dhcp_servers_detector,
        &dhcp6_servers_detector,
        &dhcp_flood_detector,
        &router_adverts_detector,
        &name_answers_detector,
        &arp_sweep_detector,
        &mac_flood_detector,
        &mac_cloned_detector,
        &scan_detector,
        &syn_flood_detector,
        &packet_flood_detector,
        &brute_force_detector,
        &dns_tunnel_detector,
        &dga_names_detector,
        &device_returned_detector,
        &identity_changed_detector,
        &new_service_detector,
        &beaconing_detector,
        &volume_detector,
        &unusual_contact_detector,
        &flow_model_detector,
};

_Static_assert(ELEMENTSOF(detectors) <= DETECTOR_MAX, "DETECTOR_MAX");

const struct detector *const *detectors_get(size_t *ret_n) {
        *ret_n = ELEMENTSOF(detectors);
        return detectors;
}
