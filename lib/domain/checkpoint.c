#include "domain/checkpoint.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"

static const char heading[] = "hoso-checkpoint 1\n";

static const struct {
    const char *name;
    size_t offset;
} members[] = {
    {"size", offsetof(struct checkpoint, size)},
    {"offset", offsetof(struct checkpoint, offset)},
    {"line", offsetof(struct checkpoint, line)},
    {"rows", offsetof(struct checkpoint, rows)},
    {"refused", offsetof(struct checkpoint, refused)},
    {"side_size", offsetof(struct checkpoint, side_size)},
    {"ingested_at", offsetof(struct checkpoint, ingested_at)},
};
enum { MEMBER_COUNT = sizeof members / sizeof *members };

struct str checkpoint_format(const struct checkpoint *checkpoint, char *out)
{
    size_t used = sizeof heading - 1;
    memcpy(out, heading, used);
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        int64_t number = *(const int64_t *)((const char *)checkpoint + members[i].offset);
        used += (size_t)snprintf(out + used, CHECKPOINT_SIZE - used, "%s %" PRId64 "\n",
                                 members[i].name, number);
    }
    return (struct str){out, used};
}

static bool take(struct str *text, const char *expected)
{
    size_t len = strlen(expected);
    if (text->len < len || memcmp(text->data, expected, len) != 0)
        return false;
    *text = (struct str){text->data + len, text->len - len};
    return true;
}

/* Digits without sign or leading zero. */
static bool take_number(struct str *text, int64_t *ret)
{
    int64_t number = 0;
    size_t i = 0;
    for (; i < text->len && text->data[i] >= '0' && text->data[i] <= '9'; i++) {
        int digit = text->data[i] - '0';
        if (number > (INT64_MAX - digit) / 10 || (i == 1 && text->data[0] == '0'))
            return false;
        number = number * 10 + digit;
    }
    if (i == 0)
        return false;
    *text = (struct str){text->data + i, text->len - i};
    *ret = number;
    return true;
}

static bool can_be_true(const struct checkpoint *checkpoint)
{
    return checkpoint->offset <= checkpoint->size && checkpoint->line >= 1 &&
           checkpoint->line - 1 <= checkpoint->offset && checkpoint->rows <= checkpoint->size &&
           checkpoint->refused <= checkpoint->size && checkpoint->ingested_at >= TIME_MIN_AT &&
           checkpoint->ingested_at <= TIME_MAX_AT;
}

bool checkpoint_parse(struct str text, struct checkpoint *ret)
{
    struct checkpoint read;
    if (!take(&text, heading))
        return false;
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (!take(&text, members[i].name) || !take(&text, " ") ||
            !take_number(&text, (int64_t *)((char *)&read + members[i].offset)) ||
            !take(&text, "\n"))
            return false;
    }
    if (text.len > 0 || !can_be_true(&read))
        return false;
    *ret = read;
    return true;
}
