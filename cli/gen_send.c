/* Messages grouped into the requests that carry them. */
#include "gen.h"

#include <string.h>

#define RECORDS_PER_REQUEST 50

static bool same_request(const struct gen_message *a, const struct gen_message *b)
{
    return a->run == b->run && a->kind == b->kind && strcmp(a->madonvi, b->madonvi) == 0;
}

static void begin_envelope(struct json_out *out, const struct gen_message *message)
{
    bool progress = message->kind == GEN_PROGRESS;
    json_begin_object(out, NULL);
    json_put_text(out, "service", progress ? STR("CapNhatTienDoHoSoMC") : STR("DongBoHoSoMC"));
    json_put_text(out, "madonvi", str_of(message->madonvi));
    if (!progress)
        json_put_text(out, "isUpdating", message->kind == GEN_UPDATE ? STR("True") : STR("False"));
    json_begin_array(out, "data");
}

static int send_request(const struct gen *gen, struct json_out *out,
                        const struct gen_message *messages, size_t count, gen_sink *sink,
                        void *sink_arg, struct error *err)
{
    bool native = messages->kind == GEN_NATIVE;
    json_out_clear(out);
    if (native)
        json_begin_array(out, NULL);
    else
        begin_envelope(out, messages);
    for (size_t i = 0; i < count; i++)
        gen_put_message(out, gen, &messages[i]);
    json_end_array(out);
    if (!native)
        json_end_object(out);
    struct str body = json_out_text(out);
    if (!str_given(body))
        return error_set(err, ERR_NOMEM, "out of memory");
    return sink(sink_arg, native ? "/api/v1/events" : "/api/v1/portal", body, count, err);
}

int gen_send_all(const struct gen *gen, const struct gen_message *messages, size_t count,
                 gen_sink *sink, void *sink_arg, struct error *err)
{
    struct json_out *out = json_out_new();
    if (!out)
        return error_set(err, ERR_NOMEM, "out of memory");
    int r = 0;
    for (size_t first = 0, rows; r == 0 && first < count; first += rows) {
        bool records = messages[first].kind <= GEN_UPDATE;
        size_t most = records ? RECORDS_PER_REQUEST : (size_t)gen->chunk;
        rows = 1;
        while (rows < most && first + rows < count &&
               same_request(&messages[first], &messages[first + rows]))
            rows++;
        r = send_request(gen, out, &messages[first], rows, sink, sink_arg, err);
    }
    json_out_free(out);
    return r;
}
