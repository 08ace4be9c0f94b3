/* Four customers of two sources, of whom one is to be erased; and how that is asked for and looked at. */
#ifndef TESTS_ERASE_SHOP_H
#define TESTS_ERASE_SHOP_H

#include "base/json.h"
#include "workshop.h"

/* billing:1 and support:1 agree with crm:1; the link between billing:2 and crm:2 is a record's only. */
#define CONFIG(privacy)                                                                                                \
    "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','fields':{'given_name':'given','family_name':"        \
    "'family','birth_date':'born','email':'email','phone':'phone','national_id':'nid','city':'town'}},"                \
    "{'name':'billing','path':'billing.csv','record_id':'id','fields':{'given_name':'given','family_name':'family',"   \
    "'birth_date':'born','email':'email','phone':'phone','national_id':'nid','city':'town'}}],"                        \
    "'matching':{'rules':[{'when':['national_id'],'then':'same'}],'thresholds':{'match':200}},"                        \
    "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false},'privacy':{" privacy "}}"
#define SEALED "'at_rest':'sealed','record_ids':{'billing':'token'}"

/* A workshop after its first run. */
void erase_shop_open(struct workshop *w, const char *config);
/* Erases; the caller releases *result, NULL where nothing was told. w->err: why not. */
enum idem_status erase_shop_try(struct workshop *w, const char *key, const struct idem_erase_options *options,
                                json_t **result);
/* The same where it must not fail. */
json_t *erase_shop_erase(struct workshop *w, const char *key);
/* Fails the test unless the member is this text. */
void erase_shop_expect(const json_t *result, const char *key, const char *expected);
/* First number that a query of the database gives; -1: none. */
int64_t erase_shop_number(struct workshop *w, const char *query);
/* How often the bytes stand in a file of the workshop; 0 where there is no such file. */
unsigned erase_shop_count_in(struct workshop *w, const char *name, struct str needle);

#endif
