/* A small reader for the tests of the codec, so that each rule of resolution can be seen alone. */
#ifndef HOSO_TESTS_CODEC_SMALL_H
#define HOSO_TESTS_CODEC_SMALL_H

#include "codec/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct small {
    struct str text;
    int64_t at;
    int32_t number;
    int choice;
    int tri;
    uint8_t id[4];
    struct str raw;
};

static const char *const choices[] = {"none", "red", "green", NULL};

static const struct codec_field small_fields[] = {
    {.name = "text", .type = CODEC_STR, .offset = offsetof(struct small, text)},
    {.name = "at",
     .type = CODEC_INT64,
     .offset = offsetof(struct small, at),
     .default_number = INT64_MIN},
    {.name = "number",
     .type = CODEC_INT32,
     .offset = offsetof(struct small, number),
     .default_number = 7},
    {.name = "choice",
     .type = CODEC_ENUM,
     .offset = offsetof(struct small, choice),
     .symbols = choices},
    {.name = "tri", .type = CODEC_TRI, .offset = offsetof(struct small, tri), .default_number = -1},
    {.name = "id", .type = CODEC_FIXED, .offset = offsetof(struct small, id), .size = 4},
    {.name = "raw", .type = CODEC_STR, .offset = offsetof(struct small, raw), .size = 2},
};

static const struct codec_layout small_layout = {
    .name = "Small",
    .fields = small_fields,
    .field_count = sizeof small_fields / sizeof *small_fields,
    .struct_size = sizeof(struct small),
};

#define TEXT_FIELD "{\"name\":\"text\",\"type\":\"string\"}"
#define AT_FIELD "{\"name\":\"at\",\"type\":\"long\"}"
#define NUMBER_FIELD "{\"name\":\"number\",\"type\":\"int\"}"
#define TRI_FIELD "{\"name\":\"tri\",\"type\":\"boolean\"}"
#define ENUM_TYPE "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"green\",\"blue\",\"none\"]}"
#define CHOICE_FIELD "{\"name\":\"choice\",\"type\":" ENUM_TYPE "}"
#define ARRAY(items) "{\"type\":\"array\",\"items\":" items "}"

#endif
