#include "alerter/deadlines.h"

#include <stdlib.h>

#include "base/error.h"
#include "domain/heap.h"

/* A dossier that is watched: in the heap by its deadline and in a hash chain by its code. */
struct watched {
    struct heap_node node; /* first, so that a node is its entry */
    struct watched *next;
    uint32_t hash;
    size_t len;
    char code[];
};

struct deadlines {
    struct heap heap;
    struct watched **buckets;
    size_t bucket_count; /* a power of two */
};

enum { BUCKETS_FIRST = 256 };

struct deadlines *deadlines_new(void)
{
    struct deadlines *deadlines = calloc(1, sizeof *deadlines);
    if (!deadlines)
        return NULL;
    heap_init(&deadlines->heap);
    deadlines->bucket_count = BUCKETS_FIRST;
    deadlines->buckets = calloc(deadlines->bucket_count, sizeof *deadlines->buckets);
    return deadlines->buckets ? deadlines : deadlines_free(deadlines);
}

struct deadlines *deadlines_free(struct deadlines *deadlines)
{
    if (!deadlines)
        return NULL;
    for (size_t i = 0; deadlines->buckets && i < deadlines->bucket_count; i++) {
        for (struct watched *at = deadlines->buckets[i], *next; at; at = next) {
            next = at->next;
            free(at);
        }
    }
    heap_deinit(&deadlines->heap);
    free(deadlines->buckets);
    free(deadlines);
    return NULL;
}

/* FNV-1a: codes come from our own topic and the table doubles, so no keyed hash is needed. */
static uint32_t hash_of(struct str code)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < code.len; i++)
        hash = (hash ^ (unsigned char)code.data[i]) * 16777619u;
    return hash;
}

/* The link that points to the code's entry, or to the NULL at the end of its chain. */
static struct watched **find(const struct deadlines *deadlines, struct str code, uint32_t hash)
{
    struct watched **link = &deadlines->buckets[hash & (deadlines->bucket_count - 1)];
    while (*link &&
           ((*link)->hash != hash || !str_eq((struct str){(*link)->code, (*link)->len}, code)))
        link = &(*link)->next;
    return link;
}

/* Doubles the table; when memory is short the chains only get longer. */
static void grow(struct deadlines *deadlines)
{
    size_t count = deadlines->bucket_count * 2;
    struct watched **buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return;
    for (size_t i = 0; i < deadlines->bucket_count; i++) {
        for (struct watched *at = deadlines->buckets[i], *next; at; at = next) {
            next = at->next;
            at->next = buckets[at->hash & (count - 1)];
            buckets[at->hash & (count - 1)] = at;
        }
    }
    free(deadlines->buckets);
    deadlines->buckets = buckets;
    deadlines->bucket_count = count;
}

static int add(struct deadlines *deadlines, struct str code, uint32_t hash, int64_t deadline_at)
{
    struct watched *entry = malloc(sizeof *entry + code.len);
    if (!entry)
        return ERR_NOMEM;
    if (heap_insert(&deadlines->heap, &entry->node, deadline_at) < 0) {
        free(entry);
        return ERR_NOMEM;
    }
    entry->hash = hash;
    entry->len = code.len;
    if (code.len)
        memcpy(entry->code, code.data, code.len);
    if (deadlines->heap.count > deadlines->bucket_count)
        grow(deadlines);
    struct watched **head = &deadlines->buckets[hash & (deadlines->bucket_count - 1)];
    entry->next = *head;
    *head = entry;
    return 0;
}

int deadlines_set(struct deadlines *deadlines, struct str code, int64_t deadline_at)
{
    uint32_t hash = hash_of(code);
    struct watched **link = find(deadlines, code, hash);
    struct watched *entry = *link;
    if (!entry)
        return deadline_at == NO_TIME ? 0 : add(deadlines, code, hash, deadline_at);
    if (deadline_at != NO_TIME) {
        heap_move(&deadlines->heap, &entry->node, deadline_at);
        return 0;
    }
    *link = entry->next;
    heap_remove(&deadlines->heap, &entry->node);
    free(entry);
    return 0;
}

int64_t deadlines_next(const struct deadlines *deadlines)
{
    const struct heap_node *node = heap_min(&deadlines->heap);
    return node ? node->key : NO_TIME;
}

size_t deadlines_count(const struct deadlines *deadlines)
{
    return deadlines->heap.count;
}

struct collector {
    struct str *codes;
    size_t count;
    size_t max;
};

static void collect(void *arg, struct heap_node *node)
{
    struct collector *collector = arg;
    const struct watched *entry = (const struct watched *)node;
    if (collector->count < collector->max)
        collector->codes[collector->count++] = (struct str){entry->code, entry->len};
}

size_t deadlines_due(const struct deadlines *deadlines, int64_t now_at, struct str *codes,
                     size_t max)
{
    struct collector collector = {.codes = codes, .max = max};
    return heap_up_to(&deadlines->heap, now_at, collect, &collector);
}
