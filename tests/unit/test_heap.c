/* pure */
/* The heap against a plain array searched from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/heap.h"

#define NODES 60

struct item {
    char before; /* so that the node is not at offset 0 */
    struct heap_node node;
    int64_t key;
    int inside;
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

struct tally {
    const struct heap *heap;
    size_t visits;
    struct heap_node *seen[NODES];
};

static void count_visit(void *arg, struct heap_node *node)
{
    struct tally *tally = arg;
    assert_true(node->key <= 10);
    assert_ptr_equal(tally->heap->nodes[node->place], node);
    for (size_t i = 0; i < tally->visits; i++)
        assert_ptr_not_equal(tally->seen[i], node);
    tally->seen[tally->visits++] = node;
}

static void check_against_array(const struct heap *heap, const struct item *items)
{
    size_t inside = 0, low = 0;
    int64_t min = INT64_MAX;
    for (size_t i = 0; i < NODES; i++) {
        if (!items[i].inside)
            continue;
        inside++;
        low += items[i].key <= 10;
        if (items[i].key < min)
            min = items[i].key;
        assert_ptr_equal(heap->nodes[items[i].node.place], &items[i].node);
    }
    assert_int_equal(heap->count, inside);
    struct tally tally = {.heap = heap};
    assert_int_equal(heap_up_to(heap, 10, NULL, NULL), low);
    assert_int_equal(heap_up_to(heap, 10, count_visit, &tally), low);
    assert_int_equal(tally.visits, low);
    if (inside)
        assert_int_equal(heap_min(heap)->key, min);
    else
        assert_null(heap_min(heap));
}

static void test_random_operations(void **state)
{
    (void)state;
    static struct item items[NODES];
    struct heap heap;
    heap_init(&heap);
    uint32_t seed = 20260101;
    for (int step = 0; step < 20000; step++) {
        struct item *item = &items[next_random(&seed) % NODES];
        int64_t key = (int64_t)(next_random(&seed) % 50) - 20; /* many ties, negative keys too */
        if (!item->inside) {
            assert_int_equal(heap_insert(&heap, &item->node, key), 0);
            item->inside = 1;
            item->key = key;
        } else if (next_random(&seed) % 2) {
            heap_move(&heap, &item->node, key);
            item->key = key;
        } else {
            heap_remove(&heap, &item->node);
            item->inside = 0;
        }
        check_against_array(&heap, items);
    }
    heap_deinit(&heap);
}

static void test_comes_out_in_order(void **state)
{
    (void)state;
    struct heap_node nodes[100];
    struct heap heap;
    heap_init(&heap);
    for (int i = 0; i < 100; i++)
        assert_int_equal(heap_insert(&heap, &nodes[i], (i * 37) % 101), 0);
    int64_t last = INT64_MIN;
    while (heap_min(&heap)) {
        struct heap_node *node = heap_min(&heap);
        assert_true(node->key >= last);
        last = node->key;
        heap_remove(&heap, node);
    }
    heap_deinit(&heap);
}

static void test_extreme_keys(void **state)
{
    (void)state;
    struct heap_node a, b;
    struct heap heap;
    heap_init(&heap);
    assert_int_equal(heap_insert(&heap, &a, INT64_MAX), 0);
    assert_int_equal(heap_insert(&heap, &b, INT64_MIN), 0);
    assert_ptr_equal(heap_min(&heap), &b);
    assert_int_equal(heap_up_to(&heap, INT64_MAX, NULL, NULL), 2);
    assert_int_equal(heap_up_to(&heap, 0, NULL, NULL), 1);
    heap_deinit(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_comes_out_in_order),
        cmocka_unit_test(test_extreme_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
