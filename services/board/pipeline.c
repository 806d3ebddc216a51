#include "board/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const pipeline_services[SERVICES] = {"ingest", "aggregator", "alerter"};

bool pipeline_equal(const struct pipeline *a, const struct pipeline *b)
{
    bool same = a->events == b->events && a->rate_milli == b->rate_milli &&
                a->lag_records == b->lag_records && a->lag_s == b->lag_s && a->held == b->held &&
                a->dead_letters == b->dead_letters && a->quarantined == b->quarantined &&
                a->source_count == b->source_count;
    for (int i = 0; same && i < SERVICES; i++)
        same = a->up[i] == b->up[i];
    for (size_t i = 0; same && i < a->source_count; i++)
        same = a->sources[i].last_at == b->sources[i].last_at &&
               strcmp(a->sources[i].name, b->sources[i].name) == 0;
    return same;
}

static void put_known(struct json_out *out, const char *key, int64_t value)
{
    if (value < 0)
        json_put_null(out, key);
    else
        json_put_integer(out, key, value);
}

void pipeline_write(struct json_out *out, const char *key, const struct pipeline *pipeline)
{
    json_begin_object(out, key);
    json_put_integer(out, "events", pipeline->events);
    json_put_integer(out, "rate_milli", pipeline->rate_milli);
    put_known(out, "lag_records", pipeline->lag_records);
    put_known(out, "lag_s", pipeline->lag_s);
    put_known(out, "held", pipeline->held);
    json_put_integer(out, "dead_letters", pipeline->dead_letters);
    json_put_integer(out, "quarantined", pipeline->quarantined);
    json_begin_object(out, "up");
    for (int i = 0; i < SERVICES; i++)
        json_put_bool(out, pipeline_services[i], pipeline->up[i]);
    json_end_object(out);
    json_begin_array(out, "sources");
    for (size_t i = 0; i < pipeline->source_count; i++) {
        json_begin_object(out, NULL);
        json_put_text(out, "name", str_of(pipeline->sources[i].name));
        json_put_integer(out, "last_at", pipeline->sources[i].last_at);
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
}

void pipeline_heard(struct pipeline *pipeline, struct str source, int64_t at)
{
    size_t i = 0;
    while (i < pipeline->source_count && !str_eq(str_of(pipeline->sources[i].name), source))
        i++;
    if (i == SOURCES_MAX || source.len >= SOURCE_NAME_SIZE)
        return;
    struct source_state *state = &pipeline->sources[i];
    if (i == pipeline->source_count) {
        pipeline->source_count++;
        *state = (struct source_state){.last_at = at};
        memcpy(state->name, source.data, source.len);
    }
    if (at > state->last_at)
        state->last_at = at;
}

void rate_add(struct rate *rate, struct mono at, int64_t value)
{
    if (rate->count && value < rate->samples[rate->count - 1].value)
        rate->count = 0;
    /* One sample per slot of the window is enough. */
    if (rate->count > 1 &&
        mono_diff_ms(rate->samples[rate->count - 2].at, at) < RATE_WINDOW_MS / RATE_SAMPLES)
        rate->count--;
    if (rate->count == RATE_SAMPLES) {
        memmove(rate->samples, rate->samples + 1, (RATE_SAMPLES - 1) * sizeof *rate->samples);
        rate->count--;
    }
    rate->samples[rate->count].at = at;
    rate->samples[rate->count++].value = value;
}

int64_t rate_milli(const struct rate *rate, struct mono now)
{
    size_t first = 0;
    while (first < rate->count && mono_diff_ms(rate->samples[first].at, now) > RATE_WINDOW_MS)
        first++;
    if (first + 1 >= rate->count)
        return 0;
    int64_t ms = mono_diff_ms(rate->samples[first].at, now);
    int64_t grown = rate->samples[rate->count - 1].value - rate->samples[first].value;
    return ms > 0 ? grown * 1000 * 1000 / ms : 0;
}

int64_t metrics_sum(struct str text, const char *name)
{
    size_t name_len = strlen(name);
    int64_t sum = -1;
    for (const char *line = text.data, *end = text.data + text.len; line && line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t len = stop ? (size_t)(stop - line) : (size_t)(end - line);
        if (len > name_len && memcmp(line, name, name_len) == 0 &&
            (line[name_len] == ' ' || line[name_len] == '{')) {
            char number[32];
            size_t at = len;
            while (at > 0 && line[at - 1] != ' ')
                at--;
            snprintf(number, sizeof number, "%.*s", (int)(len - at), line + at);
            sum = (sum < 0 ? 0 : sum) + strtoll(number, NULL, 10);
        }
        line = stop ? stop + 1 : NULL;
    }
    return sum;
}
