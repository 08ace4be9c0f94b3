/* The fingerprint of a configuration: what decides matching and survivorship, whatever its layout. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "rules/config.h"

static void S_drop(json_t *object, const char *const *key, size_t n)
{
    for (size_t i = 0; i < n; i++)
        json_object_del(object, key[i]);
}

/* Where files lie and how they are written decides what is read, not how it is matched. */
static void S_drop_reading(json_t *source)
{
    static const char *const KEYS[] = {"path",      "files", "optional", "format",        "encoding",
                                       "delimiter", "quote", "header",   "most_expansion"};
    json_t *also;
    size_t i;
    S_drop(source, KEYS, COUNT_OF(KEYS));
    json_array_foreach(json_object_get(source, "also"), i, also) S_drop(also, KEYS, COUNT_OF(KEYS));
}

void config_hash(const struct config *c, char hex[17])
{
    static const char *const KEYS[] = {"$schema", "quality", "gates", "privacy"};
    json_t *root, *source;
    struct idem_error ignored;
    size_t i;
    uint64_t hash = 0;
    if (json_parse(c->text, "configuration", &root, &ignored) == IDEM_OK) {
        S_drop(root, KEYS, COUNT_OF(KEYS));
        json_array_foreach(json_object_get(root, "sources"), i, source) S_drop_reading(source);
        char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
        hash = hash_str(str_from(text));
        free(text);
        json_decref(root);
    }
    snprintf(hex, 17, "%016llx", (unsigned long long)hash);
}
