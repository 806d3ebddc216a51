#include "domain/heap.h"

#include <stdlib.h>

#include "base/error.h"

void heap_init(struct heap *heap)
{
    *heap = (struct heap){0};
}

void heap_deinit(struct heap *heap)
{
    free(heap->nodes);
    *heap = (struct heap){0};
}

static void put(struct heap *heap, size_t place, struct heap_node *node)
{
    heap->nodes[place] = node;
    node->place = place;
}

/* Moves the node of `place` towards the root, then towards the leaves, until its key fits. */
static void settle(struct heap *heap, size_t place)
{
    struct heap_node *node = heap->nodes[place];
    while (place > 0 && heap->nodes[(place - 1) / 2]->key > node->key) {
        put(heap, place, heap->nodes[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && heap->nodes[child + 1]->key < heap->nodes[child]->key)
            child++;
        if (heap->nodes[child]->key >= node->key)
            break;
        put(heap, place, heap->nodes[child]);
        place = child;
    }
    put(heap, place, node);
}

int heap_insert(struct heap *heap, struct heap_node *node, int64_t key)
{
    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity ? 2 * heap->capacity : 64;
        struct heap_node **nodes = realloc(heap->nodes, capacity * sizeof *nodes);
        if (!nodes)
            return ERR_NOMEM;
        heap->nodes = nodes;
        heap->capacity = capacity;
    }
    node->key = key;
    put(heap, heap->count++, node);
    settle(heap, node->place);
    return 0;
}

void heap_move(struct heap *heap, struct heap_node *node, int64_t key)
{
    node->key = key;
    settle(heap, node->place);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;
    struct heap_node *last = heap->nodes[--heap->count];
    if (last == node)
        return;
    put(heap, place, last);
    settle(heap, place);
}

struct heap_node *heap_min(const struct heap *heap)
{
    return heap->count ? heap->nodes[0] : NULL;
}

static size_t walk(const struct heap *heap, size_t place, int64_t limit,
                   void (*visit)(void *arg, struct heap_node *node), void *arg)
{
    if (place >= heap->count || heap->nodes[place]->key > limit)
        return 0;
    if (visit)
        visit(arg, heap->nodes[place]);
    return 1 + walk(heap, 2 * place + 1, limit, visit, arg) +
           walk(heap, 2 * place + 2, limit, visit, arg);
}

size_t heap_up_to(const struct heap *heap, int64_t limit,
                  void (*visit)(void *arg, struct heap_node *node), void *arg)
{
    return walk(heap, 0, limit, visit, arg);
}
