#include "history_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"

#define CONFIG                                                                                                         \
    "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','fields':{'full_name':'name','email':'email',"        \
    "'national_id':'nid','city':'town'}}],'matching':{'rules':[{'when':['national_id'],'then':'same'}],"               \
    "'thresholds':{'match':200}},'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false},"             \
    "'privacy':{'at_rest':'%s'}}"

unsigned history_world_random(struct world *x, unsigned below)
{
    x->random = x->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(x->random >> 33) % below;
}

void history_world_write(struct world *x)
{
    struct buf text = {0};
    buf_printf(&text, "id,name,email,nid,town\n");
    for (unsigned i = 0; i < PEOPLE; i++)
        if (x->person[i].here)
            buf_printf(&text, "%u,Person Number%u,mail%u@a.example,N%u,Town%u\n", i, i, x->person[i].mail,
                       x->person[i].number, x->person[i].town);
    workshop_write(x->w, "crm.csv", buf_cstr(&text));
    buf_deinit(&text);
}

void history_world_change(struct world *x)
{
    for (unsigned n = 1 + history_world_random(x, 5); n; n--) {
        struct person *p = &x->person[history_world_random(x, PEOPLE)];
        switch (history_world_random(x, 4)) {
        case 0:
            p->here = !p->here;
            break;
        case 1:
            p->mail = history_world_random(x, 40);
            break;
        case 2:
            p->town = history_world_random(x, 3);
            break;
        default:
            p->number = history_world_random(x, NUMBERS);
        }
    }
    x->person[0].here = true;
    history_world_write(x);
}

void history_world_begin(struct world *x, struct workshop *w, uint64_t seed, const char *at_rest)
{
    char config[1000];
    *x = (struct world){.w = w, .random = seed * 77 + 1, .crosswalk = json_object(), .golden = json_object()};
    snprintf(config, sizeof config, CONFIG, at_rest);
    workshop_config(w, config);
    for (unsigned i = 0; i < PEOPLE; i++)
        x->person[i] = (struct person){history_world_random(x, 4) != 0, history_world_random(x, NUMBERS),
                                       history_world_random(x, 40), history_world_random(x, 3)};
    history_world_change(x);
}

void history_world_end(struct world *x)
{
    for (size_t i = 0; i < x->n_known; i++) {
        json_decref(x->known[i].crosswalk);
        json_decref(x->known[i].golden);
    }
    json_decref(x->crosswalk);
    json_decref(x->golden);
    unlink(workshop_path(x->w, "idem.db"));
    unlink(workshop_path(x->w, "idem.db-wal"));
    unlink(workshop_path(x->w, "idem.db-shm"));
}
