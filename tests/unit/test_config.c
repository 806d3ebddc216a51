/* pure */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/config.h"

static char file_name[64];

static const char *file_with(const char *text)
{
    strcpy(file_name, "/tmp/hoso-config-XXXXXX");
    int fd = mkstemp(file_name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return file_name;
}

static struct config *load(const char *text)
{
    struct config *config = NULL;
    struct error err = {{0}};
    int result = config_load(file_with(text), NULL, 0, &config, &err);
    unlink(file_name);
    if (result)
        fail_msg("%s", err.text);
    return config;
}

/* The text must be refused, and the complaint must hold `about`. */
static void refuse(const char *text, const char *about)
{
    struct config *config = NULL;
    struct error err = {{0}};
    int result = config_load(file_with(text), NULL, 0, &config, &err);
    unlink(file_name);
    assert_int_equal(result, ERR_INPUT);
    assert_null(config);
    if (!strstr(err.text, about))
        fail_msg("\"%s\" does not hold \"%s\"", err.text, about);
}

static void test_defaults(void **state)
{
    (void)state;
    struct config *config = load("");
    assert_string_equal(config_text(config, "kafka", NULL, "events_topic"),
                        "hoso.dossier.events.v1");
    assert_int_equal(config_integer(config, "kafka", NULL, "partitions"), 12);
    assert_int_equal(config_duration_ms(config, "kafka", NULL, "retention"), 400LL * 86400000);
    assert_string_equal(config_text(config, "ingest", NULL, "event_key"), "");
    assert_null(config_name(config, "source", 0));
    config_free(config);
}

static void test_file_and_named_sections(void **state)
{
    (void)state;
    struct config *config = load("# comment\n[kafka]\npartitions = 3\nsocket.timeout.ms=1000\n"
                                 "[source.b]\ntrust = portal\n[source.a]\nsubject_map=opencps\n"
                                 "trust=local\n[clock]\noffset = -90m\n");
    assert_int_equal(config_integer(config, "kafka", NULL, "partitions"), 3);
    assert_int_equal(config_duration_ms(config, "clock", NULL, "offset"), -90 * 60000);
    assert_string_equal(config_name(config, "source", 0), "b");
    assert_string_equal(config_name(config, "source", 1), "a");
    assert_null(config_name(config, "source", 2));
    assert_string_equal(config_text(config, "source", "b", "trust"), "portal");
    assert_string_equal(config_text(config, "source", "b", "subject_map"), "td");
    assert_string_equal(config_text(config, "source", "a", "subject_map"), "opencps");
    const char *name;
    const char *value;
    assert_true(config_kafka_property(config, 0, &name, &value));
    assert_string_equal(name, "socket.timeout.ms");
    assert_string_equal(value, "1000");
    assert_false(config_kafka_property(config, 1, &name, &value));
    config_free(config);
}

static void test_mistakes_are_named_with_their_line(void **state)
{
    (void)state;
    refuse("[kafka]\npartitons = 3\n", ":2: unknown option kafka.partitons");
    refuse("[kafak]\nbrokers = x\n", ":2: unknown option kafak.brokers");
    refuse("[kafka]\n\npartitions = 3x\n", ":3: partitions is \"3x\", must be a whole number");
    refuse("[kafka]\npartitions = 0\n", ":2: partitions is 0, must be 1 to 1000");
    refuse("[kafka]\npartitions = 99999999999999999999\n", "must be a whole number");
    refuse("[kafka]\nretention = 5\n", "ms, s, m, h or d");
    refuse("[kafka]\nretention = 5 d\n", "ms, s, m, h or d");
    refuse("[kafka]\nretention = 9223372036854775807d\n", "ms, s, m, h or d");
    refuse("[log]\nlevel = loud\n", "must be one of debug|info|warn|error");
    refuse("[log]\nlevel = debug|info\n", "must be one of");
    refuse("[source]\ntrust = local\n", "belongs into [source.NAME]");
    refuse("[kafka.x]\nbrokers = y\n", "belongs into [kafka]");
    refuse("[kafka]\nnonsense\n", ":2: neither");
    refuse("[kafka]\nbrokers=a\nbrokers=b\n", ":3: the key is given twice");
    refuse("[calendar]\nhours = 8-17\n", ":2: hours must have 23 to 23 bytes");
}

static void test_a_long_line_is_refused_not_cut(void **state)
{
    (void)state;
    char text[600] = "[postgres]\nconninfo = ";
    memset(text + strlen(text), 'x', 300);
    strcat(text, "\n");
    refuse(text, ":2: the line is longer");
}

static void test_secrets_stay_out_of_errors(void **state)
{
    (void)state;
    refuse("[ingest]\nevent_key = tooshortsecret\n", "event_key must have 32 to 256 bytes");
    struct config *config = NULL;
    struct error err = {{0}};
    const char *text = "[ingest]\nevent_key = tooshortsecret\n";
    assert_int_equal(config_load(file_with(text), NULL, 0, &config, &err), ERR_INPUT);
    unlink(file_name);
    assert_null(strstr(err.text, "tooshortsecret"));
}

static void test_precedence(void **state)
{
    (void)state;
    static const char *const flags[] = {"kafka.partitions=7", "source.x.trust=portal",
                                        "kafka.ssl.ca.location=/a=b"};
    struct config *config = NULL;
    struct error err = {{0}};
    setenv("HOSO_KAFKA_PARTITIONS", "5", 1);
    setenv("HOSO_LOG_LEVEL", "debug", 1);
    file_with("[kafka]\npartitions=3\n[log]\nlevel=warn\n[source.x]\nsubject_map=td\n");
    setenv("HOSO_SOURCE_X_SUBJECT_MAP", "ministry", 1);
    assert_int_equal(config_load(file_name, flags, 3, &config, &err), 0);
    unsetenv("HOSO_KAFKA_PARTITIONS");
    unsetenv("HOSO_LOG_LEVEL");
    unsetenv("HOSO_SOURCE_X_SUBJECT_MAP");
    unlink(file_name);
    assert_int_equal(config_integer(config, "kafka", NULL, "partitions"), 7);
    assert_string_equal(config_text(config, "log", NULL, "level"), "debug");
    assert_string_equal(config_text(config, "source", "x", "trust"), "portal");
    assert_string_equal(config_text(config, "source", "x", "subject_map"), "ministry");
    const char *name;
    const char *value;
    assert_true(config_kafka_property(config, 0, &name, &value));
    assert_string_equal(name, "ssl.ca.location");
    assert_string_equal(value, "/a=b");
    config_free(config);
}

static void test_secret_from_a_file(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct error err = {{0}};
    setenv("HOSO_INGEST_EVENT_KEY_FILE", file_with("0123456789abcdef0123456789abcdef\n"), 1);
    assert_int_equal(config_load(NULL, NULL, 0, &config, &err), 0);
    assert_string_equal(config_text(config, "ingest", NULL, "event_key"),
                        "0123456789abcdef0123456789abcdef");
    config_free(config);
    unlink(file_name);
    assert_int_equal(config_load(NULL, NULL, 0, &config, &err), ERR_UNAVAILABLE);
    unsetenv("HOSO_INGEST_EVENT_KEY_FILE");
}

struct seen {
    bool masked;
    bool origin;
    size_t count;
};

static void look(void *arg, const char *section, const char *name, const char *key,
                 const char *value, const char *origin)
{
    (void)name;
    struct seen *seen = arg;
    seen->count++;
    if (strcmp(key, "event_key") == 0)
        seen->masked = strcmp(value, "***") == 0;
    if (strcmp(section, "kafka") == 0 && strcmp(key, "partitions") == 0)
        seen->origin = strstr(origin, ":4") && strcmp(value, "9") == 0;
}

static void test_show(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct config *config = load("[ingest]\nevent_key=0123456789abcdef0123456789abcdef\n"
                                 "[kafka]\npartitions=9\nsasl.password=x\n");
    config_visit(config, look, &seen);
    assert_true(seen.masked && seen.origin && seen.count > 20);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_file_and_named_sections),
        cmocka_unit_test(test_mistakes_are_named_with_their_line),
        cmocka_unit_test(test_a_long_line_is_refused_not_cut),
        cmocka_unit_test(test_secrets_stay_out_of_errors),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_secret_from_a_file),
        cmocka_unit_test(test_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
