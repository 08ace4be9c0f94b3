#include "cli/units.h"

#include <math.h>
#include <stdio.h>

struct unit {
    const char *name;
    double factor;
};

static const struct unit DURATIONS[] = {{"ms", 1},    {"s", 1e3},    {"m", 6e4}, {"min", 6e4},
                                        {"h", 3.6e6}, {"d", 8.64e7}, {"", 1e3}};
static const struct unit SIZES[] = {{"", 1},        {"B", 1},          {"K", 1024},
                                    {"M", 1048576}, {"G", 1073741824}, {"T", 1099511627776}};

/* Splits "1.5h" into number and unit. */
static bool S_number(struct str text, double *number, struct str *unit)
{
    size_t n = 0;
    while (n < text.len && ((text.ptr[n] >= '0' && text.ptr[n] <= '9') || text.ptr[n] == '.'))
        n++;
    *unit = str_trim(str_sub(text, n, text.len));
    return n > 0 && str_to_double(str_sub(text, 0, n), number);
}

static bool S_scaled(const struct unit *table, size_t n, struct str unit, double number, uint64_t *value)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(str_from(table[i].name), unit)) {
            double scaled = number * table[i].factor;
            *value = scaled < 9e18 ? (uint64_t)(scaled + 0.5) : 0;
            return scaled < 9e18;
        }
    return false;
}

bool units_duration(struct str text, uint64_t *ms)
{
    double number;
    struct str unit;
    return S_number(text, &number, &unit) && S_scaled(DURATIONS, COUNT_OF(DURATIONS), unit, number, ms);
}

bool units_bytes(struct str text, uint64_t *bytes)
{
    double number;
    struct str unit;
    if (!S_number(text, &number, &unit))
        return false;
    if (unit.len > 2 && str_ends(unit, STR("iB")))
        unit.len -= 2;
    else if (unit.len == 2 && str_ends(unit, STR("B")))
        unit.len--;
    return S_scaled(SIZES, COUNT_OF(SIZES), unit, number, bytes);
}

struct str units_count(struct arena *out, int64_t n)
{
    char digits[24], text[32];
    uint64_t magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)magnitude), at = 0;
    if (n < 0)
        text[at++] = '-';
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    return str_copy(out, (struct str){text, (size_t)at});
}

struct str units_seconds(struct arena *out, double seconds)
{
    if (seconds < 0.0995)
        return arena_printf(out, "%.0f ms", seconds * 1e3);
    if (seconds < 59.95)
        return arena_printf(out, seconds < 9.95 ? "%.1f s" : "%.0f s", seconds);
    unsigned long long s = (unsigned long long)(seconds + 0.5);
    if (s < 3600)
        return arena_printf(out, "%llu min %llu s", s / 60, s % 60);
    return arena_printf(out, "%llu h %llu min", s / 3600, s / 60 % 60);
}

struct str units_size(struct arena *out, double bytes)
{
    static const char *const NAMES[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    unsigned i = 0;
    while (bytes >= 1024 && i + 1 < COUNT_OF(NAMES)) {
        bytes /= 1024;
        i++;
    }
    return arena_printf(out, i ? "%.1f %s" : "%.0f %s", bytes, NAMES[i]);
}

struct str units_share(struct arena *out, double share)
{
    return arena_printf(out, "%.1f %%", share * 100);
}
