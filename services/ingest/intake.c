#include "ingest/intake.h"

#include "ingest/map_avro.h"
#include "ingest/permit.h"

struct map_input intake_input(const struct intake *intake, const struct source *source,
                              const struct key *key, struct str agency, int64_t ingested_at)
{
    return (struct map_input){.source = source,
                              .key = key,
                              .event_key = intake->event_key,
                              .officer_key = intake->officer_key,
                              .agency = agency,
                              .ingested_at = ingested_at};
}

/* What comes after the mapping, which gave `mapped_result`. */
static int take(struct intake *intake, int mapped_result, const struct map_input *input,
                const struct receipt *receipt, size_t *ret_sent, struct refusal *ret,
                struct error *err)
{
    struct mapped *mapped = intake->mapped;
    *ret_sent = 0;
    if (mapped_result == 0 && input->key && !permit_row(input->key, input, mapped, ret))
        mapped_result = MAP_REFUSED;
    if (mapped_result == MAP_REFUSED) {
        ingest_metrics_refused(intake->metrics, ret->code);
        return MAP_REFUSED;
    }
    if (mapped_result)
        return error_set(err, mapped_result, "out of memory");
    for (size_t i = 0; i < mapped->count; i++) {
        int result = publisher_send(intake->publisher, &mapped->events[i], receipt, err);
        if (result)
            return result == PRODUCER_FULL ? INTAKE_FULL : result;
        ++*ret_sent;
    }
    return 0;
}

int intake_row(struct intake *intake, const struct map_input *input, map_row *map,
               const struct json *row, const struct receipt *receipt, size_t *ret_sent,
               struct refusal *ret, struct error *err)
{
    int result = map(input, row, intake->mapped, ret);
    return take(intake, result, input, receipt, ret_sent, ret, err);
}

int intake_avro(struct intake *intake, const struct map_input *input, struct str body,
                const struct receipt *receipt, size_t *ret_sent, struct refusal *ret,
                struct error *err)
{
    int result = map_avro(input, intake->codec, body, intake->mapped, ret);
    return take(intake, result, input, receipt, ret_sent, ret, err);
}
