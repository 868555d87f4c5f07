/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads flows, seven numbers a line in the order of struct flow_columns, and prints their vectors. */

#include <stdio.h>

#include "engine/detect/flow-features.h"

int main(void) {
        struct flow_columns c;

        while (scanf("%lf %lf %lf %lf %lf %lf %lf", &c.duration, &c.packets_sent, &c.packets_received, &c.bytes_sent, &c.bytes_received,
                     &c.protocol, &c.responder_port) == 7) {
                float vector[FLOW_FEATURES];

                flow_features_compute(&c, vector);
                for (size_t i = 0; i < FLOW_FEATURES; i++)
                        printf("%s%.9g", i > 0 ? " " : "", (double) vector[i]);
                putchar('\n');
        }
        return 0;
}
