#include "board/map.h"

#include <stdlib.h>

#include "base/file.h"
#include "json/json.h"

struct box {
    double west, east, south, north;
};

enum { ARCHIPELAGOS = 2 };
/* Generous boxes around the two archipelagos; nothing else of the country lies in them. */
static const struct {
    const char *name;
    struct box box;
} archipelagos[ARCHIPELAGOS] = {{"Hoàng Sa", {110.5, 113.5, 15.0, 17.5}},
                                {"Trường Sa", {111.0, 118.0, 6.0, 12.5}}};

struct extent {
    struct box box;
    bool seen[ARCHIPELAGOS];
};

static bool inside(const struct box *box, double lon, double lat)
{
    return lon >= box->west && lon <= box->east && lat >= box->south && lat <= box->north;
}

static bool add_point(struct extent *extent, const struct json *point)
{
    static const struct box world = {-180, 180, -90, 90};
    double lon;
    double lat;
    if (!json_to_real(json_at(point, 0), &lon) || !json_to_real(json_at(point, 1), &lat) ||
        !inside(&world, lon, lat))
        return false;
    struct box *box = &extent->box;
    box->west = lon < box->west ? lon : box->west;
    box->east = lon > box->east ? lon : box->east;
    box->south = lat < box->south ? lat : box->south;
    box->north = lat > box->north ? lat : box->north;
    for (int i = 0; i < ARCHIPELAGOS; i++)
        extent->seen[i] = extent->seen[i] || inside(&archipelagos[i].box, lon, lat);
    return true;
}

/* levels: of arrays above the points: 2 in a polygon, 3 in a multipolygon. */
static bool add_points(struct extent *extent, const struct json *array, int levels)
{
    if (json_kind_of(array) != JSON_ARRAY_ || json_size(array) == 0)
        return false;
    for (size_t i = 0; i < json_size(array); i++) {
        const struct json *inner = json_at(array, i);
        if (levels == 1 ? !add_point(extent, inner) : !add_points(extent, inner, levels - 1))
            return false;
    }
    return true;
}

static bool add_feature(struct extent *extent, const struct json *feature)
{
    const struct json *geometry = json_get(feature, "geometry");
    struct str type = json_text(json_get(geometry, "type"));
    int levels = str_eq(type, STR("Polygon")) ? 2 : str_eq(type, STR("MultiPolygon")) ? 3 : 0;
    return levels && add_points(extent, json_get(geometry, "coordinates"), levels);
}

static int check_extent(const struct extent *extent, struct error *err)
{
    if (extent->box.north - extent->box.south <= MAP_COUNTRY_DEGREES)
        return 0;
    for (int i = 0; i < ARCHIPELAGOS; i++) {
        if (!extent->seen[i])
            return error_set(err, ERR_INPUT,
                             "this is a map of the country without %s: add the archipelago, or "
                             "keep only the city's own communes",
                             archipelagos[i].name);
    }
    return 0;
}

static int check_features(const struct json *root, struct error *err)
{
    const struct json *features = json_get(root, "features");
    struct extent extent = {.box = {180, -180, 90, -90}};
    size_t named = 0;
    if (!str_eq(json_text(json_get(root, "type")), STR("FeatureCollection")))
        return error_set(err, ERR_INPUT, "not a GeoJSON FeatureCollection (RFC 7946)");
    for (size_t i = 0; i < json_size(features); i++) {
        const struct json *feature = json_at(features, i);
        if (!add_feature(&extent, feature))
            return error_set(
                err, ERR_INPUT,
                "feature %zu is not a Polygon or MultiPolygon of [longitude, latitude] "
                "in degrees",
                i + 1);
        named += json_text(json_get(json_get(feature, "properties"), "code")).len > 0;
    }
    if (named == 0)
        return error_set(err, ERR_INPUT,
                         "no feature names its commune: each needs properties.code, for example "
                         "\"11713\"");
    return check_extent(&extent, err);
}

int map_check(struct str text, struct error *err)
{
    struct json_doc *doc = NULL;
    int r = json_parse(text, &doc, err);
    if (r == 0)
        r = check_features(json_root(doc), err);
    json_doc_free(doc);
    return r;
}

int map_load(const char *path, struct str *ret, struct error *err)
{
    char *bytes = malloc(MAP_SIZE_MAX);
    if (!bytes)
        return error_set(err, ERR_NOMEM, "out of memory");
    int r = file_read(path, bytes, MAP_SIZE_MAX, ret, err);
    if (r == FILE_ABSENT)
        r = error_set(err, ERR_INPUT, "there is no such file");
    if (r == 0)
        r = map_check(*ret, err);
    if (r < 0) {
        free(bytes);
        *ret = STR_NONE;
        return error_prefix(err, r == ERR_NOMEM ? r : ERR_INPUT, "[board] map %s", path);
    }
    char *fitted = realloc(bytes, ret->len);
    ret->data = fitted ? fitted : bytes;
    return 0;
}
