/* Signing in and out. */
#include "board/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"

/* A sign-in whose password is being checked. */
struct attempt {
    struct http_exchange *exchange;
    char name[NAME_SIZE];
    char address[HTTP_PEER_SIZE];
};

static void refuse(struct board *board, struct http_exchange *exchange, int status,
                   const char *text, int retry_after_s)
{
    board->metrics[METRIC_LOGINS_FAILED].value++;
    api_error(exchange, status, text, retry_after_s);
}

static bool take_body(struct http_exchange *exchange, struct job *job, char name[NAME_SIZE])
{
    struct json_doc *doc = NULL;
    if (json_parse(http_body(exchange), &doc, NULL) < 0)
        return false;
    char composed[PASSWORD_MAX + 1];
    struct str given = json_text(json_get(json_root(doc), "name"));
    struct str password = json_text(json_get(json_root(doc), "password"));
    bool good = given.len > 0 && given.len < NAME_SIZE && password.len > 0 &&
                text_nfc(password, composed, PASSWORD_MAX, &password);
    if (good) {
        for (size_t i = 0; i < given.len; i++)
            name[i] = (char)(given.data[i] >= 'A' && given.data[i] <= 'Z' ? given.data[i] + 32
                                                                          : given.data[i]);
        name[given.len] = '\0';
        job->password_len = password.len < PASSWORD_MAX ? password.len : PASSWORD_MAX;
        memcpy(job->password, password.data, job->password_len);
    }
    explicit_bzero(composed, sizeof composed);
    json_doc_free(doc);
    return good;
}

/* 0 = the job is on its way with the attempt in its context. */
static int submit(struct board *board, struct job *job, const struct attempt *attempt,
                  struct error *err)
{
    struct attempt *kept = malloc(sizeof *kept);
    int r = kept ? access_password(board->pg, str_of(attempt->name), job->hash, err)
                 : error_set(err, ERR_NOMEM, "out of memory");
    if (r == 0) {
        *kept = *attempt;
        job->kind = JOB_VERIFY;
        job->context = kept;
        if (!worker_submit(board->worker, job))
            r = error_set(err, ERR_UNAVAILABLE, "too many sign-ins at once");
    }
    if (r < 0)
        free(kept);
    return r;
}

void api_login(struct board *board, struct http_exchange *exchange)
{
    struct error err;
    struct attempt attempt = {.exchange = exchange};
    struct job *job = calloc(1, sizeof *job);
    int wait_s = 0;
    access_address(board->access, exchange, attempt.address);
    if (!job || !board->pg)
        api_failed(board, exchange, ERR_UNAVAILABLE, NULL);
    else if (!access_same_origin(exchange, ""))
        refuse(board, exchange, 403, "Yêu cầu không đến từ trang này (X-CSRF-Token)", 0);
    else if (!take_body(exchange, job, attempt.name))
        refuse(board, exchange, 400, "Cần {\"name\": …, \"password\": …}", 0);
    else if ((wait_s = access_wait_s(board->access, str_of(attempt.name), attempt.address)) > 0)
        refuse(board, exchange, 429, "Sai nhiều lần; hãy chờ rồi thử lại", wait_s);
    else if (submit(board, job, &attempt, &err) < 0)
        api_error(exchange, 503, "Máy chủ đang bận; hãy thử lại", 2);
    else
        return;
    job_free(job);
}

static void open_session(struct board *board, const struct attempt *attempt)
{
    struct error err;
    char token[2 * TOKEN_SIZE + 1];
    char cookie[160];
    struct http_exchange *exchange = attempt->exchange;
    int r =
        access_open(board->access, board->pg, str_of(attempt->name), attempt->address, token, &err);
    if (r == 0)
        r = access_audit(board->pg, attempt->name, attempt->address, "login", "", &err);
    if (r != 0) {
        api_failed(board, exchange, r, &err);
        return;
    }
    snprintf(cookie, sizeof cookie, SESSION_COOKIE "=%s; Path=/; HttpOnly; Secure; SameSite=Strict",
             token);
    http_set_header(exchange, "Set-Cookie", cookie);
    http_set_header(exchange, "Cache-Control", "no-store");
    http_answer(exchange, 200, "application/json", STR("{\"signed_in\":true}\n"), 0);
}

void api_verified(struct board *board, struct job *job)
{
    struct attempt *attempt = job->context;
    char quoted[128];
    if (!board->pg) {
        api_failed(board, attempt->exchange, ERR_UNAVAILABLE, NULL);
    } else if (job->right) {
        open_session(board, attempt);
    } else {
        access_failed(board->access, str_of(attempt->name), attempt->address);
        access_audit(board->pg, attempt->name, attempt->address, "login_failed", "", NULL);
        log_warn("login_failed", "address=%s name=\"%s\"", attempt->address,
                 log_quote(attempt->name, quoted, sizeof quoted));
        refuse(board, attempt->exchange, 403, "Tên hoặc mật khẩu không đúng", 0);
    }
    free(attempt);
    job_free(job);
}

void api_logout(struct board *board, struct http_exchange *exchange,
                const struct identity *identity)
{
    struct error err;
    char address[HTTP_PEER_SIZE];
    if (!board->pg) {
        api_failed(board, exchange, ERR_UNAVAILABLE, NULL);
        return;
    }
    int r = access_close(board->access, board->pg, identity, &err);
    if (r == 0)
        r = access_audit(board->pg, identity->name,
                         access_address(board->access, exchange, address), "logout", "", &err);
    if (r < 0) {
        api_failed(board, exchange, r, &err);
        return;
    }
    http_set_header(exchange, "Set-Cookie",
                    SESSION_COOKIE "=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0");
    http_answer(exchange, 200, "application/json", STR("{\"signed_in\":false}\n"), 0);
}
