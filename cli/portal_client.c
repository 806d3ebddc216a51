#include "portal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "commands.h"

enum { TIMEOUT_MS = 60000, GIVE_UP_MS = 120000, SURPRISES_SHOWN = 10, LOGINS_MAX = 3 };

static int connect_to(struct portal *portal, const char *token, struct error *err)
{
    char header[600];
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    const char *const headers[] = {*token ? header : NULL, NULL};
    portal->client = http_client_free(portal->client);
    return http_client_new(portal->url, headers, TIMEOUT_MS, &portal->client, err);
}

/* The text member `name` of an answer, into out. */
static bool read_member(struct str body, const char *name, char *out, size_t size)
{
    struct json_doc *doc = NULL;
    if (json_parse(body, &doc, NULL) != 0)
        return false;
    struct str text = json_text(json_get(json_root(doc), name));
    bool fits = text.len > 0 && text.len < size;
    if (fits)
        snprintf(out, size, "%.*s", STR_ARG(text));
    json_doc_free(doc);
    return fits;
}

int portal_login(struct portal *portal, struct error *err)
{
    struct http_reply reply;
    struct json_out *out = json_out_new();
    if (!out)
        return error_set(err, ERR_NOMEM, "out of memory");
    json_begin_object(out, NULL);
    json_put_text(out, portal->b ? "client_id" : "username", str_of(portal->user));
    json_put_text(out, portal->b ? "client_secret" : "password", str_of(portal->key));
    json_end_object(out);
    int r = connect_to(portal, "", err);
    if (r == 0)
        r = http_client_post(portal->client, portal->b ? "/api/v2/GetToken" : "/api/v1/login",
                             json_out_text(out), &reply, err);
    json_out_free(out);
    if (r < 0)
        return r;
    if (reply.status != 200 || !read_member(reply.body, portal->b ? "access_token" : "session",
                                            portal->session, sizeof portal->session))
        return error_set(err, ERR_INPUT, "log-in answered %d", reply.status);
    return portal->b ? connect_to(portal, portal->session, err) : 0;
}

/* {"accepted":N,"refused":[…]} */
static void count_rows(struct portal *portal, struct str body)
{
    struct json_doc *doc = NULL;
    int64_t accepted = 0;
    if (json_parse(body, &doc, NULL) != 0)
        return;
    if (json_to_integer(json_get(json_root(doc), "accepted"), &accepted))
        portal->accepted += accepted;
    portal->refused += (int64_t)json_size(json_get(json_root(doc), "refused"));
    json_doc_free(doc);
}

static void surprise(struct portal *portal, const char *path, int want,
                     const struct http_reply *reply)
{
    if (portal->surprises++ < SURPRISES_SHOWN)
        fprintf(
            stderr,
            cli_text("%s%s trả lời %d, không phải %d: %.*s\n", "%s%s answered %d, not %d: %.*s\n"),
            portal->terminal ? "\n" : "", path, reply->status, want,
            (int)(reply->body.len < 200 ? reply->body.len : 200), reply->body.data);
}

/* Generation A carries its session in the body. */
static struct str with_session(struct portal *portal, struct str body, char **ret)
{
    size_t size = body.len + strlen(portal->session) + 32;
    *ret = portal->b || body.len == 0 || body.data[0] != '{' ? NULL : malloc(size);
    if (!*ret)
        return body;
    int len = snprintf(*ret, size, "{\"session\":\"%s\",%.*s", portal->session, (int)body.len - 1,
                       body.data + 1);
    return (struct str){*ret, (size_t)len};
}

static int post_once(struct portal *portal, const char *path, struct str body,
                     struct http_reply *reply, struct error *err)
{
    char *copy;
    struct str full = with_session(portal, body, &copy);
    int r = http_client_post(portal->client, path, full, reply, err);
    free(copy);
    portal->requests++;
    return r;
}

static bool is_later(const struct portal *portal, int status)
{
    return status == 503 || status == 429 || (portal->b && status == 502);
}

int portal_exchange(struct portal *portal, const char *path, struct str body, int want_status,
                    struct error *err)
{
    struct mono began = mono_now();
    struct http_reply reply = {0};
    int logins = 0;
    for (;;) {
        int r = post_once(portal, path, body, &reply, err);
        if (r == 0 && reply.status == 401 && ++logins <= LOGINS_MAX) {
            r = portal_login(portal, err);
            if (r < 0)
                return r;
            continue;
        }
        if (r == 0 && !is_later(portal, reply.status))
            break;
        if ((r < 0 && r != ERR_UNAVAILABLE) || mono_diff_ms(began, mono_now()) > GIVE_UP_MS)
            return r < 0 ? r
                         : error_set(err, ERR_UNAVAILABLE, "answered %d for two minutes",
                                     reply.status);
        portal->repeated++;
        int wait_s = r == 0 && reply.retry_after_s > 0 ? reply.retry_after_s : 1;
        nanosleep(&(struct timespec){.tv_sec = wait_s}, NULL);
    }
    count_rows(portal, reply.body);
    if (reply.status != (want_status ? want_status : 200))
        surprise(portal, path, want_status ? want_status : 200, &reply);
    return 0;
}

bool portal_summary(const struct portal *portal)
{
    int64_t ms = mono_diff_ms(portal->began, mono_now());
    fprintf(stderr,
            cli_text("%" PRId64 " lượt gửi, %" PRId64 " dòng được nhận, %" PRId64
                     " bị từ chối, %" PRId64 " lỗi cố ý, %" PRId64 " lần gửi lại, %" PRId64
                     " trả lời bất ngờ; %" PRId64 " dòng/giây\n",
                     "%" PRId64 " requests, %" PRId64 " rows accepted, %" PRId64
                     " refused, %" PRId64 " faults played, %" PRId64 " times sent again, %" PRId64
                     " surprises; %" PRId64 " rows/s\n"),
            portal->requests, portal->accepted, portal->refused, portal->faults_played,
            portal->repeated, portal->surprises,
            ms > 0 ? (portal->accepted + portal->refused) * 1000 / ms : 0);
    return portal->surprises == 0;
}
