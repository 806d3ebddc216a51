#include "ingest/login.h"

#include "json/json.h"

#include <stdbool.h>

static int keep(struct str value, char out[LOGIN_TEXT_MAX], struct str *ret, struct error *err)
{
    if (value.len > LOGIN_TEXT_MAX)
        return error_set(err, ERR_INPUT, "tên hoặc mật khẩu dài quá 256 byte");
    if (value.len)
        memcpy(out, value.data, value.len);
    *ret = (struct str){out, value.len};
    return 0;
}

static int read_json(struct str body, struct login *ret, struct error *err)
{
    struct json_doc *doc;
    int result = json_parse(body, &doc, err);
    if (result)
        return result == ERR_INPUT ? error_prefix(err, result, "không phải JSON hợp lệ") : result;
    const struct json *root = json_root(doc);
    struct str user = json_text(json_get(root, "username"));
    struct str secret = json_text(json_get(root, "password"));
    if (!str_given(user) && !str_given(secret)) {
        user = json_text(json_get(root, "client_id"));
        secret = json_text(json_get(root, "client_secret"));
    }
    result = keep(user, ret->user_text, &ret->user, err);
    if (!result)
        result = keep(secret, ret->secret_text, &ret->secret, err);
    json_doc_free(doc);
    return result;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decoding and '+'; false when it is too long or not well formed. */
static bool decode(struct str text, char out[LOGIN_TEXT_MAX], struct str *ret)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i] == '+' ? ' ' : text.data[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (len == LOGIN_TEXT_MAX)
            return false;
        out[len++] = c;
    }
    *ret = (struct str){out, len};
    return true;
}

static int read_form(struct str body, struct login *ret, struct error *err)
{
    while (body.len > 0) {
        const char *and = memchr(body.data, '&', body.len);
        struct str pair = {body.data, and? (size_t)(and-body.data) : body.len};
        size_t step = and? pair.len + 1 : pair.len;
        body = (struct str){body.data + step, body.len - step};
        const char *equals = pair.len ? memchr(pair.data, '=', pair.len) : NULL;
        if (!equals)
            continue;
        struct str name = {pair.data, (size_t)(equals - pair.data)};
        struct str value = {equals + 1, pair.len - name.len - 1};
        bool fits = true;
        if (str_eq(name, STR("client_id")) || str_eq(name, STR("username")))
            fits = decode(value, ret->user_text, &ret->user);
        else if (str_eq(name, STR("client_secret")) || str_eq(name, STR("password")))
            fits = decode(value, ret->secret_text, &ret->secret);
        if (!fits)
            return error_set(err, ERR_INPUT, "tên hoặc mật khẩu sai dạng hoặc dài quá 256 byte");
    }
    return 0;
}

int login_read(struct str body, bool form, struct login *ret, struct error *err)
{
    ret->user = ret->secret = STR_NONE;
    return form ? read_form(body, ret, err) : read_json(body, ret, err);
}
