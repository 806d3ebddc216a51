/*
 * The events of all lives in the order in which they arrive: minutes after they happened, some of them after later news of the same
 * dossier, some of them twice. All shares are exact.
 */
#include "gen.h"

#include <stdlib.h>

struct stream {
    struct gen *gen;
    struct gen_said *said;
    size_t count;
    size_t late;  /* to be chosen still */
    size_t twice; /* to be chosen still */
};

static int by_time(const void *a, const void *b)
{
    const struct gen_said *x = a;
    const struct gen_said *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Total, so that the order does not depend on the C library's qsort. */
static int by_place(const void *a, const void *b)
{
    const struct gen_said *x = a;
    const struct gen_said *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    if (x->life != y->life)
        return x->life < y->life ? -1 : 1;
    return by_time(a, b);
}

static int64_t minutes(struct stream *stream, int64_t low, int64_t high)
{
    return gen_between(&stream->gen->random, low * MS_PER_MINUTE, high * MS_PER_MINUTE);
}

/* The first two stay; which of the others do is chance. Returns how many are left. */
static size_t thin_out(struct stream *stream, struct gen_said *said, size_t count, size_t budget)
{
    for (size_t i = 2; i < budget && i < count; i++) {
        size_t other = i + gen_below(&stream->gen->random, (uint32_t)(count - i));
        struct gen_said chosen = said[other];
        said[other] = said[i];
        said[i] = chosen;
    }
    return budget < count ? budget : count;
}

/* One of `wanted` things falls to this life, as many lives being left: every choice of lives is equally likely. */
static bool falls_here(struct stream *stream, size_t wanted, size_t lives_left)
{
    return gen_below(&stream->gen->random, (uint32_t)lives_left) < wanted;
}

static void arrive(struct stream *stream, struct gen_said *said, size_t count)
{
    int64_t before = NO_TIME;
    for (size_t i = 0; i < count; i++) {
        int64_t at = said[i].at + minutes(stream, 1, 15);
        if (at <= before)
            at = before + 1;
        said[i].ingested_at = said[i].place = before = at;
    }
}

/* An event that is earlier than the last one comes after it. */
static void delay_one(struct stream *stream, struct gen_said *said, size_t count, size_t lives_left)
{
    size_t earlier = 0;
    while (said[earlier].at < said[count - 1].at)
        earlier++;
    if (earlier == 0 || !falls_here(stream, stream->late, lives_left))
        return;
    struct gen_said *late = &said[gen_below(&stream->gen->random, (uint32_t)earlier)];
    late->ingested_at = late->place = said[count - 1].place + minutes(stream, 1, 600);
    stream->late--;
}

/* Kafka's own redelivery: the same bytes once more, a little later. */
static size_t repeat_one(struct stream *stream, struct gen_said *said, size_t count,
                         size_t lives_left)
{
    if (!falls_here(stream, stream->twice, lives_left))
        return count;
    said[count] = said[gen_below(&stream->gen->random, (uint32_t)count)];
    said[count].place += minutes(stream, 1, 10);
    stream->twice--;
    return count + 1;
}

/* said: all that this life can say, of which so many are wanted. */
static void add_life(struct stream *stream, size_t index, struct gen_said *said, size_t count,
                     size_t wanted)
{
    size_t lives_left = stream->gen->life_count - index;
    count = thin_out(stream, said, count, wanted);
    qsort(said, count, sizeof *said, by_time);
    arrive(stream, said, count);
    delay_one(stream, said, count, lives_left);
    count = repeat_one(stream, said, count, lives_left);
    for (size_t i = 0; i < count; i++) {
        said[i].life = (uint32_t)index;
        stream->said[stream->count++] = said[i];
    }
}

static size_t count_all(const struct gen *gen)
{
    struct gen_said said[GEN_SAID_MAX];
    size_t count = 0;
    for (size_t i = 0; i < gen->life_count; i++)
        count += gen_said_list(&gen->lives[i], said);
    return count;
}

/* Two of each life, and of what else there is to say the same share of all: it adds up exactly. */
static void add_lives(struct stream *stream, size_t distinct, size_t possible)
{
    struct gen_said said[GEN_SAID_MAX + 1];
    size_t lives = stream->gen->life_count;
    size_t wanted = distinct - 2 * lives;
    size_t others = possible - 2 * lives;
    size_t seen = 0;
    size_t given = 0;
    for (size_t i = 0; i < lives; i++) {
        size_t count = gen_said_list(&stream->gen->lives[i], said);
        seen += count - 2;
        size_t due = others > 0 ? wanted * seen / others : 0;
        add_life(stream, i, said, count, 2 + due - given);
        given = due;
    }
}

int gen_stream(struct gen *gen, const struct gen_traffic *traffic, struct gen_said **ret,
               size_t *ret_count, struct error *err)
{
    struct stream stream = {.gen = gen};
    size_t possible = count_all(gen);
    size_t least = 2 * gen->life_count;
    size_t distinct = traffic->events > 0 ? (size_t)traffic->events : possible;
    stream.twice = gen_share((int64_t)distinct, traffic->duplicate_ppm);
    stream.late = gen_share((int64_t)distinct, traffic->late_ppm);
    if (traffic->events > 0)
        distinct -= stream.twice;
    if (distinct > possible || distinct < least)
        return error_set(err, ERR_INPUT,
                         "%zu dossiers give %zu to %zu events besides the repeated ones, not %zu",
                         gen->life_count, least, possible, distinct);
    stream.said = malloc((distinct + stream.twice) * sizeof *stream.said);
    if (!stream.said)
        return error_set(err, ERR_NOMEM, "out of memory");
    add_lives(&stream, distinct, possible);
    if (stream.late > 0 || stream.twice > 0) {
        free(stream.said);
        return error_set(err, ERR_INPUT,
                         "too few dossiers: %zu late and %zu repeated events find no place",
                         stream.late, stream.twice);
    }
    qsort(stream.said, stream.count, sizeof *stream.said, by_place);
    *ret = stream.said;
    *ret_count = stream.count;
    return 0;
}
