/*
 * An indexed binary min-heap of nodes that live inside the caller's own structs. Pure. Every operation on a node is
 * O(log n), because each node knows its place. One thread.
 */
#ifndef HOSO_DOMAIN_HEAP_H
#define HOSO_DOMAIN_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Embed it; the heap writes both members while the node is inside. */
struct heap_node {
    int64_t key;
    size_t place;
};

struct heap {
    struct heap_node **nodes;
    size_t count;
    size_t capacity;
};

void heap_init(struct heap *heap);
/* Frees the heap's own memory; the nodes are the caller's. */
void heap_deinit(struct heap *heap);

/* The node must not be in a heap and must stay where it is until removed. 0 or ERR_NOMEM (nothing changed). */
int heap_insert(struct heap *heap, struct heap_node *node, int64_t key);
/* The node must be in this heap. */
void heap_move(struct heap *heap, struct heap_node *node, int64_t key);
void heap_remove(struct heap *heap, struct heap_node *node);

/* A node with the smallest key; NULL when empty. */
struct heap_node *heap_min(const struct heap *heap);

/*
 * How many nodes have a key <= limit; visit (may be NULL) sees each, in no particular order, and must not change the heap.
 * Linear in the answer, not in the heap.
 */
size_t heap_up_to(const struct heap *heap, int64_t limit,
                  void (*visit)(void *arg, struct heap_node *node), void *arg);

#endif
