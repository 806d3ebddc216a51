#include "tail_value.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"

int tail_codecs_init(struct tail_codecs *codecs, struct error *err)
{
    *codecs = (struct tail_codecs){0};
    int r = codec_new(&codec_event_layout, &codecs->event, err);
    if (r == 0)
        r = codec_new(&codec_alert_layout, &codecs->alert, err);
    if (r < 0)
        tail_codecs_deinit(codecs);
    return r;
}

void tail_codecs_deinit(struct tail_codecs *codecs)
{
    codecs->event = codec_free(codecs->event);
    codecs->alert = codec_free(codecs->alert);
}

void tail_decode(const struct tail_codecs *codecs, struct str value, struct tail_value *ret)
{
    struct str datum;
    *ret = (struct tail_value){0};
    if (!value.data)
        return;
    ret->fault = codec_unframe(value.data, value.len, &ret->schema_id, &datum);
    if (ret->fault != CODEC_OK)
        return;
    bool alert = ret->schema_id == CODEC_SCHEMA_ALERT_V1;
    ret->fault = codec_read(alert ? codecs->alert : codecs->event, value.data, value.len,
                            alert ? (void *)&ret->alert : (void *)&ret->event, &ret->fault_at);
    if (ret->fault == CODEC_OK)
        ret->layout = alert ? &codec_alert_layout : &codec_event_layout;
}

const struct codec_field *tail_field(const struct codec_layout *layout, struct str name)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        if (str_eq(str_of(layout->fields[i].name), name))
            return &layout->fields[i];
    }
    return NULL;
}

static const void *field_at(const struct tail_value *value, const struct codec_field *field)
{
    const char *base = value->layout == &codec_alert_layout ? (const char *)&value->alert
                                                            : (const char *)&value->event;
    return base + field->offset;
}

static int64_t field_number(const struct codec_field *field, const void *at)
{
    if (field->type == CODEC_INT64)
        return *(const int64_t *)at;
    return field->type == CODEC_INT32 ? *(const int32_t *)at : *(const int *)at;
}

/* Every 64-bit field of our schemas is a time. */
struct str tail_field_text(const struct tail_value *value, const struct codec_field *field,
                           char *out)
{
    const void *at = field_at(value, field);
    switch (field->type) {
    case CODEC_STR: {
        struct str text = *(const struct str *)at;
        if (field->size == 0 || !str_given(text))
            return text;
        return str_of(hex_encode((const uint8_t *)text.data, text.len, out));
    }
    case CODEC_FIXED: return str_of(hex_encode(at, field->size, out));
    case CODEC_INT64: return str_of(time_format(field_number(field, at), out));
    case CODEC_ENUM: return str_of(field->symbols[field_number(field, at)]);
    case CODEC_TRI:
        return field_number(field, at) < 0 ? STR_NONE
               : field_number(field, at)   ? STR("true")
                                           : STR("false");
    default:
        snprintf(out, TAIL_FIELD_SIZE, "%" PRId64, field_number(field, at));
        return str_of(out);
    }
}

void tail_value_json(struct json_out *out, const char *key, const struct tail_value *value)
{
    char text[TAIL_FIELD_SIZE];
    json_begin_object(out, key);
    for (size_t i = 0; i < value->layout->field_count; i++) {
        const struct codec_field *field = &value->layout->fields[i];
        struct str shown = tail_field_text(value, field, text);
        if (!str_given(shown))
            json_put_null(out, field->name);
        else if (field->type == CODEC_INT32)
            json_put_integer(out, field->name, field_number(field, field_at(value, field)));
        else if (field->type == CODEC_TRI)
            json_put_bool(out, field->name, field_number(field, field_at(value, field)) != 0);
        else
            json_put_text(out, field->name, shown);
    }
    json_end_object(out);
}
