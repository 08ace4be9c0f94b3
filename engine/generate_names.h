/*
 * Inside engine/: the words that synthetic customers are made of: names by culture, towns, streets and telephone plans
 * by country. Everything is constant data of our own writing; a name in it is as common as names are, a number or
 * mailbox made from it belongs to nobody on purpose (mailboxes end in .example, RFC 2606).
 */
#ifndef IDEM_ENGINE_GENERATE_NAMES_H
#define IDEM_ENGINE_GENERATE_NAMES_H

#include "base/str.h"

struct gen_list {
    const char *const *at; /* the commonest first */
    unsigned n;
};

/*
 * A name is written  Name|Ascii~Short~Shorter : as its bearer writes it, as a system without accents does (left out
 * where it is the same), and what friends say.
 */
struct gen_culture {
    struct gen_list given[2];       /* women, men; ASCII */
    struct gen_list given_other[2]; /* not ASCII */
    struct gen_list family, family_other;
    struct gen_list stem, link, ending; /* rarer surnames: stem + link + ending; the first link is empty */
};

enum gen_street_style {
    STREET_JOINED,      /* Hauptstraße 12 */
    STREET_NUMBER_NAME, /* 12 High Street */
    STREET_NUMBER_TYPE, /* 12 rue Pasteur */
    STREET_TYPE_COMMA,  /* Calle Mayor, 12 */
    STREET_TYPE_NAME    /* ul. Polna 12 */
};
enum gen_zip_style { ZIP_DIGITS, ZIP_GB, ZIP_NL, ZIP_PL };

struct gen_country {
    const char *code, *name, *dial, *trunk; /* "DE", "Germany", "49", "0" */
    unsigned weight;                        /* of 100 households */
    unsigned culture;
    enum gen_street_style street_style;
    enum gen_zip_style zip_style;
    unsigned zip_digits;
    struct gen_list town;        /* Name|beginning of the postcode|area code */
    struct gen_list street;      /* names */
    struct gen_list street_type; /* long|short */
    struct gen_list mobile;      /* beginnings of national numbers */
    unsigned mobile_rest;        /* digits behind those */
    unsigned landline_digits;    /* of the national number */
};

enum { GEN_CULTURES = 6, GEN_COUNTRIES = 9 };
extern const struct gen_culture gen_cultures[GEN_CULTURES];
extern const struct gen_country gen_countries[GEN_COUNTRIES];
extern const struct gen_list gen_mail_domains;

/* Takes the name, its ASCII form and the rest ("Short~Shorter", or empty) out of an entry. */
void gen_name_parts(const char *entry, struct str *name, struct str *ascii, struct str *familiar);

#endif
