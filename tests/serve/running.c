#include "running.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static const char CONFIG[] =
    "{\"sources\":[{\"name\":\"crm\",\"path\":\"crm.csv\",\"record_id\":\"id\",\"fields\":{\"given_name\":\"first\","
    "\"family_name\":\"last\",\"birth_date\":\"born\",\"email\":\"mail\",\"city\":\"town\"}},"
    "{\"name\":\"billing\",\"path\":\"billing.csv\",\"record_id\":\"id\",\"fields\":{\"full_name\":\"name\","
    "\"birth_date\":\"born\",\"email\":\"mail\"}}]}";
static const char CRM[] = "id,first,last,born,mail,town\n"
                          "1,Ann,Archer,1970-01-02,ann.archer@example.org,Graz\n"
                          "2,Bela,Bartos,1981-03-04,bela@example.com,Brno\n"
                          "3,Cleo,Czerny,1992-05-06,cleo.cz@example.net,Wien\n"
                          "4,Dora,Dunkel,1963-07-08,dora@example.org,Linz\n"
                          "5,Emil,Eder,1954-09-10,emil.eder@example.com,Graz\n";
static const char BILLING[] = "id,name,born,mail\n"
                              "b1,Ann Archer,1970-01-02,ann.archer@example.org\n"
                              "b2,Bela Bartos,1981-03-04,bela@example.com\n"
                              "b9,Fritz Fuchs,1945-11-12,fritz@example.net\n";

static void S_must(enum idem_status status, const struct idem_error *err)
{
    if (status == IDEM_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    abort();
}

static void S_write(const struct running *r, const char *name, const char *text)
{
    char path[160];
    struct idem_error err = {0};
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    S_must(file_write_new(path, str_from(text), 0600, &err), &err);
}

struct idem_session *running_session(const struct running *r, enum idem_open_mode mode)
{
    const struct idem_open_options options = {
        .config_path = r->config, .db_path = r->db, .mode = mode, .wait_ms = 5000};
    struct idem_error err = {0};
    struct idem_session *s;
    S_must(idem_open(&options, &s, &err), &err);
    return s;
}

void running_make(struct running *r)
{
    const struct idem_apply_options options = {.threads = 1};
    struct idem_error err = {0};
    char *json = NULL;
    *r = (struct running){.pid = -1};
    strcpy(r->folder, "/tmp/idem_serve_XXXXXX");
    if (!mkdtemp(r->folder))
        abort();
    snprintf(r->config, sizeof r->config, "%s/idem.json", r->folder);
    snprintf(r->db, sizeof r->db, "%s/idem.db", r->folder);
    S_write(r, "idem.json", CONFIG);
    S_write(r, "crm.csv", CRM);
    S_write(r, "billing.csv", BILLING);
    struct idem_session *s = running_session(r, IDEM_WRITE);
    S_must(idem_apply(s, &options, &json, &err), &err);
    idem_free(json);
    idem_close(s);
}

struct started {
    int pipe;
};

static void S_ready(void *context, const char *url)
{
    const struct started *started = context;
    if (write(started->pipe, url, strlen(url)) < 0)
        abort();
    close(started->pipe);
}

static void S_child(const struct running *r, const struct serve_options *options, int pipe)
{
    struct started started = {pipe};
    struct serve_options o = options ? *options : (struct serve_options){.threads = 2};
    struct idem_error err = {0};
    o.open = (struct idem_open_options){.config_path = r->config, .db_path = r->db};
    o.listen = o.listen ? o.listen : "127.0.0.1:0";
    o.ready = S_ready;
    o.context = &started;
    enum idem_status status = serve_run(&o, &err);
    if (status != IDEM_OK)
        fprintf(stderr, "%s\n", err.message);
    exit(status == IDEM_OK ? 0 : 1); /* exit, so that leaks are found */
}

void running_start(struct running *r, const struct serve_options *options)
{
    char url[96] = "";
    int ends[2];
    if (pipe(ends) != 0)
        abort();
    r->pid = fork();
    if (r->pid == 0) {
        close(ends[0]);
        S_child(r, options, ends[1]);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], url, sizeof url - 1);
    close(ends[0]);
    const char *colon = n > 0 ? strrchr(url, ':') : NULL;
    r->port = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
}

int running_stop(struct running *r)
{
    int status = 0;
    if (r->pid <= 0)
        return 0;
    kill(r->pid, SIGTERM);
    waitpid(r->pid, &status, 0);
    r->pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int S_unlink(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st, (void)kind, (void)place;
    return remove(path);
}

void running_remove(struct running *r)
{
    nftw(r->folder, S_unlink, 16, FTW_DEPTH | FTW_PHYS);
}
