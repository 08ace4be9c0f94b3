/* Keys that two threads read, one rule after the other: who is the last to read those of a rule releases them. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "matcher/keys.h"

struct key_holders {
    atomic_uint sets, of_rule[];
};

void key_set_share(struct key_set *k, struct key_set *other)
{
    struct key_holders *h = xmalloc(sizeof *h + k->n_rules * sizeof h->of_rule[0]);
    atomic_init(&h->sets, 2);
    for (unsigned r = 0; r < k->n_rules; r++)
        atomic_init(&h->of_rule[r], 2);
    k->holders = h;
    *other = *k;
    other->print = NULL;
    other->rule = xmalloc((k->n_rules + 1) * sizeof *other->rule);
    memcpy(other->rule, k->rule, k->n_rules * sizeof *other->rule);
}

void key_set_unshare(struct key_set *k, struct key_set *other)
{
    free(k->holders);
    free(other->rule);
    k->holders = NULL;
    *other = (struct key_set){0};
}

void key_set_give_back(struct key_set *k, unsigned rule)
{
    struct rule_keys *keys = &k->rule[rule];
    if (k->holders && keys->at && atomic_fetch_sub(&k->holders->of_rule[rule], 1) > 1)
        *keys = (struct rule_keys){0};
    rule_keys_deinit(keys);
}

void key_set_deinit(struct key_set *k)
{
    for (unsigned i = 0; i < k->n_rules; i++)
        key_set_give_back(k, i);
    if (k->holders && atomic_fetch_sub(&k->holders->sets, 1) == 1)
        free(k->holders);
    free(k->rule);
    key_set_forget_prints(k);
    *k = (struct key_set){0};
}
