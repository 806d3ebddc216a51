#include "ingest/poll_open.h"

#include <stdio.h>
#include <string.h>

int poll_open_fetch(const struct config *config, const char *name, struct netlist *allowed,
                    struct fetch **ret, struct error *err)
{
    char credential[600];
    const char *url = config_text(config, "source", name, "url");
    const char *secret = config_text(config, "source", name, "credential");
    int len = snprintf(credential, sizeof credential, "Authorization: Bearer %s", secret);
    if (len >= (int)sizeof credential || strpbrk(secret, "\r\n"))
        return error_set(err, ERR_INPUT, "credential: one line of at most 500 characters");
    const char *const headers[] = {"Accept: application/json", *secret ? credential : NULL, NULL};
    const struct fetch_settings settings = {
        .timeout_ms = config_duration_ms(config, "source", name, "timeout"),
        .body_max = (size_t)config_integer(config, "source", name, "answer_max"),
        .ca_file = config_text(config, "source", name, "ca_file"),
        .allowed = allowed,
        .plain_allowed = config_bool(config, "source", name, "plain_http"),
        .headers = headers,
    };
    int r = netlist_parse(config_text(config, "source", name, "allow_networks"), allowed, err);
    if (r < 0)
        return error_prefix(err, r, "allow_networks");
    bool https = strncmp(url, "https://", 8) == 0;
    if (!https && !(settings.plain_allowed && strncmp(url, "http://", 7) == 0))
        return error_set(err, ERR_INPUT,
                         "url must begin with https:// (plain_http = yes allows "
                         "http:// inside a network of your own)");
    return fetch_new(&settings, ret, err);
}
