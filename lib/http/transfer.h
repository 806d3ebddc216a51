/*
 * Messages out without waiting: HTTP requests and mail (SMTP) on libcurl's multi interface, driven from the caller's own loop. Certificates
 * are checked; redirects are not followed; only http, https, smtp and smtps are spoken. One thread.
 */
#ifndef HOSO_HTTP_TRANSFER_H
#define HOSO_HTTP_TRANSFER_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct transfers;

/* How a transfer ended. Texts are valid during the call only. */
struct transfer_outcome {
    bool
        answered; /* false: not reachable, broken off, not in time: the other side may have taken it */
    int status;          /* of HTTP, or the last reply of SMTP; 0 = none */
    struct str body;     /* of HTTP, at most TRANSFER_REPLY_MAX bytes */
    const char *why_not; /* where not answered, or mail that was refused; NULL = it went well */
};
enum { TRANSFER_REPLY_MAX = 65536 };
typedef void transfer_done(void *arg, void *opaque, const struct transfer_outcome *outcome);

/* done is called from transfers_run only. NULL when memory is short. */
struct transfers *transfers_new(transfer_done *done, void *arg);
/* Breaks off what is under way without telling. NULL is fine; returns NULL. */
struct transfers *transfers_free(struct transfers *transfers);

struct transfer_http {
    const char *method; /* "POST", "GET", … */
    const char *url;
    const char *const *headers; /* "Name: value", ended by NULL */
    struct str body;
};
enum transfer_tls { TRANSFER_TLS_REQUIRED, TRANSFER_TLS_IF_OFFERED, TRANSFER_TLS_OFF };
struct transfer_mail {
    const char *url; /* smtp://host:port, smtps://host:port */
    enum transfer_tls starttls;
    const char *ca_file; /* "" = the system's */
    const char *user;    /* "" = no login */
    const char *password;
    const char *from; /* bare addresses */
    const char *to;
    struct str message; /* headers and body, lines ended by CRLF */
};

/*
 * Begins. Everything given is copied. opaque comes back in done, exactly once unless transfers_free is first. ERR_INPUT: not such a URL;
 * ERR_NOMEM.
 */
int transfers_http(struct transfers *transfers, const struct transfer_http *http,
                   int64_t timeout_ms, void *opaque, struct error *err);
int transfers_mail(struct transfers *transfers, const struct transfer_mail *mail,
                   int64_t timeout_ms, void *opaque, struct error *err);

/* Readable when transfers_run has work. */
int transfers_fd(const struct transfers *transfers);
/* Longest time until transfers_run must be called; -1 = none. */
int transfers_timeout_ms(const struct transfers *transfers);
void transfers_run(struct transfers *transfers);

#endif
