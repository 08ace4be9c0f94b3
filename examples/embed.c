/*
 * A program that embeds idem: looks up the master of one record, shows it, and compares two values.
 *
 *   cc -o embed embed.c $(pkg-config --cflags --libs idem)
 *   ./embed idem.db crm C-1001
 */
#include <idem.h>
#include <stdio.h>
#include <string.h>

static int failed(const char *what, const struct idem_error *err)
{
    fprintf(stderr, "%s: %s (%s)\n", what, err->message, idem_status_name(err->status));
    return 1;
}

static struct idem_str text(const char *s)
{
    return (struct idem_str){s, strlen(s)};
}

static int look_up(const char *db, const char *source, const char *record_id)
{
    struct idem_open_options options = {.db_path = db, .mode = IDEM_READ, .masked = true};
    struct idem_session *session;
    struct idem_error err;
    char master_id[37], *json;

    if (idem_open(&options, &session, &err) != IDEM_OK)
        return failed("open", &err);
    enum idem_status status = idem_lookup(session, text(source), text(record_id), master_id, &err);
    if (status == IDEM_OK) {
        printf("%s:%s is %s\n", source, record_id, master_id);
        status = idem_show(session, master_id, &json, &err);
    }
    if (status == IDEM_OK) {
        printf("%s\n", json);
        idem_free(json);
    }
    idem_close(session);
    return status == IDEM_OK ? 0 : failed("look up", &err);
}

static int compare(void)
{
    struct idem_model *model;
    struct idem_error err;
    char *json;

    if (idem_model_open("GB", &model, &err) != IDEM_OK)
        return failed("model", &err);
    enum idem_status status =
        idem_compare(model, "email", text("Ann@Example.org"), text("ann@example.org"), &json, &err);
    if (status == IDEM_OK) {
        printf("%s\n", json);
        idem_free(json);
    }
    idem_model_close(model);
    return status == IDEM_OK ? 0 : failed("compare", &err);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: embed DATABASE SOURCE RECORD_ID\n");
        return 2;
    }
    printf("idem %s\n", idem_version());
    if (strcmp(idem_version(), IDEM_VERSION) != 0)
        fprintf(stderr, "built with the header of %s\n", IDEM_VERSION);
    return look_up(argv[1], argv[2], argv[3]) || compare();
}
