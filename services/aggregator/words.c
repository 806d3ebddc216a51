#include "aggregator/words.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 256, BLOCK_SIZE = 4096 };

/* Texts lie in blocks that never move. */
struct block {
    struct block *next;
    size_t used;
    char bytes[BLOCK_SIZE];
};

struct words {
    struct str *texts; /* by number - 1 */
    uint32_t count;
    uint32_t capacity;
    uint32_t *slots; /* number, 0 = free; at most half full */
    uint32_t slot_count;
    struct block *blocks;
};

uint32_t text_hash(struct str text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    return (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

struct words *words_new(void)
{
    struct words *words = calloc(1, sizeof *words);
    if (!words)
        return NULL;
    words->slots = calloc(SLOTS_FIRST, sizeof *words->slots);
    words->slot_count = SLOTS_FIRST;
    return words->slots ? words : words_free(words);
}

struct words *words_free(struct words *words)
{
    if (!words)
        return NULL;
    while (words->blocks) {
        struct block *next = words->blocks->next;
        free(words->blocks);
        words->blocks = next;
    }
    free(words->texts);
    free(words->slots);
    free(words);
    return NULL;
}

/* The slot that holds the text, or the free one where it belongs. */
static uint32_t *slot_of(const struct words *words, struct str text)
{
    uint32_t mask = words->slot_count - 1;
    uint32_t at = text_hash(text) & mask;
    while (words->slots[at] && !str_eq(words->texts[words->slots[at] - 1], text))
        at = (at + 1) & mask;
    return &words->slots[at];
}

static bool grow(struct words *words)
{
    uint32_t *old = words->slots;
    uint32_t *slots = calloc(words->slot_count * 2, sizeof *slots);
    if (!slots)
        return false;
    words->slots = slots;
    words->slot_count *= 2;
    for (uint32_t number = 1; number <= words->count; number++)
        *slot_of(words, words->texts[number - 1]) = number;
    free(old);
    return true;
}

static const char *keep(struct words *words, struct str text)
{
    struct block *block = words->blocks;
    if (text.len > BLOCK_SIZE)
        return NULL;
    if (!block || BLOCK_SIZE - block->used < text.len) {
        block = malloc(sizeof *block);
        if (!block)
            return NULL;
        block->next = words->blocks;
        block->used = 0;
        words->blocks = block;
    }
    char *at = memcpy(block->bytes + block->used, text.data, text.len);
    block->used += text.len;
    return at;
}

static uint32_t add(struct words *words, struct str text)
{
    if (words->count == WORDS_MAX)
        return 0;
    if (words->count == words->capacity) {
        uint32_t capacity = words->capacity ? words->capacity * 2 : SLOTS_FIRST;
        struct str *grown = realloc(words->texts, capacity * sizeof *grown);
        if (!grown)
            return 0;
        words->texts = grown;
        words->capacity = capacity;
    }
    if ((words->count + 1) * 2 > words->slot_count && !grow(words))
        return 0;
    const char *kept = keep(words, text);
    if (!kept)
        return 0;
    uint32_t *slot = slot_of(words, text);
    words->texts[words->count++] = (struct str){kept, text.len};
    return *slot = words->count;
}

uint32_t words_number(struct words *words, struct str text)
{
    if (!str_given(text))
        return 0;
    uint32_t number = *slot_of(words, text);
    return number ? number : add(words, text);
}

struct str words_text(const struct words *words, uint32_t number)
{
    return words->texts[number - 1];
}
