/*
 * An HTTP request from a text file, for chat and SMS services of every kind (deploy/templates has one for Zalo ZNS):
 *
 *   # success: error = 0                  how the answer says that it went well; without this line any status 2xx does
 *   # token_expired: error = -216         how it says that the token must be refreshed
 *   POST https://business.openapi.zalo.me/message/template
 *   Content-Type: application/json
 *   access_token: {{token}}
 *
 *   {"phone": "{{address}}", "template_data": {"don_vi": "{{unit}}", "so_moi": "{{new}}"}}
 *
 * {{NAME}} is a member of the values (message_values), and what the token gives. In the body it is written as inside a JSON string, or
 * percent-encoded where Content-Type is application/x-www-form-urlencoded; elsewhere as it is, without control characters.
 */
#ifndef HOSO_ALERTER_TEMPLATE_H
#define HOSO_ALERTER_TEMPLATE_H

#include "http/transfer.h"
#include "json/json.h"

struct template;

/* ERR_INPUT: the file cannot be read, or a line of it cannot be; the text names both. */
int template_load(const char *path, struct template **ret, struct error *err);
struct template *template_free(struct template *template); /* NULL is fine; returns NULL */

/* A request with everything filled in; released by template_request_free. */
struct template_request {
    struct transfer_http http;
    char *parts[40];
    const char *headers[33];
};
/*
 * Each {{NAME}} is looked for in the objects one after the other (NULL ones are skipped); ERR_INPUT names one that none of them has.
 * ERR_NOMEM.
 */
int template_fill(const struct template *template, const struct json *const *values, size_t count,
                  struct template_request **ret, struct error *err);
struct template_request *template_request_free(struct template_request *request);

enum template_answer { ANSWER_GOOD, ANSWER_BAD, ANSWER_TOKEN_EXPIRED };
enum template_answer template_judge(const struct template *template, int status, struct str body);

/*
 * A token that must be refreshed now and then, each time with a refresh token that counts once. File: JSON {"token",
 * "refresh_token", …other values of the refresh template}. A refreshed pair is written to a new file, which takes the old one's place
 * (fsync, rename, fsync of the folder) before it is used: a crash leaves the old or the new pair, whole.
 */
struct token;
/* ERR_INPUT: a file cannot be read or is not such JSON. */
int token_open(const char *template_path, const char *path, struct token **ret, struct error *err);
struct token *token_free(struct token *token); /* NULL is fine; returns NULL */
const struct json *token_values(const struct token *token);
const struct template *token_template(const struct token *token);
/* The answer to a refresh: {"access_token", "refresh_token"}. 0 = kept; ERR_INPUT: not that; ERR_FAILED: could not be written. */
int token_take(struct token *token, struct str answer, struct error *err);

#endif
