/* Tomorrow's reader and today's records: every golden event of schema v1 read by a layout as a version 2 could have it. */
#include "codec/codec.h"
#include "domain/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "golden.h"

enum { FIELDS_MAX = 64, PRIORITY_DEFAULT = 3, QUEUE_DEFAULT = 1 };

struct event_v2 {
    struct event event;
    int32_t priority;
    int queue;
    struct str note;
};

static const char *const queues[] = {"fast", "slow", NULL};
/* A kind more, and the others in another order. */
static const char *const kinds_v2[] = {"merged", "erased",   "alias",       "apology_sent",
                                       "rated",  "paid",     "transferred", "due_changed",
                                       "status", "progress", "record",      NULL};
static const char *const channels_v2[] = {"unknown", "counter", "online", "other", NULL};

static const struct codec_field added[] = {
    {.name = "priority",
     .type = CODEC_INT32,
     .offset = offsetof(struct event_v2, priority),
     .default_number = PRIORITY_DEFAULT},
    {.name = "queue",
     .type = CODEC_ENUM,
     .offset = offsetof(struct event_v2, queue),
     .symbols = queues,
     .default_number = QUEUE_DEFAULT},
    {.name = "note", .type = CODEC_STR, .offset = offsetof(struct event_v2, note)},
};
enum { ADDED = sizeof added / sizeof *added };

struct layout_v2 {
    struct codec_field fields[FIELDS_MAX];
    struct codec_layout layout;
};

/* Today's fields without `removed` (NULL = all), and the added ones. */
static void make_layout(struct layout_v2 *v2, const char *removed)
{
    size_t count = 0;
    for (size_t i = 0; i < codec_event_layout.field_count; i++) {
        if (!removed || strcmp(codec_event_layout.fields[i].name, removed) != 0)
            v2->fields[count++] = codec_event_layout.fields[i];
    }
    assert_true(count + ADDED <= FIELDS_MAX);
    memcpy(&v2->fields[count], added, sizeof added);
    v2->layout = (struct codec_layout){.name = "DossierEvent2",
                                       .fields = v2->fields,
                                       .field_count = count + ADDED,
                                       .struct_size = sizeof(struct event_v2)};
}

static struct codec_field *field_named(struct layout_v2 *v2, const char *name)
{
    for (size_t i = 0; i < v2->layout.field_count; i++) {
        if (strcmp(v2->fields[i].name, name) == 0)
            return &v2->fields[i];
    }
    fail_msg("no field %s", name);
    return NULL;
}

static struct codec_program *compile(const struct layout_v2 *v2)
{
    struct codec_program *program = NULL;
    struct error err = {""};
    if (codec_compile(codec_schema_json(CODEC_SCHEMA_EVENT_V1), &v2->layout, &program, &err) != 0)
        fail_msg("%s", err.text);
    return program;
}

/* Calls check for every golden record of schema v1, with today's reading of it. */
static int for_each_v1(const struct codec_program *program,
                       void (*check)(enum codec_fault fault, const struct event_v2 *got,
                                     const struct event *today))
{
    glob_t files;
    int count = 0;
    struct codec *codec = NULL;
    assert_int_equal(codec_new(&codec_event_layout, &codec, NULL), 0);
    assert_int_equal(glob(GOLDEN_DIR "/event_*.json", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct str record = read_beside(files.gl_pathv[i], ".bin");
        struct str datum;
        uint32_t id;
        struct event today = event_empty();
        struct event_v2 got = {
            .event = event_empty(), .priority = -1, .queue = -1, .note = STR("?")};
        assert_int_equal(codec_unframe(record.data, record.len, &id, &datum), CODEC_OK);
        assert_int_equal(id, CODEC_SCHEMA_EVENT_V1);
        assert_int_equal(codec_read(codec, record.data, record.len, &today, NULL), CODEC_OK);
        check(codec_decode(program, datum.data, datum.len, &got, NULL), &got, &today);
        free((void *)(uintptr_t)record.data);
        count++;
    }
    globfree(&files);
    codec_free(codec);
    return count;
}

static void has_the_defaults(enum codec_fault fault, const struct event_v2 *got,
                             const struct event *today)
{
    assert_int_equal(fault, CODEC_OK);
    assert_int_equal(got->priority, PRIORITY_DEFAULT);
    assert_int_equal(got->queue, QUEUE_DEFAULT);
    assert_false(str_given(got->note));
    struct event seen = got->event;
    assert_true(str_eq(seen.dossier_code, today->dossier_code));
    assert_true(str_eq(seen.late_reason, today->late_reason));
    assert_true(str_eq(seen.officer, today->officer));
    assert_memory_equal(seen.event_id, today->event_id, EVENT_ID_SIZE);
    assert_int_equal(seen.occurred_at, today->occurred_at);
    assert_int_equal(seen.due_at, today->due_at);
    assert_int_equal(seen.rating, today->rating);
    assert_int_equal(seen.channel, today->channel);
}

static void a_field_more_takes_its_default(void **state)
{
    (void)state;
    struct layout_v2 v2;
    make_layout(&v2, NULL);
    struct codec_program *program = compile(&v2);
    assert_true(for_each_v1(program, has_the_defaults) >= 10);
    codec_program_free(program);
}

static void lacks_the_reason(enum codec_fault fault, const struct event_v2 *got,
                             const struct event *today)
{
    assert_int_equal(fault, CODEC_OK);
    assert_false(str_given(got->event.late_reason));    /* skipped, whatever the record says … */
    assert_int_equal(got->event.rating, today->rating); /* … and what follows it is in its place */
    assert_true(str_eq(got->event.transfer_to, today->transfer_to));
}

static void a_field_less_is_skipped(void **state)
{
    (void)state;
    struct layout_v2 v2;
    make_layout(&v2, "late_reason");
    struct codec_program *program = compile(&v2);
    for_each_v1(program, lacks_the_reason);
    codec_program_free(program);
}

static void has_the_same_kind(enum codec_fault fault, const struct event_v2 *got,
                              const struct event *today)
{
    assert_int_equal(fault, CODEC_OK);
    assert_string_equal(kinds_v2[got->event.kind], event_kind_name(today->kind));
}

static void a_symbol_more_and_another_order_change_no_meaning(void **state)
{
    (void)state;
    struct layout_v2 v2;
    make_layout(&v2, NULL);
    field_named(&v2, "kind")->symbols = kinds_v2;
    struct codec_program *program = compile(&v2);
    for_each_v1(program, has_the_same_kind);
    codec_program_free(program);
}

/* The reader has forgotten a symbol: only records that say it are refused, and the reason names it. */
static void a_symbol_less_refuses_what_says_it(void **state)
{
    (void)state;
    struct layout_v2 v2;
    make_layout(&v2, NULL);
    field_named(&v2, "channel")->symbols = channels_v2;
    struct codec_program *program = compile(&v2);
    struct codec_writer *writer = NULL;
    assert_int_equal(codec_writer_new(&codec_event_layout, &writer, NULL), 0);
    for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
        struct event event = event_empty();
        event.kind = EVENT_RECORD;
        event.source = STR("s");
        event.dossier_code = STR("D");
        event.occurred_at = event.ingested_at = 0;
        event.channel = (enum channel)channel;
        struct str record;
        struct event_v2 got;
        assert_int_equal(codec_write(writer, &event, &record, NULL), 0);
        enum codec_fault fault = codec_decode(program, record.data + CODEC_FRAME_SIZE,
                                              record.len - CODEC_FRAME_SIZE, &got, NULL);
        assert_int_equal(fault, channel == CHANNEL_POSTAL ? CODEC_UNKNOWN_SYMBOL : CODEC_OK);
        if (fault == CODEC_OK)
            assert_string_equal(channels_v2[got.event.channel],
                                channel_name((enum channel)channel));
    }
    assert_string_equal(codec_fault_name(CODEC_UNKNOWN_SYMBOL), "unknown_symbol");
    codec_writer_free(writer);
    codec_program_free(program);
}

/* Old records do not have it, and nothing stands for it: such a version 2 must not start. */
static void a_field_that_must_be_there_cannot_be_added(void **state)
{
    (void)state;
    struct layout_v2 v2;
    make_layout(&v2, NULL);
    field_named(&v2, "note")->required = true;
    struct codec_program *program = NULL;
    struct error err = {""};
    assert_int_equal(
        codec_compile(codec_schema_json(CODEC_SCHEMA_EVENT_V1), &v2.layout, &program, &err),
        ERR_INPUT);
    assert_non_null(strstr(err.text, "note"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_more_takes_its_default),
        cmocka_unit_test(a_field_less_is_skipped),
        cmocka_unit_test(a_symbol_more_and_another_order_change_no_meaning),
        cmocka_unit_test(a_symbol_less_refuses_what_says_it),
        cmocka_unit_test(a_field_that_must_be_there_cannot_be_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
