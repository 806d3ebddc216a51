#include "service/life.h"

#include <stdlib.h>

#include "codec/codec.h"
#include "service/reference.h"

static int by_order(const void *a, const void *b)
{
    return event_compare(*(const struct event *const *)a, *(const struct event *const *)b);
}

static int decode(struct life *life, struct codec *codec, struct error *err)
{
    life->count = pg_rows(life->rows);
    life->decoded = calloc(life->count, sizeof *life->decoded);
    life->events = calloc(life->count, sizeof *life->events);
    life->tenures = calloc(2 * life->count + 2, sizeof *life->tenures);
    if (!life->decoded || !life->events || !life->tenures)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < life->count; i++) {
        struct str payload = pg_get_text(life->rows, i, 0);
        enum codec_fault fault =
            codec_read(codec, payload.data, payload.len, &life->decoded[i], NULL);
        if (fault != CODEC_OK)
            return error_set(err, ERR_FAILED, "hoso.dossier_event: payload is %s",
                             codec_fault_name(fault));
        life->events[i] = &life->decoded[i];
    }
    qsort(life->events, life->count, sizeof life->events[0], by_order);
    return 0;
}

static int fold(struct life *life, const struct config *config, struct codec *codec,
                struct error *err)
{
    struct fold_rules rules;
    struct dossier folded;
    struct fold *fold = fold_new();
    int r =
        fold ? reference_rules(config, &rules, err) : error_set(err, ERR_NOMEM, "out of memory");
    if (r == 0)
        r = decode(life, codec, err);
    if (r == 0 && fold_run(fold, &rules, life->events, life->count, &folded) < 0)
        r = error_set(err, ERR_NOMEM, "out of memory");
    if (r == 0)
        tenures_of(life->events, life->count, &folded, life->tenures, &life->tenure_count);
    fold_free(fold);
    return r;
}

int life_read(struct pg *pg, const struct config *config, struct str code, struct life *ret,
              struct error *err)
{
    const struct pg_param params[] = {pg_text(code)};
    struct codec *codec = NULL;
    *ret = (struct life){0};
    int r = pg_exec(pg,
                    "SELECT e.payload FROM hoso.dossier d JOIN hoso.dossier_event e "
                    "USING (dossier_id) WHERE d.code = $1",
                    params, 1, &ret->rows, err);
    if (r == 0 && pg_rows(ret->rows) == 0)
        return LIFE_NONE;
    if (r == 0)
        r = codec_new(&codec_event_layout, &codec, err);
    if (r == 0)
        r = fold(ret, config, codec, err);
    codec_free(codec);
    return r;
}

void life_deinit(struct life *life)
{
    free(life->decoded);
    free(life->events);
    free(life->tenures);
    pg_result_free(life->rows);
    *life = (struct life){0};
}
