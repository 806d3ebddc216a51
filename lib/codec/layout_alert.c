/* struct alert_notice as schemas/avro/alert.v1.avsc has it. */
#include "codec/codec.h"
#include "domain/alert_notice.h"

#define FIELD(field, kind, ...)                                                                    \
    {                                                                                              \
        .name = #field, .type = kind, .offset = offsetof(struct alert_notice, field), __VA_ARGS__  \
    }
#define TIME(field, ...) FIELD(field, CODEC_INT64, .default_number = NO_TIME, __VA_ARGS__)

static const struct codec_field fields[] = {
    FIELD(alert_id, CODEC_FIXED, .size = EVENT_ID_SIZE, .required = true),
    FIELD(state, CODEC_ENUM, .symbols = alert_state_names, .required = true),
    FIELD(rule, CODEC_STR, .required = true),
    FIELD(episode, CODEC_INT32, .required = true),
    FIELD(dossier_code, CODEC_STR, .required = true),
    FIELD(unit_id, CODEC_INT32),
    FIELD(unit_code, CODEC_STR),
    FIELD(unit_name, CODEC_STR),
    FIELD(procedure_code, CODEC_STR),
    TIME(due_at, .required = true),
    TIME(original_due_at),
    TIME(deadline_at, .required = true),
    TIME(fired_at, .required = true),
    TIME(ended_at),
    TIME(last_event_at),
    TIME(last_ingested_at),
    FIELD(late_data, CODEC_TRI, .default_number = TRI_UNKNOWN),
    FIELD(reason, CODEC_STR),
    FIELD(clock, CODEC_STR),
};

const struct codec_layout codec_alert_layout = {
    .name = "Alert",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .struct_size = sizeof(struct alert_notice),
};
