/* pure */
/*
 * Random lives of a ring against a plain list. The law: a position is given away exactly when every item up to it is over, and a
 * crash at any moment, going on from the position given last, reads every item that is not over again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "domain/ring.h"

enum { RUNS = 3000, STEPS = 200, ITEMS_MAX = STEPS };

struct mirror {
    uint64_t number;
    int64_t position;
    int outstanding;
    bool sealed;
};

struct life {
    struct ring *ring;
    struct mirror items[ITEMS_MAX];
    size_t count;
    size_t given; /* items of the prefix that has been given away */
    uint32_t random;
    uint32_t seed;
};

static uint32_t below(struct life *life, uint32_t limit)
{
    life->random = life->random * 1664525u + 1013904223u;
    return (life->random >> 8) % limit;
}

static void hold(const struct life *life, bool law, const char *text)
{
    if (!law)
        fail_msg("seed %u: %s", life->seed, text);
}

static bool over(const struct mirror *item)
{
    return item->sealed && item->outstanding == 0;
}

static void begin_one(struct life *life)
{
    bool full = life->count - life->given == ring_capacity(life->ring);
    hold(life, ring_full(life->ring) == full, "full when and only when as many items are inside");
    if (full || life->count == ITEMS_MAX)
        return;
    int64_t before = life->count ? life->items[life->count - 1].position : -5;
    struct mirror *item = &life->items[life->count++];
    *item = (struct mirror){.position = before + 1 + below(life, 10)};
    item->number = ring_begin(life->ring, item->position);
}

/* Something happens to one of the items inside, whichever. */
static void touch_one(struct life *life)
{
    if (life->count == life->given)
        return;
    struct mirror *item =
        &life->items[life->given + below(life, (uint32_t)(life->count - life->given))];
    uint32_t what = below(life, 3);
    if (what == 0 && !item->sealed) {
        ring_sent(life->ring, item->number);
        item->outstanding++;
    } else if (what == 1 && !item->sealed) {
        ring_seal(life->ring, item->number);
        item->sealed = true;
    } else if (item->outstanding > 0) {
        ring_settled(life->ring, item->number);
        item->outstanding--;
    }
}

static void advance(struct life *life)
{
    int64_t position = INT64_MIN;
    size_t expected = life->given;
    while (expected < life->count && over(&life->items[expected]))
        expected++;
    bool moved = ring_advance(life->ring, &position);
    hold(life, moved == (expected > life->given), "it moves when and only when the front is over");
    if (moved)
        hold(life, position == life->items[expected - 1].position, "to the last of the prefix");
    life->given = expected;
    hold(life, ring_size(life->ring) == life->count - life->given, "the rest stays inside");
    for (size_t i = 0; i < life->count; i++) {
        if (!over(&life->items[i]))
            hold(life, !moved || life->items[i].position > position,
                 "what is not over lies behind every position given away");
    }
}

static void random_lives(void **state)
{
    (void)state;
    static struct life life;
    for (uint32_t seed = 1; seed <= RUNS; seed++) {
        life = (struct life){.random = seed, .seed = seed};
        assert_int_equal(ring_new(1 + below(&life, 12), &life.ring), 0);
        for (int step = 0; step < STEPS; step++) {
            switch (below(&life, 5)) {
            case 0: begin_one(&life); break;
            case 1: advance(&life); break;
            default: touch_one(&life); break;
            }
        }
        ring_free(life.ring);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_lives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
