/*
 * The operator's own map of the communes: a GeoJSON file (RFC 7946), simplified as much as the operator likes; the board ships none.
 * A feature's property "code" names the commune; features without one are drawn as background.
 */
#ifndef HOSO_BOARD_MAP_H
#define HOSO_BOARD_MAP_H

#include "base/error.h"
#include "base/str.h"

#define MAP_SIZE_MAX (4 << 20) /* bytes */

/*
 * Is this a map that may be shown? A FeatureCollection of polygons and multipolygons in degrees, longitude first, at least one with a
 * code. One that spans more than MAP_COUNTRY_DEGREES of latitude is a map of the country, and then has a point in each of the
 * archipelagos Hoàng Sa and Trường Sa. ERR_INPUT says which feature and what to do; ERR_NOMEM. Pure.
 */
#define MAP_COUNTRY_DEGREES 8
int map_check(struct str text, struct error *err);

/* Reads and checks the file. *ret's bytes are the caller's, from malloc. As map_check; ERR_INPUT also: no such file, too large. */
int map_load(const char *path, struct str *ret, struct error *err);

#endif
