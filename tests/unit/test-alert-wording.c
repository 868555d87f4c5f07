/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

#include "engine/detect/alert.h"

/* Of the same names as the service's, which is not linked to it. */
const char *wording_alert(const char *kind);
const char *const *wording_alert_kinds(void);

static void every_kind_that_the_service_knows_has_words(void **state) {
        (void) state;
        for (enum alert_kind kind = 0; kind < _ALERT_KIND_MAX; kind++) {
                const char *spelling = alert_kind_to_string(kind);

                assert_string_not_equal(wording_alert(spelling), spelling);
        }
}

static void no_kind_is_offered_that_the_service_does_not_know(void **state) {
        unsigned n = 0;

        (void) state;
        for (const char *const *kind = wording_alert_kinds(); *kind; kind++, n++)
                assert_true(alert_kind_from_string(*kind) >= 0);
        assert_int_equal(n, _ALERT_KIND_MAX);
}

static void what_is_not_known_stays_as_it_is(void **state) {
        (void) state;
        assert_string_equal(wording_alert("from_the_future"), "from_the_future");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_kind_that_the_service_knows_has_words),
                cmocka_unit_test(no_kind_is_offered_that_the_service_does_not_know),
                cmocka_unit_test(what_is_not_known_stays_as_it_is),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
