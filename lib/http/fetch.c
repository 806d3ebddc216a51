#include "http/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

struct fetch {
    CURLM *multi;
    CURL *curl;
    int epoll;
    struct curl_slist *headers;    /* of the settings */
    struct curl_slist *conditions; /* of this request */
    const struct netlist *allowed;
    bool plain_allowed;
    size_t body_max;
    bool under_way;
    struct mono wake_at; /* when libcurl wants to be called */
    bool wake;
    char *body;
    size_t len;
    size_t capacity;
    bool too_large;
    bool forbidden; /* the address */
    char etag[256];
    int64_t date_at;
    char host[256]; /* for error texts */
};

/* ---- what libcurl calls ---- */

static size_t receive(char *data, size_t size, size_t count, void *arg)
{
    struct fetch *fetch = arg;
    size_t bytes = size * count;
    if (bytes > fetch->body_max - fetch->len) {
        fetch->too_large = true;
        return 0;
    }
    if (fetch->len + bytes > fetch->capacity) {
        size_t capacity = (fetch->len + bytes) * 2;
        char *grown = realloc(fetch->body, capacity);
        if (!grown)
            return 0;
        fetch->body = grown;
        fetch->capacity = capacity;
    }
    memcpy(fetch->body + fetch->len, data, bytes);
    fetch->len += bytes;
    return bytes;
}

/* The value of a header line of that name; the empty view when it is another. */
static struct str value_of(struct str line, const char *name)
{
    size_t len = strlen(name);
    if (line.len <= len || strncasecmp(line.data, name, len) != 0 || line.data[len] != ':')
        return STR_NONE;
    struct str value = {line.data + len + 1, line.len - len - 1};
    while (value.len > 0 && strchr(" \t", value.data[0]))
        value = (struct str){value.data + 1, value.len - 1};
    while (value.len > 0 && strchr(" \t\r\n", value.data[value.len - 1]))
        value.len--;
    return value;
}

static size_t receive_header(char *data, size_t size, size_t count, void *arg)
{
    struct fetch *fetch = arg;
    struct str line = {data, size * count};
    struct str etag = value_of(line, "ETag");
    struct str date = value_of(line, "Date");
    char text[64];
    if (str_given(etag) && etag.len < sizeof fetch->etag)
        snprintf(fetch->etag, sizeof fetch->etag, "%.*s", STR_ARG(etag));
    if (str_given(date) && date.len < sizeof text) {
        snprintf(text, sizeof text, "%.*s", STR_ARG(date));
        time_t seconds = curl_getdate(text, NULL);
        fetch->date_at = seconds > 0 ? (int64_t)seconds * MS_PER_SECOND : NO_TIME;
    }
    return line.len;
}

/* The last moment before a connection: the address that the name has led to. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct fetch *fetch = arg;
    (void)purpose;
    const struct sockaddr *where = &address->addr;
    bool v6 = where->sa_family == AF_INET6;
    const void *bytes = v6 ? (const void *)&((const struct sockaddr_in6 *)where)->sin6_addr
                           : (const void *)&((const struct sockaddr_in *)where)->sin_addr;
    if ((!v6 && where->sa_family != AF_INET) ||
        !netlist_allows(fetch->allowed, bytes, v6 ? 16 : 4)) {
        fetch->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int watch(CURL *curl, curl_socket_t fd, int what, void *arg, void *known)
{
    struct fetch *fetch = arg;
    (void)curl;
    struct epoll_event event = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(fetch->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    if (epoll_ctl(fetch->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        return -1;
    curl_multi_assign(fetch->multi, fd, fetch);
    return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct fetch *fetch = arg;
    (void)multi;
    fetch->wake = timeout_ms >= 0;
    fetch->wake_at = (struct mono){mono_now().us + timeout_ms * 1000};
    return 0;
}

/* ---- life ---- */

static bool set_up_multi(struct fetch *fetch)
{
    CURLM *multi = fetch->multi;
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, fetch) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERDATA, fetch) == CURLM_OK;
}

static bool set_up_easy(struct fetch *fetch, const struct fetch_settings *settings)
{
    CURL *curl = fetch->curl;
    const char *protocols = settings->plain_allowed ? "http,https" : "https";
    if (*settings->ca_file && curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca_file) != CURLE_OK)
        return false;
    return curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)settings->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)settings->body_max) ==
               CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_USERAGENT, "hoso/" HOSO_VERSION) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetch) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive_header) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetch) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch) == CURLE_OK;
}

static bool add_header(struct curl_slist **list, const char *header)
{
    struct curl_slist *grown = curl_slist_append(*list, header);
    *list = grown ? grown : *list;
    return grown;
}

int fetch_new(const struct fetch_settings *settings, struct fetch **ret, struct error *err)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch)
        return error_set(err, ERR_NOMEM, "out of memory");
    fetch->epoll = epoll_create1(EPOLL_CLOEXEC);
    fetch->multi = curl_multi_init();
    fetch->curl = curl_easy_init();
    fetch->allowed = settings->allowed;
    fetch->plain_allowed = settings->plain_allowed;
    fetch->body_max = settings->body_max;
    bool good = fetch->epoll >= 0 && fetch->multi && fetch->curl && set_up_multi(fetch) &&
                set_up_easy(fetch, settings);
    for (const char *const *header = settings->headers; good && *header; header++)
        good = add_header(&fetch->headers, *header);
    if (!good) {
        fetch_free(fetch);
        return error_set(err, ERR_FAILED, "libcurl cannot be set up");
    }
    *ret = fetch;
    return 0;
}

static void stop(struct fetch *fetch)
{
    if (fetch->under_way)
        curl_multi_remove_handle(fetch->multi, fetch->curl);
    fetch->under_way = false;
    fetch->wake = false;
}

struct fetch *fetch_free(struct fetch *fetch)
{
    if (!fetch)
        return NULL;
    stop(fetch);
    curl_easy_cleanup(fetch->curl);
    curl_multi_cleanup(fetch->multi);
    curl_slist_free_all(fetch->headers);
    curl_slist_free_all(fetch->conditions);
    if (fetch->epoll >= 0)
        close(fetch->epoll);
    free(fetch->body);
    free(fetch);
    return NULL;
}

/* ---- a request ---- */

static bool part_of(const char *url, CURLUPart part, char **ret)
{
    CURLU *parsed = curl_url();
    *ret = NULL;
    bool good = parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(parsed, part, ret, CURLU_DEFAULT_PORT) == CURLUE_OK;
    curl_url_cleanup(parsed);
    return good;
}

bool fetch_same_origin(const char *one, const char *other)
{
    static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
    bool same = true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && same; i++) {
        char *a;
        char *b;
        same = part_of(one, parts[i], &a);
        same = part_of(other, parts[i], &b) && same && strcasecmp(a, b) == 0;
        curl_free(a);
        curl_free(b);
    }
    return same;
}

/* The header list of this request: that of the settings, and perhaps a condition. */
static int set_headers(struct fetch *fetch, const char *if_none_match)
{
    char line[300];
    curl_slist_free_all(fetch->conditions);
    fetch->conditions = NULL;
    for (const struct curl_slist *each = fetch->headers; each; each = each->next) {
        if (!add_header(&fetch->conditions, each->data))
            return ERR_NOMEM;
    }
    snprintf(line, sizeof line, "If-None-Match: %s", if_none_match);
    if (*if_none_match && !add_header(&fetch->conditions, line))
        return ERR_NOMEM;
    return curl_easy_setopt(fetch->curl, CURLOPT_HTTPHEADER, fetch->conditions) == CURLE_OK
               ? 0
               : ERR_NOMEM;
}

int fetch_start(struct fetch *fetch, const char *url, const char *if_none_match, struct error *err)
{
    char *host;
    bool https = strncasecmp(url, "https://", 8) == 0;
    bool http = strncasecmp(url, "http://", 7) == 0;
    if (!https && !(http && fetch->plain_allowed))
        return error_set(err, ERR_INPUT, "the URL must begin with https://");
    if (!part_of(url, CURLUPART_HOST, &host))
        return error_set(err, ERR_INPUT, "not a URL");
    snprintf(fetch->host, sizeof fetch->host, "%s", host);
    curl_free(host);
    fetch->len = 0;
    fetch->too_large = fetch->forbidden = false;
    fetch->etag[0] = '\0';
    fetch->date_at = NO_TIME;
    if (set_headers(fetch, if_none_match) < 0 ||
        curl_easy_setopt(fetch->curl, CURLOPT_URL, url) != CURLE_OK ||
        curl_multi_add_handle(fetch->multi, fetch->curl) != CURLM_OK)
        return error_set(err, ERR_NOMEM, "out of memory");
    fetch->under_way = true;
    return 0;
}

static int explain(const struct fetch *fetch, CURLcode code, struct error *err)
{
    if (fetch->forbidden)
        return error_set(err, ERR_INPUT,
                         "%s leads to an address that is not public; allow_networks names those "
                         "that may be asked",
                         fetch->host);
    if (fetch->too_large || code == CURLE_FILESIZE_EXCEEDED)
        return error_set(err, ERR_INPUT, "%s: the answer is larger than %zu bytes", fetch->host,
                         fetch->body_max);
    return error_set(err, ERR_UNAVAILABLE, "%s: %s", fetch->host, curl_easy_strerror(code));
}

static void describe(const struct fetch *fetch, struct fetch_answer *ret)
{
    long status = 0;
    curl_off_t retry_after_s = 0;
    char *location = NULL;
    curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(fetch->curl, CURLINFO_RETRY_AFTER, &retry_after_s);
    curl_easy_getinfo(fetch->curl, CURLINFO_REDIRECT_URL, &location);
    *ret = (struct fetch_answer){.status = (int)status,
                                 .body = {fetch->body, fetch->len},
                                 .etag = fetch->etag,
                                 .date_at = fetch->date_at,
                                 .retry_after_s = retry_after_s < 3600 ? (int)retry_after_s : 3600,
                                 .location = location ? location : ""};
}

int fetch_step(struct fetch *fetch, struct fetch_answer *ret, struct error *err)
{
    struct epoll_event events[8];
    int running;
    int left;
    if (!fetch->under_way)
        return 0;
    int ready = epoll_wait(fetch->epoll, events, 8, 0);
    for (int i = 0; i < ready; i++) {
        int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(fetch->multi, events[i].data.fd, what, &running);
    }
    if (fetch->wake && mono_diff_ms(fetch->wake_at, mono_now()) >= 0) {
        fetch->wake = false;
        curl_multi_socket_action(fetch->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    const CURLMsg *message = curl_multi_info_read(fetch->multi, &left);
    if (!message || message->msg != CURLMSG_DONE)
        return 0;
    CURLcode code = message->data.result;
    if (code == CURLE_OK)
        describe(fetch, ret);
    stop(fetch);
    return code == CURLE_OK ? FETCH_DONE : explain(fetch, code, err);
}

int fetch_fd(const struct fetch *fetch)
{
    return fetch->epoll;
}

int fetch_timeout_ms(const struct fetch *fetch)
{
    if (!fetch->under_way)
        return -1;
    int64_t left_ms = mono_diff_ms(mono_now(), fetch->wake_at);
    return !fetch->wake ? 1000 : left_ms > 0 ? (int)left_ms : 0;
}
