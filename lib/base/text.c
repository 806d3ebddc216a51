#include "base/text.h"

#include <utf8proc.h>

#include <strings.h>

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] >= 0x80)
            return false;
    }
    return true;
}

bool text_nfc(struct str text, char *out, size_t size, struct str *ret)
{
    if (is_ascii(text)) {
        *ret = text;
        return text.len <= size;
    }
    utf8proc_int32_t points[TEXT_POINTS_MAX];
    utf8proc_ssize_t count =
        utf8proc_decompose((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.len, points,
                           TEXT_POINTS_MAX, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (count < 0 || count > TEXT_POINTS_MAX)
        return false;
    count = utf8proc_normalize_utf32(points, count, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    size_t len = 0;
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        utf8proc_uint8_t bytes[4];
        size_t n = (size_t)utf8proc_encode_char(points[i], bytes);
        if (n > size - len)
            return false;
        memcpy(out + len, bytes, n);
        len += n;
    }
    *ret = (struct str){out, len};
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str text_trim(struct str text)
{
    while (text.len > 0 && is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

bool text_is_code(struct str text)
{
    for (size_t at = 0; at < text.len;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text.data + at,
                                                 (utf8proc_ssize_t)(text.len - at), &point);
        if (step <= 0)
            return false;
        switch (utf8proc_category(point)) {
        case UTF8PROC_CATEGORY_CN:
        case UTF8PROC_CATEGORY_ZS:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP:
        case UTF8PROC_CATEGORY_CC:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_CS:
        case UTF8PROC_CATEGORY_CO: return false;
        default: at += (size_t)step;
        }
    }
    return text.len > 0;
}

bool text_same_word(struct str text, const char *word)
{
    return text.len == strlen(word) && text.len > 0 && strncasecmp(text.data, word, text.len) == 0;
}

char *text_base64(struct str bytes, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at = out;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        unsigned triple = (unsigned)(unsigned char)bytes.data[i] << 16;
        triple |= left > 1 ? (unsigned)(unsigned char)bytes.data[i + 1] << 8 : 0;
        triple |= left > 2 ? (unsigned)(unsigned char)bytes.data[i + 2] : 0;
        *at++ = digits[triple >> 18];
        *at++ = digits[triple >> 12 & 63];
        *at++ = left > 1 ? digits[triple >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[triple & 63] : '=';
    }
    *at = '\0';
    return out;
}
