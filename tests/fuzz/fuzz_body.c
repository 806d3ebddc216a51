/* links: ingest */
/*
 * Any bytes as the body of a log-in or as one of our events in Avro. The first byte chooses. Seeds: tests/fuzz/body.
 *
 * A log-in's texts lie inside its own buffers; an Avro event that is taken is valid, can be written again, and bears our marks.
 */
#include "codec/codec.h"
#include "ingest/login.h"
#include "ingest/map_avro.h"

#include "fuzz.h"

static bool lies_in(struct str text, const char *buffer)
{
    return !text.len || (text.data >= buffer && text.data + text.len <= buffer + LOGIN_TEXT_MAX);
}

static void try_login(struct str body, bool form)
{
    struct login login;
    struct error err = {""};
    int result = login_read(body, form, &login, &err);
    must(result == 0 || (result == ERR_INPUT && *err.text));
    if (result == 0)
        must(lies_in(login.user, login.user_text) && lies_in(login.secret, login.secret_text));
}

static void try_avro(struct str body)
{
    static struct codec *codec;
    static struct codec_writer *writer;
    static struct mapped mapped;
    static const struct source source = {
        .name = {"nguon", 5}, .trust = TRUST_LOCAL, .secret_procedures = {"9.1,", 4}};
    if (!codec) {
        must(codec_new(&codec_event_layout, &codec, NULL) == 0);
        must(codec_writer_new(&codec_event_layout, &writer, NULL) == 0);
    }
    struct map_input input = {.source = &source,
                              .event_key = STR("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"),
                              .officer_key = STR("oooooooooooooooooooooooooooooooo"),
                              .ingested_at = INT64_C(1782882000000)};
    struct refusal refusal;
    struct str bytes;
    int result = map_avro(&input, codec, body, &mapped, &refusal);
    must(result == 0 || (result == MAP_REFUSED && refusal.code > REFUSAL_NONE));
    if (result == MAP_REFUSED)
        return;
    const struct event *event = &mapped.events[0];
    must(mapped.count == 1 && event_validate(event, NULL) == 0);
    must(str_eq(event->source, source.name) && event->trust == source.trust);
    must(event->ingested_at == input.ingested_at);
    must(event->occurred_at <= input.ingested_at + AHEAD_ACCEPTED_MS);
    must(codec_write(writer, event, &bytes, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct str body = {(const char *)data + 1, size - 1};
    if (data[0] % 3 == 2)
        try_avro(body);
    else
        try_login(body, data[0] % 3);
    return 0;
}
