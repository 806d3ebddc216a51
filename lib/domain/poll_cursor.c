#include "domain/poll_cursor.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

static const char heading[] = "hoso-cursor 1\n";

struct poll_cursor poll_cursor_begin(int64_t since_at)
{
    return (struct poll_cursor){.since_at = since_at, .sweep_at = NO_TIME};
}

bool poll_token_copy(struct str text, char out[POLL_TOKEN_MAX + 1])
{
    if (text.len > POLL_TOKEN_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c == 0x7F)
            return false;
    }
    if (text.len)
        memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

void poll_cursor_sweep(struct poll_cursor *cursor, int64_t date_at, int64_t now_at)
{
    /* A source whose clock stands in another day would carry us past what is still to come. */
    bool believed =
        date_at != NO_TIME && date_at > now_at - MS_PER_DAY && date_at < now_at + MS_PER_DAY;
    cursor->sweep_at = believed ? date_at : now_at;
    cursor->rows_seen = false;
}

void poll_cursor_page(struct poll_cursor *cursor, const char *next, const char *etag,
                      bool rows_seen)
{
    bool first = cursor->page[0] == '\0';
    bool last = *next == '\0';
    cursor->rows_seen = cursor->rows_seen || rows_seen;
    snprintf(cursor->page, sizeof cursor->page, "%s", next);
    if (!last) {
        cursor->etag[0] = '\0';
        return;
    }
    snprintf(cursor->etag, sizeof cursor->etag, "%s", first ? etag : "");
    if (cursor->rows_seen && (cursor->since_at == NO_TIME || cursor->sweep_at > cursor->since_at)) {
        cursor->since_at = cursor->sweep_at;
        cursor->etag[0] = '\0'; /* it belonged to another question */
    }
    cursor->sweep_at = NO_TIME;
    cursor->rows_seen = false;
}

struct str poll_cursor_format(const struct poll_cursor *cursor, char *out)
{
    int len = snprintf(
        out, POLL_CURSOR_SIZE,
        "%ssince_at %" PRId64 "\nsweep_at %" PRId64 "\nrows_seen %d\npage %s\netag %s\n", heading,
        cursor->since_at, cursor->sweep_at, cursor->rows_seen, cursor->page, cursor->etag);
    return (struct str){out, (size_t)len};
}

/* The rest of the line that begins with this name; false when it does not. */
static bool take_line(struct str *text, const char *name, struct str *ret)
{
    size_t len = strlen(name);
    const char *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
    if (!end || text->len <= len || memcmp(text->data, name, len) != 0 || text->data[len] != ' ')
        return false;
    *ret = (struct str){text->data + len + 1, (size_t)(end - text->data) - len - 1};
    text->len -= (size_t)(end + 1 - text->data);
    text->data = end + 1;
    return true;
}

/* A time as poll_cursor_format writes it. */
static bool to_time(struct str text, int64_t *ret)
{
    char copy[24];
    char again[24];
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (sscanf(copy, "%" SCNd64, ret) != 1)
        return false;
    snprintf(again, sizeof again, "%" PRId64, *ret);
    return str_eq(text, str_of(again)) && (*ret == NO_TIME || (*ret >= 0 && *ret <= TIME_MAX_AT));
}

bool poll_cursor_parse(struct str text, struct poll_cursor *ret)
{
    struct poll_cursor read = {.rows_seen = false};
    struct str line;
    size_t len = sizeof heading - 1;
    if (text.len < len || memcmp(text.data, heading, len) != 0)
        return false;
    text = (struct str){text.data + len, text.len - len};
    if (!take_line(&text, "since_at", &line) || !to_time(line, &read.since_at) ||
        !take_line(&text, "sweep_at", &line) || !to_time(line, &read.sweep_at) ||
        !take_line(&text, "rows_seen", &line) || line.len != 1 ||
        (line.data[0] != '0' && line.data[0] != '1'))
        return false;
    read.rows_seen = line.data[0] == '1';
    if (!take_line(&text, "page", &line) || !poll_token_copy(line, read.page) ||
        !take_line(&text, "etag", &line) || !poll_token_copy(line, read.etag) || text.len > 0)
        return false;
    *ret = read;
    return true;
}

/* Appends text with what a query may not hold as %XX. */
static bool put(char *out, size_t size, size_t *used, const char *text, bool escape)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (; *text; text++) {
        bool as_is = !escape || strchr(plain, *text);
        if (*used + 4 > size)
            return false;
        *used += (size_t)snprintf(out + *used, size - *used, as_is ? "%c" : "%%%02X",
                                  (unsigned char)*text);
    }
    return true;
}

static bool put_parameter(char *out, size_t size, size_t *used, const char *name, const char *value)
{
    const char *mark = strchr(out, '?') ? "&" : "?";
    return put(out, size, used, mark, false) && put(out, size, used, name, true) &&
           put(out, size, used, "=", false) && put(out, size, used, value, true);
}

bool poll_cursor_url(const struct poll_cursor *cursor, const char *url, int64_t overlap_ms,
                     const char *since_name, const char *page_name, char *out, size_t size)
{
    char since[32];
    size_t used = 0;
    bool fits = put(out, size, &used, url, false);
    if (fits && cursor->since_at != NO_TIME) {
        struct vn_time t = vn_time_of(cursor->since_at - overlap_ms);
        snprintf(since, sizeof since, "%04d%02d%02d%02d%02d%02d", t.year, t.month, t.day, t.hour,
                 t.minute, t.second);
        fits = put_parameter(out, size, &used, since_name, since);
    }
    if (fits && cursor->page[0])
        fits = put_parameter(out, size, &used, page_name, cursor->page);
    return fits;
}
