#include "matcher/forget.h"

#include "base/hash.h"
#include "matcher/frequency.h"
#include "matcher/score.h"

enum { LEAST = 2 }; /* as in frequency.c: what fewer records have is not listed */

static bool S_forget(struct frequency_table *t, uint64_t hash)
{
    uint32_t from = 0, to = t->n;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (t->hash[middle] < hash)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == t->n || t->hash[from] != hash)
        return false;
    if (--t->count[from] >= LEAST)
        return true;
    memmove(t->hash + from, t->hash + from + 1, (t->n - from - 1) * sizeof *t->hash);
    memmove(t->count + from, t->count + from + 1, (t->n - from - 1) * sizeof *t->count);
    t->n--;
    return true;
}

static bool S_forget_words(struct comparison *c, const struct norm *value)
{
    struct str rest = value->form[c->kind == CMP_MODEL_NUMBER ? NORM_BASE : NORM_TOKENS], word;
    bool changed = false;
    while (str_next_token(&rest, " ", &word))
        changed |= S_forget(&c->token, hash_str(word));
    return changed;
}

bool model_forget(struct model *m, unsigned field, const struct norm *value)
{
    bool changed = false;
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        struct comparison *c = &m->comparison[i];
        if (c->field != field)
            continue;
        struct str key = frequency_key(c->kind, value);
        if (key.len && c->tf_origin != ORIGIN_TABLE) /* a table that the user gave counts other people */
            changed |= S_forget(&c->tf, hash_str(key));
        changed |= S_forget_words(c, value);
    }
    return changed;
}
