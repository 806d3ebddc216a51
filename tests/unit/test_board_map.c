/* links: board */
#include "board/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define FEATURE(code, coordinates)                                                                 \
    "{\"type\":\"Feature\",\"properties\":{" code "},\"geometry\":{\"type\":\"Polygon\","          \
    "\"coordinates\":[[" coordinates "]]}}"
#define MAP(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"
#define NAMED "\"code\":\"11713\""
#define CITY FEATURE(NAMED, "[106.6,20.7],[106.7,20.7],[106.7,20.8],[106.6,20.7]")
#define SOUTH FEATURE("", "[104.7,8.6],[104.9,8.6],[104.9,8.7],[104.7,8.6]")
#define HOANG_SA FEATURE("", "[111.6,16.5],[111.7,16.5],[111.7,16.6],[111.6,16.5]")
#define TRUONG_SA FEATURE("", "[114.3,10.3],[114.4,10.3],[114.4,10.4],[114.3,10.3]")

static void good(const char *text)
{
    struct error err = {""};
    if (map_check(str_of(text), &err) < 0)
        fail_msg("%s", err.text);
}

static void bad(const char *text, const char *reason)
{
    struct error err = {""};
    assert_int_equal(map_check(str_of(text), &err), ERR_INPUT);
    if (!strstr(err.text, reason))
        fail_msg("\"%s\" does not say \"%s\"", err.text, reason);
}

static void maps_that_may_be_shown(void **state)
{
    (void)state;
    good(MAP(CITY));
    good(MAP(CITY "," FEATURE("", "[106,20],[107,20],[107,21],[106,20]")));
    good(MAP(CITY "," SOUTH "," HOANG_SA "," TRUONG_SA));
    good("{\"type\":\"FeatureCollection\",\"features\":[{\"properties\":{\"code\":\"1\"},"
         "\"geometry\":"
         "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[106.6,20.7],[106.7,20.7],[106.7,20.8]]]]}}"
         "]}");
}

static void a_map_of_the_country_shows_both_archipelagos(void **state)
{
    (void)state;
    bad(MAP(CITY "," SOUTH), "Hoàng Sa");
    bad(MAP(CITY "," SOUTH "," HOANG_SA), "Trường Sa");
    bad(MAP(CITY "," SOUTH "," TRUONG_SA), "Hoàng Sa");
}

static void what_is_no_map_is_told_apart(void **state)
{
    (void)state;
    bad("", "line 1");
    bad("[]", "FeatureCollection");
    bad(MAP(""), "code");
    bad(MAP(FEATURE("", "[106,20],[107,20],[107,21]")), "code");
    bad(MAP(CITY "," FEATURE(NAMED, "")), "feature 2");
    bad(MAP(FEATURE(NAMED, "[106]")), "feature 1");
    bad(MAP(FEATURE(NAMED, "[206,20]")), "feature 1");
    bad(MAP(FEATURE(NAMED, "[20.7,106.6]")), "feature 1"); /* latitude first */
    bad(MAP("{\"properties\":{" NAMED
            "},\"geometry\":{\"type\":\"Point\",\"coordinates\":[106,20]}}"),
        "feature 1");
    bad(MAP("{\"properties\":{" NAMED "},\"geometry\":null}"), "feature 1");
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct error err = {""};
    struct str text;
    assert_int_equal(map_load("/nonexistent/map.geojson", &text, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "/nonexistent/map.geojson"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_that_may_be_shown),
        cmocka_unit_test(a_map_of_the_country_shows_both_archipelagos),
        cmocka_unit_test(what_is_no_map_is_told_apart),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
