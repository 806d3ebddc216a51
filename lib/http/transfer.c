#include "http/transfer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

struct transfers {
    CURLM *multi;
    int epoll_fd;
    struct transfer *first; /* all that are under way */
    bool timer_set;
    struct mono timer_at;
    transfer_done *done;
    void *arg;
};

struct transfer {
    struct transfers *owner;
    struct transfer *next;
    CURL *curl;
    struct curl_slist *headers;
    struct curl_slist *recipients;
    char *sent; /* body or mail; owned */
    size_t sent_len;
    size_t read;
    char reply[TRANSFER_REPLY_MAX];
    size_t reply_len;
    char why_not[CURL_ERROR_SIZE];
    void *opaque;
};

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *known)
{
    struct transfers *transfers = arg;
    (void)curl;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(transfers->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    struct epoll_event event = {.data.fd = fd};
    event.events =
        (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0u);
    /* A descriptor that was closed and opened anew has left the set by itself. */
    if (epoll_ctl(transfers->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0)
        epoll_ctl(transfers->epoll_fd, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    curl_multi_assign(transfers->multi, fd, transfers);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct transfers *transfers = arg;
    (void)multi;
    transfers->timer_set = timeout_ms >= 0;
    transfers->timer_at = mono_now();
    transfers->timer_at.us += timeout_ms * INT64_C(1000);
    return 0;
}

struct transfers *transfers_new(transfer_done *done, void *arg)
{
    struct transfers *transfers = calloc(1, sizeof *transfers);
    if (!transfers)
        return NULL;
    transfers->done = done;
    transfers->arg = arg;
    transfers->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    transfers->multi = curl_multi_init();
    if (transfers->epoll_fd < 0 || !transfers->multi)
        return transfers_free(transfers);
    curl_multi_setopt(transfers->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(transfers->multi, CURLMOPT_SOCKETDATA, transfers);
    curl_multi_setopt(transfers->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(transfers->multi, CURLMOPT_TIMERDATA, transfers);
    return transfers;
}

static void transfer_free(struct transfer *transfer)
{
    struct transfers *owner = transfer->owner;
    for (struct transfer **link = &owner->first; *link; link = &(*link)->next) {
        if (*link == transfer) {
            *link = transfer->next;
            break;
        }
    }
    if (transfer->curl) {
        curl_multi_remove_handle(owner->multi, transfer->curl);
        curl_easy_cleanup(transfer->curl);
    }
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->recipients);
    free(transfer->sent);
    free(transfer);
}

struct transfers *transfers_free(struct transfers *transfers)
{
    if (!transfers)
        return NULL;
    while (transfers->first)
        transfer_free(transfers->first);
    if (transfers->multi)
        curl_multi_cleanup(transfers->multi);
    if (transfers->epoll_fd >= 0)
        close(transfers->epoll_fd);
    free(transfers);
    return NULL;
}

/* What does not fit is dropped: only the beginning of an answer says anything. */
static size_t receive(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    size_t bytes = size * count, room = sizeof transfer->reply - transfer->reply_len;
    size_t kept = bytes < room ? bytes : room;
    memcpy(transfer->reply + transfer->reply_len, data, kept);
    transfer->reply_len += kept;
    return bytes;
}

static size_t give(char *out, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    size_t room = size * count, left = transfer->sent_len - transfer->read;
    size_t given = left < room ? left : room;
    memcpy(out, transfer->sent + transfer->read, given);
    transfer->read += given;
    return given;
}

static struct transfer *begin(struct transfers *transfers, struct str sent, void *opaque)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return NULL;
    transfer->owner = transfers;
    transfer->next = transfers->first;
    transfers->first = transfer;
    transfer->opaque = opaque;
    transfer->sent = malloc(sent.len + 1);
    transfer->sent_len = sent.len;
    transfer->curl = curl_easy_init();
    if (!transfer->sent || !transfer->curl) {
        transfer_free(transfer);
        return NULL;
    }
    if (sent.len)
        memcpy(transfer->sent, sent.data, sent.len);
    return transfer;
}

static int out_of_memory(struct transfer *transfer, struct error *err)
{
    if (transfer)
        transfer_free(transfer);
    return error_set(err, ERR_NOMEM, "out of memory");
}

/* What both kinds have, then off it goes. */
static int launch(struct transfer *transfer, const char *url, const char *protocols,
                  int64_t timeout_ms, struct error *err)
{
    CURL *curl = transfer->curl;
    bool set = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->why_not) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_USERAGENT, "hoso/" HOSO_VERSION) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer) == CURLE_OK;
    /* A proxy of the environment is not for this machine itself. */
    set = set && curl_easy_setopt(curl, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1") == CURLE_OK;
    if (!set || curl_multi_add_handle(transfer->owner->multi, curl) != CURLM_OK)
        return out_of_memory(transfer, err);
    return 0;
}

int transfers_http(struct transfers *transfers, const struct transfer_http *http,
                   int64_t timeout_ms, void *opaque, struct error *err)
{
    if (strncmp(http->url, "http://", 7) != 0 && strncmp(http->url, "https://", 8) != 0)
        return error_set(err, ERR_INPUT, "\"%s\" must begin with http:// or https://", http->url);
    struct transfer *transfer = begin(transfers, http->body, opaque);
    if (!transfer)
        return out_of_memory(NULL, err);
    for (const char *const *header = http->headers; header && *header; header++) {
        struct curl_slist *grown = curl_slist_append(transfer->headers, *header);
        if (!grown)
            return out_of_memory(transfer, err);
        transfer->headers = grown;
    }
    CURL *curl = transfer->curl;
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer->headers);
    if (strcmp(http->method, "GET") != 0) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, http->method);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->sent_len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, transfer->sent);
    }
    return launch(transfer, http->url, "http,https", timeout_ms, err);
}

int transfers_mail(struct transfers *transfers, const struct transfer_mail *mail,
                   int64_t timeout_ms, void *opaque, struct error *err)
{
    static const long tls[] = {CURLUSESSL_ALL, CURLUSESSL_TRY, CURLUSESSL_NONE};
    if (strncmp(mail->url, "smtp://", 7) != 0 && strncmp(mail->url, "smtps://", 8) != 0)
        return error_set(err, ERR_INPUT, "\"%s\" must begin with smtp:// or smtps://", mail->url);
    struct transfer *transfer = begin(transfers, mail->message, opaque);
    if (!transfer)
        return out_of_memory(NULL, err);
    transfer->recipients = curl_slist_append(NULL, mail->to);
    if (!transfer->recipients)
        return out_of_memory(transfer, err);
    CURL *curl = transfer->curl;
    curl_easy_setopt(curl, CURLOPT_USE_SSL, tls[mail->starttls]);
    if (*mail->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, mail->ca_file);
    if (*mail->user) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, mail->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, mail->password);
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, mail->from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, transfer->recipients);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
    return launch(transfer, mail->url, "smtp,smtps", timeout_ms, err);
}

int transfers_fd(const struct transfers *transfers)
{
    return transfers->epoll_fd;
}

int transfers_timeout_ms(const struct transfers *transfers)
{
    if (!transfers->timer_set)
        return -1;
    int64_t left_ms = mono_diff_ms(mono_now(), transfers->timer_at) + 1;
    return left_ms > 0 ? (int)left_ms : 0;
}

static void finish(struct transfers *transfers, CURL *curl, CURLcode code)
{
    struct transfer *transfer = NULL;
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&transfer);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    const char *why = *transfer->why_not ? transfer->why_not : curl_easy_strerror(code);
    const struct transfer_outcome outcome = {
        .answered = code == CURLE_OK,
        .status = (int)status,
        .body = {transfer->reply, transfer->reply_len},
        .why_not = code == CURLE_OK ? NULL : why,
    };
    transfers->done(transfers->arg, transfer->opaque, &outcome);
    transfer_free(transfer);
}

void transfers_run(struct transfers *transfers)
{
    struct epoll_event events[16];
    int running, left;
    int count = epoll_wait(transfers->epoll_fd, events, 16, 0);
    for (int i = 0; i < count; i++) {
        int what = (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
        curl_multi_socket_action(transfers->multi, events[i].data.fd, what, &running);
    }
    if (transfers->timer_set && mono_diff_ms(transfers->timer_at, mono_now()) >= 0) {
        transfers->timer_set = false;
        curl_multi_socket_action(transfers->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    for (CURLMsg *message; (message = curl_multi_info_read(transfers->multi, &left));) {
        if (message->msg == CURLMSG_DONE)
            finish(transfers, message->easy_handle, message->data.result);
    }
}
