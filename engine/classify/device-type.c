/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of device types and categories, from the tables in the header. */

#include "engine/classify/device-type.h"

#include <stddef.h>
#include <string.h>

#include "common/macro.h"

static const struct {
        const char *name;
        enum device_category category;
} types[_TYPE_MAX] = {
#define X(id, name, category) [TYPE_##id] = { name, CATEGORY_##category },
        DEVICE_TYPES(X)
#undef X
};

static const char *const categories[_CATEGORY_MAX] = {
#define X(id, name) [CATEGORY_##id] = name,
        DEVICE_CATEGORIES(X)
#undef X
};

const char *device_type_to_string(enum device_type type) {
        return type >= 0 && type < _TYPE_MAX ? types[type].name : NULL;
}

enum device_type device_type_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (*types[i].name == *s && strcmp(types[i].name, s) == 0)
                        return (enum device_type) i;
        return _TYPE_INVALID;
}

enum device_category device_type_category(enum device_type type) {
        return types[type].category;
}

const char *device_category_to_string(enum device_category category) {
        return category >= 0 && category < _CATEGORY_MAX ? categories[category] : NULL;
}
