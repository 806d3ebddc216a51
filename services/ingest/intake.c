#include "ingest/intake.h"

struct map_input intake_input(const struct intake *intake, const struct source *source,
                              struct str agency, int64_t ingested_at)
{
    return (struct map_input){.source = source,
                              .event_key = intake->event_key,
                              .officer_key = intake->officer_key,
                              .agency = agency,
                              .ingested_at = ingested_at};
}

int intake_row(struct intake *intake, const struct map_input *input, map_row *map,
               const struct json *row, const struct receipt *receipt, size_t *ret_sent,
               struct refusal *ret, struct error *err)
{
    struct mapped *mapped = intake->mapped;
    *ret_sent = 0;
    int result = map(input, row, mapped, ret);
    if (result == MAP_REFUSED) {
        ingest_metrics_refused(intake->metrics, ret->code);
        return result;
    }
    if (result)
        return error_set(err, result, "out of memory");
    for (size_t i = 0; i < mapped->count; i++) {
        result = publisher_send(intake->publisher, &mapped->events[i], receipt, err);
        if (result)
            return result == PRODUCER_FULL ? INTAKE_FULL : result;
        ++*ret_sent;
    }
    return 0;
}
