#include "aggregator/dlq.h"

#include <stdlib.h>

/* The length of a header without value, which is not an empty one. */
#define HEADER_NULL UINT32_MAX

enum {
    COLUMN_PARTITION,
    COLUMN_OFFSET,
    COLUMN_KEY,
    COLUMN_VALUE,
    COLUMN_TIME,
    COLUMN_HEADERS,
    COLUMN_STAGE,
    COLUMN_CODE,
    COLUMN_MESSAGE,
    COLUMN_COUNT
};

static const enum pg_array_type column_types[COLUMN_COUNT] = {
    [COLUMN_PARTITION] = PG_INT32, [COLUMN_OFFSET] = PG_INT64, [COLUMN_KEY] = PG_BYTEA,
    [COLUMN_VALUE] = PG_BYTEA,     [COLUMN_TIME] = PG_TIME,    [COLUMN_HEADERS] = PG_BYTEA,
    [COLUMN_STAGE] = PG_TEXT,      [COLUMN_CODE] = PG_TEXT,    [COLUMN_MESSAGE] = PG_TEXT,
};

struct dlq_rows {
    struct pg_array columns[COLUMN_COUNT];
    struct header_buffer headers; /* of the record being added */
    bool failed;                  /* memory was short for them */
};

struct dlq_rows *dlq_rows_new(void)
{
    struct dlq_rows *rows = calloc(1, sizeof *rows);
    for (int i = 0; rows && i < COLUMN_COUNT; i++)
        pg_array_init(&rows->columns[i], column_types[i]);
    return rows;
}

struct dlq_rows *dlq_rows_free(struct dlq_rows *rows)
{
    if (!rows)
        return NULL;
    for (int i = 0; i < COLUMN_COUNT; i++)
        pg_array_deinit(&rows->columns[i]);
    free(rows->headers.data);
    free(rows);
    return NULL;
}

void dlq_rows_clear(struct dlq_rows *rows)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        pg_array_clear(&rows->columns[i]);
}

size_t dlq_rows_count(const struct dlq_rows *rows)
{
    return (size_t)rows->columns[COLUMN_OFFSET].count;
}

int header_buffer_add(struct header_buffer *buffer, const char *name, struct str value)
{
    size_t name_size = strlen(name) + 1;
    size_t needed = buffer->size + name_size + 4 + value.len;
    if (needed > buffer->capacity) {
        char *grown = realloc(buffer->data, needed * 2);
        if (!grown)
            return ERR_NOMEM;
        buffer->data = grown;
        buffer->capacity = needed * 2;
    }
    char *at = buffer->data + buffer->size;
    memcpy(at, name, name_size);
    at += name_size;
    uint32_t length = value.data ? (uint32_t)value.len : HEADER_NULL;
    for (int i = 0; i < 4; i++)
        *at++ = (char)(length >> (8 * (3 - i)));
    if (value.len > 0)
        memcpy(at, value.data, value.len);
    buffer->size = needed;
    return 0;
}

bool header_take(struct str *bytes, struct kafka_header *ret)
{
    const char *end = memchr(bytes->data ? bytes->data : "", 0, bytes->len);
    size_t name_size = end ? (size_t)(end - bytes->data) + 1 : 0;
    if (!end || bytes->len - name_size < 4)
        return false;
    const unsigned char *length = (const unsigned char *)end + 1;
    uint32_t size = (uint32_t)length[0] << 24 | (uint32_t)length[1] << 16 |
                    (uint32_t)length[2] << 8 | (uint32_t)length[3];
    bool null = size == HEADER_NULL;
    size = null ? 0 : size;
    if (bytes->len - name_size - 4 < size)
        return false;
    *ret = (struct kafka_header){bytes->data, {null ? NULL : end + 5, size}};
    bytes->data = end + 5 + size;
    bytes->len -= name_size + 4 + size;
    return true;
}

static void keep_header(void *arg, const char *name, struct str value)
{
    struct dlq_rows *rows = arg;
    if (header_buffer_add(&rows->headers, name, value) < 0)
        rows->failed = true;
}

int dlq_rows_add(struct dlq_rows *rows, const struct record *record, const struct refusal *refusal)
{
    rows->headers.size = 0;
    rows->failed = false;
    record_headers(record, keep_header, rows);
    if (rows->failed)
        return ERR_NOMEM;
    struct str headers = {rows->headers.data ? rows->headers.data : "", rows->headers.size};
    struct pg_array *columns = rows->columns;
    int64_t time_at = record->timestamp_ms < 0 ? NO_TIME : record->timestamp_ms;
    if (pg_array_int32(&columns[COLUMN_PARTITION], record->partition) < 0 ||
        pg_array_int64(&columns[COLUMN_OFFSET], record->offset) < 0 ||
        pg_array_text(&columns[COLUMN_KEY], record->key) < 0 ||
        pg_array_text(&columns[COLUMN_VALUE], record->value) < 0 ||
        pg_array_time(&columns[COLUMN_TIME], time_at) < 0 ||
        pg_array_text(&columns[COLUMN_HEADERS], headers) < 0 ||
        pg_array_text(&columns[COLUMN_STAGE], str_of(refusal->stage)) < 0 ||
        pg_array_text(&columns[COLUMN_CODE], str_of(refusal->code)) < 0 ||
        pg_array_text(&columns[COLUMN_MESSAGE], str_of(refusal->message)) < 0)
        return ERR_NOMEM;
    return 0;
}

int dlq_rows_queue(const struct dlq_rows *rows, struct pg *pg, struct str topic, struct error *err)
{
    if (dlq_rows_count(rows) == 0)
        return 0;
    struct pg_param params[COLUMN_COUNT + 1];
    for (int i = 0; i < COLUMN_COUNT; i++)
        params[i] = pg_array_param(&rows->columns[i]);
    params[COLUMN_COUNT] = pg_text(topic);
    return pg_queue_exec(pg,
                         "INSERT INTO dlq_outbox (partition, \"offset\", key, value, record_time, "
                         "headers, stage, error_code, message, topic) "
                         "SELECT *, $10 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) "
                         "ON CONFLICT (topic, partition, \"offset\") DO NOTHING",
                         params, COLUMN_COUNT + 1, PG_ANY, NULL, err);
}
