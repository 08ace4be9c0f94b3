/* Sets that hold no keys: of a rule they are made when its turn comes, of two rows when they are asked for. */
#include <stdlib.h>

#include "matcher/keys.h"

void key_set_init_slim(struct key_set *k, const struct model *m, const struct batch *b)
{
    *k = (struct key_set){.rule = xcalloc(m->n_rules + 1, sizeof *k->rule),
                          .n_rules = m->n_rules,
                          .n_rows = b->n_rows,
                          .slim = m,
                          .batch = b};
}

void key_set_slim(struct key_set *k, const struct model *m, const struct batch *b)
{
    for (unsigned r = 0; r < k->n_rules; r++)
        rule_keys_deinit(&k->rule[r]);
    k->slim = m;
    k->batch = b;
}

const struct rule_keys *key_set_rule(const struct key_set *k, unsigned rule, struct rule_keys *room)
{
    *room = (struct rule_keys){0};
    if (!k->slim)
        return &k->rule[rule];
    rule_keys_init(room, k->slim, &k->slim->rule[rule], k->batch, true);
    return room;
}

unsigned key_set_row(const struct key_set *k, unsigned rule, uint32_t row, uint64_t room[MOST_KEYS_OF_RECORD],
                     const uint64_t **key)
{
    const struct rule_keys *held = &k->rule[rule];
    *key = room;
    if (k->slim)
        return rule_keys_of_row(k->slim, &k->slim->rule[rule], k->batch, row, true, room);
    *key = held->key + held->at[row];
    return held->at[row + 1] - held->at[row];
}

uint64_t key_set_shared(const struct key_set *k, unsigned rule, uint32_t a, uint32_t b)
{
    uint64_t room_a[MOST_KEYS_OF_RECORD], room_b[MOST_KEYS_OF_RECORD];
    const uint64_t *x, *y;
    unsigned n_x = key_set_row(k, rule, a, room_a, &x), n_y = key_set_row(k, rule, b, room_b, &y);
    for (unsigned i = 0, j = 0; i < n_x && j < n_y;) {
        if (x[i] == y[j])
            return x[i];
        if (x[i] < y[j])
            i++;
        else
            j++;
    }
    return 0;
}
