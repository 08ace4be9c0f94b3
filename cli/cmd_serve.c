#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "serve/serve.h"

struct options {
    const char *listen, *certificate, *key;
    bool behind_proxy, tokens, log;
    uint64_t connections, timeout_ms, body, rate;
};

static void S_ready(void *context, const char *url)
{
    const struct cli *c = context;
    if (c->common.json)
        fprintf(stderr, "{\"listening\":{\"url\":\"%s\",\"pid\":%ld}}\n", url, (long)getpid());
    else if (!c->common.quiet)
        fprintf(stderr, "listening on %s\n", url);
}

static void S_log(void *context, const char *json)
{
    (void)context;
    fprintf(stderr, "%s\n", json);
}

static unsigned S_unsigned(uint64_t n)
{
    return n > 1000000 ? 1000000 : (unsigned)n;
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct options *o = c->options;
    struct serve_options options = {.listen = o->listen,
                                    .tls_certificate = o->certificate,
                                    .tls_key = o->key,
                                    .behind_proxy = o->behind_proxy,
                                    .tokens = o->tokens,
                                    .threads = S_unsigned(c->common.threads),
                                    .connections = S_unsigned(o->connections),
                                    .timeout_s = S_unsigned((o->timeout_ms + 999) / 1000),
                                    .body_bytes = o->body,
                                    .rate = o->rate,
                                    .ready = S_ready,
                                    .log = o->log ? S_log : NULL,
                                    .context = c};
    TRY(connect_options(c, CONFIG_NEEDED, &options.open, err));
    return serve_run(&options, err);
}

#define AT(member) offsetof(struct options, member)
static const struct option_row OPTIONS[] = {
    {"listen", 'l', "ADDRESS", "address and port (default: 127.0.0.1:8480; port 0: any free one)", OPTION_TEXT,
     AT(listen)},
    {"tls-cert", 0, "FILE", "certificate chain, PEM", OPTION_TEXT, AT(certificate)},
    {"tls-key", 0, "FILE", "its key, PEM", OPTION_TEXT, AT(key)},
    {"behind-proxy", 0, NULL, "a proxy in front does TLS: answer other machines without it", OPTION_FLAG,
     AT(behind_proxy)},
    {"tokens", 0, NULL, "ask for a token even while there is none", OPTION_FLAG, AT(tokens)},
    {"connections", 0, "N", "at most so many at once (default: 1000)", OPTION_NUMBER, AT(connections)},
    {"timeout", 0, "TIME", "for a connection that is idle or slow (default: 15s)", OPTION_DURATION, AT(timeout_ms)},
    {"body", 0, "SIZE", "the largest body that is taken (default: 8M)", OPTION_BYTES, AT(body)},
    {"rate", 0, "N", "requests a second, of one token and of one address (default: any)", OPTION_NUMBER, AT(rate)},
    {"log", 0, NULL, "a JSON line on standard error for each request, without personal values", OPTION_FLAG, AT(log)},
};

static const struct example EXAMPLES[] = {
    {"idem serve", "on 127.0.0.1:8480, for this machine"},
    {"idem serve --listen 0.0.0.0:8480 --tls-cert idem.crt --tls-key idem.pem", "for others, who need tokens"},
};

const struct command cmd_serve = {
    .name = "serve",
    .summary = "answer over HTTP",
    .details =
        "Serves one database until SIGTERM or SIGINT; what was begun is answered then. SIGHUP reads the configuration "
        "anew, as does a change of its file. On loopback no token is needed until the first is made with idem token; "
        "any other address needs tokens, and TLS unless a proxy does it. GET /openapi.json describes what it answers.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
