/*
 * Any bytes as a record's value. Seeds: schemas/golden.
 *
 *   cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_decode
 *   build/fuzz/bin/fuzz_decode -max_total_time=60 build/fuzz/corpus schemas/golden
 *
 * What is accepted must survive being written and read again; text must lie within the data.
 */
#include "codec/codec.h"
#include "domain/alert_notice.h"
#include "domain/event.h"

#include <stdlib.h>

#include "../unit/codec_compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A writer with fields of every type that the reader must skip. */
static const struct str skipping_schema = {
    .data =
        "{\"type\":\"record\",\"name\":\"W\",\"fields\":["
        "{\"name\":\"list\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":"
        "[\"null\",\"string\",{\"type\":\"map\",\"values\":\"bytes\"}]}}},"
        "{\"name\":\"nothing\",\"type\":{\"type\":\"array\",\"items\":\"null\"}},"
        "{\"name\":\"rule\",\"type\":[\"string\",\"null\"]},"
        "{\"name\":\"choice\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\",\"b\"]}"
        "},"
        "{\"name\":\"alert_id\",\"type\":{\"type\":\"fixed\",\"name\":\"I\",\"size\":16}},"
        "{\"name\":\"state\",\"type\":{\"type\":\"enum\",\"name\":\"S\",\"symbols\":[\"x\","
        "\"firing\"]}},"
        "{\"name\":\"episode\",\"type\":\"int\"},{\"name\":\"dossier_code\",\"type\":\"bytes\"},"
        "{\"name\":\"due_at\",\"type\":\"int\"},{\"name\":\"deadline_at\",\"type\":\"long\"},"
        "{\"name\":\"fired_at\",\"type\":\"long\"},{\"name\":\"real\",\"type\":\"double\"},"
        "{\"name\":\"late_data\",\"type\":\"boolean\"}]}",
};

struct reader {
    const struct codec_layout *layout;
    struct codec *codec;
    struct codec_writer *writer;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void open_reader(struct reader *reader, const struct codec_layout *layout)
{
    reader->layout = layout;
    require(codec_new(layout, &reader->codec, NULL) == 0);
    require(codec_writer_new(layout, &reader->writer, NULL) == 0);
}

/* true when the bytes were accepted: *first holds them. */
static bool check(const struct reader *reader, const uint8_t *data, size_t size, void *first,
                  void *second)
{
    size_t offset = 0;
    enum codec_fault fault = codec_read(reader->codec, data, size, first, &offset);
    require(codec_fault_name(fault) != NULL && offset <= size);
    if (fault)
        return false;
    require(views_inside(reader->layout, first, data, size));
    struct str framed;
    require(codec_write(reader->writer, first, &framed, NULL) == 0);
    require(codec_read(reader->codec, framed.data, framed.len, second, NULL) == CODEC_OK);
    require(first_difference(reader->layout, first, second) == NULL);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reader events;
    static struct reader alerts;
    static struct codec_program *skipping;
    if (!skipping) {
        struct str json = {skipping_schema.data, strlen(skipping_schema.data)};
        open_reader(&events, &codec_event_layout);
        open_reader(&alerts, &codec_alert_layout);
        require(codec_compile(json, &codec_alert_layout, &skipping, NULL) == 0);
    }
    struct event event[2];
    struct alert_notice notice[2];
    struct error err = {""};
    if (check(&events, data, size, &event[0], &event[1]) && event_validate(&event[0], &err) != 0)
        require(err.text[0] != '\0');
    check(&alerts, data, size, &notice[0], &notice[1]);
    if (codec_decode(skipping, data, size, &notice[0], NULL) == CODEC_OK)
        require(views_inside(&codec_alert_layout, &notice[0], data, size));
    return 0;
}
