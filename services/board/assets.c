/* The page's files, compiled in. */
#include "board/internal.h"

#include <stdio.h>

#include "base/embedded.h"
#include "base/hash.h"

extern const struct embedded_file board_files[];

static const struct embedded_file *find(struct str name)
{
    for (const struct embedded_file *file = board_files; file->name; file++) {
        if (str_eq(str_of(file->name), name))
            return file;
    }
    return NULL;
}

static bool ends_with(struct str text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

static const char *content_type(struct str name)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (ends_with(name, types[i][0]))
            return types[i][1];
    }
    return "application/octet-stream";
}

static bool takes_gzip(const struct http_exchange *exchange)
{
    struct str accepted = http_header(exchange, "Accept-Encoding");
    return accepted.len && memmem(accepted.data, accepted.len, "gzip", 4);
}

/* The page is one: every path that is not a file or the API's shows index.html, and the page reads the path. */
bool assets_serve(struct http_exchange *exchange, struct str path)
{
    char packed[128];
    char tag[2 * HASH_SIZE + 3];
    uint8_t hash[HASH_SIZE];
    struct str name = path.len > 1 ? (struct str){path.data + 1, path.len - 1} : STR("index.html");
    const struct embedded_file *file = find(name);
    if (!file || name.len > sizeof packed - 4)
        return false;
    snprintf(packed, sizeof packed, "%.*s.gz", STR_ARG(name));
    const struct embedded_file *small = takes_gzip(exchange) ? find(str_of(packed)) : NULL;
    hash_sha256((struct str){(const char *)file->data, file->size}, hash);
    tag[0] = '"';
    hex_encode(hash, 16, tag + 1);
    strcat(tag, small ? "z\"" : "\"");
    http_set_header(exchange, "ETag", tag);
    http_set_header(exchange, "Vary", "Accept-Encoding");
    http_set_header(exchange, "Cache-Control",
                    ends_with(name, ".woff2") ? "public, max-age=604800" : "no-cache");
    api_guard_headers(exchange);
    if (str_eq(http_header(exchange, "If-None-Match"), str_of(tag))) {
        http_answer(exchange, 304, content_type(name), STR_NONE, 0);
        return true;
    }
    if (small)
        http_set_header(exchange, "Content-Encoding", "gzip");
    file = small ? small : file;
    http_answer(exchange, 200, content_type(name),
                (struct str){(const char *)file->data, file->size}, 0);
    return true;
}
