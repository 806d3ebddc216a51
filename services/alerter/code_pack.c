#include "alerter/code_pack.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Packed, from the top: 0, prefix (20 bits), long date? (1), days since 2000 (16), digits of the number less 4 (2), number (24).
 * A copy: 1, pointer (63 bits: user addresses have fewer).
 */
#define COPY_BIT (UINT64_C(1) << 63)
enum { PREFIX_MAX = 1 << 20, DAYS_MAX = 1 << 16, DIGITS_MIN = 4, DIGITS_MAX = 7 };

struct prefix {
    uint32_t hash;
    uint32_t len;
    char *text;
};

struct packs {
    struct prefix *prefixes;
    size_t count;
    size_t capacity;
    uint32_t *buckets; /* 1 + index, open addressing; at most half full */
    size_t bucket_count;
};

/* A code taken apart. */
struct parts {
    struct str prefix;
    bool long_date;
    uint32_t days;
    uint32_t digits;
    uint32_t number;
};

/* The finalizer of MurmurHash3: every bit of the one counts in every bit of the other. */
static uint32_t mix(uint64_t bits)
{
    bits = (bits ^ bits >> 33) * UINT64_C(0xff51afd7ed558ccd);
    bits = (bits ^ bits >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (uint32_t)(bits >> 32);
}

uint32_t packs_hash_text(struct str code)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < code.len; i++)
        hash = (hash ^ (unsigned char)code.data[i]) * UINT64_C(1099511628211);
    return mix(hash);
}

struct packs *packs_new(void)
{
    struct packs *packs = calloc(1, sizeof *packs);
    if (!packs)
        return NULL;
    packs->bucket_count = 64;
    packs->buckets = calloc(packs->bucket_count, sizeof *packs->buckets);
    return packs->buckets ? packs : packs_free(packs);
}

struct packs *packs_free(struct packs *packs)
{
    if (!packs)
        return NULL;
    for (size_t i = 0; i < packs->count; i++)
        free(packs->prefixes[i].text);
    free(packs->prefixes);
    free(packs->buckets);
    free(packs);
    return NULL;
}

/* The digits before `end`, back to a dash or the beginning: their value and count. */
static size_t number_before(struct str code, size_t end, uint32_t *ret)
{
    size_t begin = end;
    while (begin > 0 && code.data[begin - 1] >= '0' && code.data[begin - 1] <= '9')
        begin--;
    *ret = 0;
    for (size_t i = begin; i < end && end - begin <= 8; i++)
        *ret = *ret * 10 + (uint32_t)(code.data[i] - '0');
    return end - begin;
}

static bool take_apart(struct str code, struct parts *ret)
{
    uint32_t date;
    size_t digits = number_before(code, code.len, &ret->number);
    if (digits < DIGITS_MIN || digits > DIGITS_MAX || digits + 1 >= code.len)
        return false;
    size_t end = code.len - digits - 1;
    size_t date_digits = number_before(code, end, &date);
    if (code.data[end] != '-' || (date_digits != 6 && date_digits != 8) || date_digits + 1 > end ||
        code.data[end - date_digits - 1] != '-')
        return false;
    int year = (int)(date / 10000) + (date_digits == 6 ? 2000 : 0);
    int month = (int)(date / 100 % 100), day = (int)(date % 100);
    if (!date_valid(year, month, day))
        return false;
    int32_t days = day_from_date(year, month, day) - day_from_date(2000, 1, 1);
    if (days < 0 || days >= DAYS_MAX)
        return false;
    ret->prefix = (struct str){code.data, end - date_digits - 1};
    ret->long_date = date_digits == 8;
    ret->days = (uint32_t)days;
    ret->digits = (uint32_t)digits;
    return true;
}

/* The bucket that holds the prefix, or the empty one where it belongs. */
static size_t bucket_of(const struct packs *packs, struct str prefix, uint32_t hash)
{
    size_t at = hash & (packs->bucket_count - 1);
    for (; packs->buckets[at]; at = (at + 1) & (packs->bucket_count - 1)) {
        const struct prefix *held = &packs->prefixes[packs->buckets[at] - 1];
        if (held->hash == hash && str_eq((struct str){held->text, held->len}, prefix))
            break;
    }
    return at;
}

static bool grow_buckets(struct packs *packs)
{
    if (2 * (packs->count + 1) <= packs->bucket_count)
        return true;
    uint32_t *buckets = calloc(2 * packs->bucket_count, sizeof *buckets);
    if (!buckets)
        return false;
    free(packs->buckets);
    packs->buckets = buckets;
    packs->bucket_count *= 2;
    for (size_t i = 0; i < packs->count; i++) {
        const struct prefix *held = &packs->prefixes[i];
        packs->buckets[bucket_of(packs, (struct str){held->text, held->len}, held->hash)] =
            (uint32_t)i + 1;
    }
    return true;
}

static bool add_prefix(struct packs *packs, struct str text)
{
    if (packs->count == packs->capacity) {
        size_t capacity = packs->capacity ? 2 * packs->capacity : 32;
        struct prefix *grown = realloc(packs->prefixes, capacity * sizeof *grown);
        if (!grown)
            return false;
        packs->prefixes = grown;
        packs->capacity = capacity;
    }
    char *copy = malloc(text.len + 1);
    if (!copy || !grow_buckets(packs)) {
        free(copy);
        return false;
    }
    if (text.len)
        memcpy(copy, text.data, text.len);
    uint32_t hash = packs_hash_text(text);
    packs->prefixes[packs->count++] = (struct prefix){hash, (uint32_t)text.len, copy};
    packs->buckets[bucket_of(packs, text, hash)] = (uint32_t)packs->count;
    return true;
}

static uint64_t put_together(const struct parts *parts, uint64_t prefix)
{
    return prefix << 43 | (uint64_t)parts->long_date << 42 | (uint64_t)parts->days << 26 |
           (uint64_t)(parts->digits - DIGITS_MIN) << 24 | parts->number;
}

bool packs_find(const struct packs *packs, struct str code, uint64_t *ret)
{
    struct parts parts;
    if (!take_apart(code, &parts))
        return false;
    uint32_t index = packs->buckets[bucket_of(packs, parts.prefix, packs_hash_text(parts.prefix))];
    if (!index)
        return false;
    *ret = put_together(&parts, index - 1);
    return true;
}

static int keep_copy(struct str code, uint64_t *ret)
{
    char *copy = malloc(code.len + 1);
    if (!copy)
        return ERR_NOMEM;
    copy[0] = (char)code.len; /* at most CODE_MAX */
    if (code.len)
        memcpy(copy + 1, code.data, code.len);
    *ret = COPY_BIT | (uint64_t)(uintptr_t)copy;
    return 0;
}

int packs_keep(struct packs *packs, struct str code, uint64_t *ret)
{
    struct parts parts;
    if (packs_find(packs, code, ret))
        return 0;
    if (!take_apart(code, &parts) || packs->count == PREFIX_MAX)
        return keep_copy(code, ret);
    if (!add_prefix(packs, parts.prefix))
        return ERR_NOMEM;
    *ret = put_together(&parts, packs->count - 1);
    return 0;
}

static char *copy_of(uint64_t packed)
{
    return packed & COPY_BIT ? (char *)(uintptr_t)(packed & ~COPY_BIT) : NULL;
}

static struct str copied(const char *copy)
{
    return (struct str){copy + 1, (unsigned char)copy[0]};
}

uint32_t packs_hash(uint64_t kept)
{
    const char *copy = copy_of(kept);
    return copy ? packs_hash_text(copied(copy)) : mix(kept);
}

bool packs_is_copy_of(uint64_t kept, struct str code)
{
    const char *copy = copy_of(kept);
    return copy && str_eq(copied(copy), code);
}

void packs_drop(struct packs *packs, uint64_t packed)
{
    (void)packs;
    free(copy_of(packed));
}

struct str packs_text(const struct packs *packs, uint64_t packed, char out[CODE_MAX + 1])
{
    const char *copy = copy_of(packed);
    if (copy)
        return copied(copy);
    const struct prefix *prefix = &packs->prefixes[packed >> 43];
    int digits = (int)(packed >> 24 & 3) + DIGITS_MIN;
    char date[TIME_TEXT_SIZE];
    int32_t day = (int32_t)(packed >> 26 & 0xffff) + day_from_date(2000, 1, 1);
    day_format(day, date); /* yyyy-MM-dd */
    bool long_date = packed >> 42 & 1;
    int len = snprintf(out, CODE_MAX + 1, "%.*s-%.*s%.2s%.2s-%0*u", (int)prefix->len, prefix->text,
                       long_date ? 4 : 2, date + (long_date ? 0 : 2), date + 5, date + 8, digits,
                       (unsigned)(packed & 0xffffff));
    return (struct str){out, (size_t)len};
}
