/* The value of a record, decoded whatever it is: an event, an alert, or neither. */
#ifndef HOSO_CLI_TAIL_VALUE_H
#define HOSO_CLI_TAIL_VALUE_H

#include "codec/codec.h"
#include "domain/alert_notice.h"
#include "domain/event.h"
#include "json/json.h"

struct tail_codecs {
    struct codec *event;
    struct codec *alert;
};
int tail_codecs_init(struct tail_codecs *codecs, struct error *err);
void tail_codecs_deinit(struct tail_codecs *codecs); /* fine on a zeroed one */

/* layout NULL = could not be decoded: fault and the byte where it was seen; CODEC_OK with layout NULL = no value at all. */
struct tail_value {
    const struct codec_layout *layout;
    enum codec_fault fault;
    size_t fault_at;
    uint32_t schema_id;
    struct event event; /* by layout, one of the two */
    struct alert_notice alert;
};
/* Text in *ret are views into value. */
void tail_decode(const struct tail_codecs *codecs, struct str value, struct tail_value *ret);

/* The field of that name in either layout; NULL = there is none. */
const struct codec_field *tail_field(const struct codec_layout *layout, struct str name);

#define TAIL_FIELD_SIZE 80
/* A field as text: a view, or written into out (TAIL_FIELD_SIZE bytes). Empty = the record does not say. */
struct str tail_field_text(const struct tail_value *value, const struct codec_field *field,
                           char *out);

/* All fields as one JSON object under key; null where the record does not say. */
void tail_value_json(struct json_out *out, const char *key, const struct tail_value *value);

#endif
