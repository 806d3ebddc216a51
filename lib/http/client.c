#include "http/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct http_client {
    CURL *curl;
    struct curl_slist *headers;
    char *base_url;
    char *body; /* of the answer */
    size_t len;
    size_t capacity;
    bool too_large;
};

static size_t receive(char *data, size_t size, size_t count, void *arg)
{
    struct http_client *client = arg;
    size_t bytes = size * count;
    if (bytes > HTTP_REPLY_MAX - client->len) {
        client->too_large = true;
        return 0;
    }
    if (client->len + bytes > client->capacity) {
        size_t capacity = (client->len + bytes) * 2;
        char *grown = realloc(client->body, capacity);
        if (!grown)
            return 0;
        client->body = grown;
        client->capacity = capacity;
    }
    memcpy(client->body + client->len, data, bytes);
    client->len += bytes;
    return bytes;
}

static bool add_header(struct http_client *client, const char *header)
{
    struct curl_slist *grown = curl_slist_append(client->headers, header);
    if (grown)
        client->headers = grown;
    return grown;
}

static bool is_this_machine(const char *base_url)
{
    static const char *const hosts[] = {"127.", "localhost", "[::1]"};
    const char *host = strstr(base_url, "://") + 3;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        if (strncmp(host, hosts[i], strlen(hosts[i])) == 0)
            return true;
    }
    return false;
}

static bool configure(struct http_client *client, const char *const *headers, int64_t timeout_ms)
{
    bool typed = false;
    for (; headers && *headers; headers++) {
        typed = typed || strncasecmp(*headers, "Content-Type:", 13) == 0;
        if (!add_header(client, *headers))
            return false;
    }
    if (!typed && !add_header(client, "Content-Type: application/json"))
        return false;
    if (!add_header(client,
                    "Expect:")) /* curl would wait for "100 Continue" before larger bodies */
        return false;
    CURL *curl = client->curl;
    if (is_this_machine(client->base_url) && curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK)
        return false;
    return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_USERAGENT, "hoso/" HOSO_VERSION) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, client) == CURLE_OK;
}

int http_client_new(const char *base_url, const char *const *headers, int64_t timeout_ms,
                    struct http_client **ret, struct error *err)
{
    if (strncmp(base_url, "http://", 7) != 0 && strncmp(base_url, "https://", 8) != 0)
        return error_set(err, ERR_INPUT, "\"%s\" must begin with http:// or https://", base_url);
    struct http_client *client = calloc(1, sizeof *client);
    if (!client)
        return error_set(err, ERR_NOMEM, "out of memory");
    client->curl = curl_easy_init();
    client->base_url = strdup(base_url);
    if (!client->curl || !client->base_url || !configure(client, headers, timeout_ms)) {
        http_client_free(client);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    size_t len = strlen(client->base_url);
    while (len > 0 && client->base_url[len - 1] == '/')
        client->base_url[--len] = '\0';
    *ret = client;
    return 0;
}

struct http_client *http_client_free(struct http_client *client)
{
    if (!client)
        return NULL;
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    free(client->base_url);
    free(client->body);
    free(client);
    return NULL;
}

static int explain(const struct http_client *client, CURLcode code, struct error *err)
{
    if (client->too_large)
        return error_set(err, ERR_INPUT, "%s: the answer is larger than %u bytes", client->base_url,
                         HTTP_REPLY_MAX);
    if (code == CURLE_OUT_OF_MEMORY || code == CURLE_WRITE_ERROR)
        return error_set(err, ERR_NOMEM, "out of memory");
    int class = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ? ERR_INPUT
                                                                                  : ERR_UNAVAILABLE;
    return error_set(err, class, "%s: %s", client->base_url, curl_easy_strerror(code));
}

static int perform(struct http_client *client, const char *path, struct http_reply *ret,
                   struct error *err)
{
    size_t size = strlen(client->base_url) + strlen(path) + 1;
    char *url = malloc(size);
    if (!url)
        return error_set(err, ERR_NOMEM, "out of memory");
    snprintf(url, size, "%s%s", client->base_url, path);
    client->len = 0;
    client->too_large = false;
    CURLcode code = curl_easy_setopt(client->curl, CURLOPT_URL, url);
    free(url); /* libcurl keeps a copy */
    if (code == CURLE_OK)
        code = curl_easy_perform(client->curl);
    if (code != CURLE_OK)
        return explain(client, code, err);
    long status = 0;
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(client->curl, CURLINFO_RETRY_AFTER, &retry_after_s);
    *ret = (struct http_reply){.status = (int)status,
                               .retry_after_s = retry_after_s < 3600 ? (int)retry_after_s : 3600,
                               .body = {client->body, client->len}};
    return 0;
}

int http_client_post(struct http_client *client, const char *path, struct str body,
                     struct http_reply *ret, struct error *err)
{
    curl_easy_setopt(client->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body.data ? body.data : "");
    return perform(client, path, ret, err);
}

int http_client_get(struct http_client *client, const char *path, struct http_reply *ret,
                    struct error *err)
{
    curl_easy_setopt(client->curl, CURLOPT_HTTPGET, 1L);
    return perform(client, path, ret, err);
}
