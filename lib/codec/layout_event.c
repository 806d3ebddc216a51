/* struct event as schemas/avro/dossier_event.v1.avsc has it. */
#include "codec/codec.h"
#include "domain/event.h"

#define FIELD(field, kind, ...)                                                                    \
    {                                                                                              \
        .name = #field, .type = kind, .offset = offsetof(struct event, field), __VA_ARGS__         \
    }
#define TIME(field, ...) FIELD(field, CODEC_INT64, .default_number = NO_TIME, __VA_ARGS__)
#define YES_NO(field) FIELD(field, CODEC_TRI, .default_number = TRI_UNKNOWN)

_Static_assert(sizeof(enum event_kind) == sizeof(int), "the codec stores enumerations as int");

static const struct codec_field fields[] = {
    FIELD(event_id, CODEC_FIXED, .size = EVENT_ID_SIZE, .required = true),
    FIELD(kind, CODEC_ENUM, .symbols = event_kind_names, .required = true),
    FIELD(source, CODEC_STR, .required = true),
    FIELD(trust, CODEC_ENUM, .symbols = event_trust_names, .required = true),
    FIELD(dossier_code, CODEC_STR, .required = true),
    FIELD(alternative_code, CODEC_STR),
    TIME(occurred_at, .required = true),
    TIME(occurred_original_at),
    FIELD(time_basis, CODEC_ENUM, .symbols = time_basis_names, .required = true),
    TIME(ingested_at, .required = true),
    FIELD(status, CODEC_INT32),
    FIELD(procedure_code, CODEC_STR),
    FIELD(field_code, CODEC_STR),
    FIELD(deciding_agency, CODEC_STR),
    FIELD(receiving_agency, CODEC_STR),
    FIELD(deciding_unit, CODEC_STR),
    FIELD(channel, CODEC_ENUM, .symbols = channel_names),
    FIELD(subject, CODEC_ENUM, .symbols = subject_names),
    FIELD(online_level, CODEC_ENUM, .symbols = online_level_names),
    YES_NO(non_territorial),
    TIME(submitted_at),
    TIME(accepted_at),
    TIME(due_at),
    TIME(due_before_at),
    FIELD(due_reason, CODEC_ENUM, .symbols = due_reason_names),
    TIME(ended_at),
    TIME(returned_at),
    TIME(refused_at),
    TIME(step_due_at),
    YES_NO(fee_due),
    YES_NO(paid),
    YES_NO(paid_online),
    YES_NO(digitised),
    YES_NO(apology_sent),
    FIELD(late_reason, CODEC_STR),
    FIELD(rating, CODEC_INT32),
    FIELD(transfer_from, CODEC_STR),
    FIELD(transfer_to, CODEC_STR),
    FIELD(alias_of, CODEC_STR),
    FIELD(officer, CODEC_STR, .size = EVENT_ID_SIZE),
};

const struct codec_layout codec_event_layout = {
    .name = "DossierEvent",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .struct_size = sizeof(struct event),
};
