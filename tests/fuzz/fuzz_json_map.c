/* links: ingest */
/*
 * Any bytes as the body of a push. The first byte chooses the form and the source's trust, the rest is the body. Seeds: tests/fuzz/json_map.
 *
 *   cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_json_map
 *   build/fuzz/bin/fuzz_json_map -max_total_time=60 build/fuzz/corpus-map tests/fuzz/json_map
 *
 * What a mapper accepts must be valid events that the codec can write; what it refuses must have a reason and a place.
 */
#include "codec/codec.h"
#include "ingest/envelope.h"

#include "fuzz.h"

static void check_row(const struct map_input *input, map_row *map, const struct json *row,
                      struct mapped *mapped, struct codec_writer *writer)
{
    struct refusal refusal;
    int result = map(input, row, mapped, &refusal);
    must(result == 0 || result == MAP_REFUSED);
    if (result == MAP_REFUSED) {
        must(refusal.code > REFUSAL_NONE && refusal.code < REFUSAL_COUNT);
        must(memchr(refusal.field, '\0', sizeof refusal.field) != NULL);
        must(refusal.code != REFUSAL_BAD_VALUE ||
             *refusal.field); /* else row_end found what a mapper let pass */
        return;
    }
    must(mapped->count > 0);
    for (size_t i = 0; i < mapped->count; i++) {
        const struct event *event = &mapped->events[i];
        struct str bytes;
        must(event_validate(event, NULL) == 0);
        must(event->ingested_at == input->ingested_at);
        must(event->occurred_at <= input->ingested_at + AHEAD_ACCEPTED_MS);
        must(codec_write(writer, event, &bytes, NULL) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mapped mapped;
    static struct codec_writer *writer;
    if (size == 0)
        return 0;
    if (!writer)
        must(codec_writer_new(&codec_event_layout, &writer, NULL) == 0);
    const struct source source = {.name = STR("nguon"),
                                  .trust = data[0] & 4 ? TRUST_PORTAL : TRUST_LOCAL,
                                  .subject_map = SUBJECT_MAP_TD,
                                  .secret_procedures = STR("9.1,")};
    struct map_input input = {.source = &source,
                              .event_key = STR("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"),
                              .officer_key = STR("oooooooooooooooooooooooooooooooo"),
                              .ingested_at = INT64_C(1782882000000)};
    struct envelope envelope;
    const struct json *row;
    enum refusal_code code;
    enum envelope_form form = (enum envelope_form)((data[0] >> 3) % ENVELOPE_FORM_COUNT);
    if (form == ENVELOPE_EVENT_AVRO)
        return 0;
    if (envelope_open(form, (struct str){(const char *)data + 1, size - 1}, &envelope, NULL) != 0)
        return 0;
    input.agency = envelope.agency;
    if (!envelope.map) { /* a look-up */
        must(str_given(envelope.looked_for) && envelope.looked_for.len <= CODE_MAX);
        envelope_close(&envelope);
        return 0;
    }
    size_t rows = 0;
    for (size_t number, last = 0; (number = envelope_next(&envelope, &row, &code)); last = number) {
        must(number > last);
        must(++rows <= envelope.row_count);
        if (code == REFUSAL_NONE)
            check_row(&input, envelope.map, row, &mapped, writer);
    }
    envelope_close(&envelope);
    return 0;
}
