/* Compiles a writer's schema, as Avro-C parses it, against a reader's layout. */
#include "codec/codec.h"

#include "codec/program.h"

#include <avro.h>

#include <stdlib.h>
#include <string.h>

/* A type used twice is compiled twice; a schema of nested doublings must not take all memory. */
#define STEPS_MAX 65536

struct compiler {
    struct codec_program *program;
    const char *field; /* of the record, for error texts */
    struct error *err;
};

static int refuse(const struct compiler *c, const char *why)
{
    return error_set(c->err, ERR_INPUT, "field %s: %s", c->field, why);
}

/* Makes room for `count` more items of `size` bytes; *items and *capacity follow. */
static int grow(void **items, size_t *capacity, size_t used, size_t count, size_t size)
{
    if (used + count <= *capacity)
        return 0;
    size_t wanted = (used + count) * 2;
    void *grown = realloc(*items, wanted * size);
    if (!grown)
        return ERR_NOMEM;
    *items = grown;
    *capacity = wanted;
    return 0;
}

static int add_steps(const struct compiler *c, size_t count, uint32_t *ret_first)
{
    struct codec_program *program = c->program;
    if (count > STEPS_MAX - program->step_count)
        return refuse(c, "the schema is too large");
    void *steps = program->steps;
    if (grow(&steps, &program->step_capacity, program->step_count, count, sizeof(struct step)))
        return error_set(c->err, ERR_NOMEM, "out of memory");
    program->steps = steps;
    memset(program->steps + program->step_count, 0, count * sizeof(struct step));
    *ret_first = (uint32_t)program->step_count;
    program->step_count += count;
    return 0;
}

static int add_values(const struct compiler *c, size_t count, uint32_t *ret_first)
{
    struct codec_program *program = c->program;
    void *values = program->values;
    if (grow(&values, &program->value_capacity, program->value_count, count, sizeof(int32_t)))
        return error_set(c->err, ERR_NOMEM, "out of memory");
    program->values = values;
    *ret_first = (uint32_t)program->value_count;
    program->value_count += count;
    return 0;
}

static int compile(const struct compiler *c, uint32_t index, avro_schema_t schema,
                   const struct codec_field *target, int depth);

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static int compile_union(const struct compiler *c, uint32_t index, avro_schema_t schema,
                         const struct codec_field *target, int depth)
{
    size_t count = avro_schema_union_size(schema);
    uint32_t first;
    int result = add_steps(c, count, &first);
    if (result)
        return result;
    uint64_t null_byte = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        avro_schema_t branch = avro_schema_union_branch(schema, (int)i);
        if (is_avro_union(branch))
            return refuse(c, "a union directly inside a union");
        if (is_avro_null(branch) && i < 64)
            null_byte = i * 2;
        result = compile(c, first + (uint32_t)i, branch, target, depth + 1);
        if (result)
            return result;
    }
    c->program->steps[index] = (struct step){
        .op = STEP_UNION, .first = first, .count = (uint32_t)count, .size = null_byte, .least = 1};
    return 0;
}

/* A record inside the record: no field of ours is one, so it is skipped. */
static int compile_record(const struct compiler *c, uint32_t index, avro_schema_t schema, int depth)
{
    size_t count = avro_schema_record_size(schema);
    uint32_t first;
    int result = add_steps(c, count, &first);
    if (result)
        return result;
    uint64_t least = 0;
    for (size_t i = 0; i < count; i++) {
        avro_schema_t type = avro_schema_record_field_get_by_index(schema, (int)i);
        result = compile(c, first + (uint32_t)i, type, NULL, depth + 1);
        if (result)
            return result;
        least = add_saturating(least, c->program->steps[first + i].least);
    }
    c->program->steps[index] =
        (struct step){.op = STEP_RECORD, .first = first, .count = (uint32_t)count, .least = least};
    return 0;
}

/* A map is an array of records of a string and a value. */
static int compile_array(const struct compiler *c, uint32_t index, avro_schema_t schema, int depth)
{
    bool map = is_avro_map(schema);
    uint32_t first;
    int result = add_steps(c, map ? 3 : 1, &first);
    if (result)
        return result;
    if (map) {
        result = compile(c, first + 2, avro_schema_map_values(schema), NULL, depth + 1);
        c->program->steps[first + 1] = (struct step){.op = STEP_SKIP_TEXT, .least = 1};
        c->program->steps[first] = (struct step){
            .op = STEP_RECORD,
            .first = first + 1,
            .count = 2,
            .least = add_saturating(1, c->program->steps[first + 2].least),
        };
    } else {
        result = compile(c, first, avro_schema_array_items(schema), NULL, depth + 1);
    }
    c->program->steps[index] = (struct step){.op = STEP_SKIP_ARRAY, .first = first, .least = 1};
    return result;
}

static int compile_enum(const struct compiler *c, uint32_t index, avro_schema_t schema,
                        const struct codec_field *target)
{
    int count = avro_schema_enum_number_of_symbols(schema);
    struct step *step = &c->program->steps[index];
    *step = (struct step){.op = STEP_SKIP_SYMBOL, .count = (uint32_t)count, .least = 1};
    if (!target)
        return 0;
    if (target->type != CODEC_ENUM)
        return refuse(c, "an enum cannot become the type it has here");
    int result = add_values(c, (size_t)count, &step->first);
    if (result)
        return result;
    int32_t *values = c->program->values + step->first;
    for (int i = 0; i < count; i++) {
        const char *symbol = avro_schema_enum_get(schema, i);
        values[i] = -1;
        for (int value = 0; target->symbols[value]; value++) {
            if (strcmp(target->symbols[value], symbol) == 0)
                values[i] = value;
        }
    }
    step->op = STEP_READ_SYMBOL;
    step->offset = (uint32_t)target->offset;
    return 0;
}

static int compile_fixed(const struct compiler *c, uint32_t index, avro_schema_t schema,
                         const struct codec_field *target)
{
    int64_t size = avro_schema_fixed_size(schema);
    if (size < 0 || size > INT32_MAX)
        return refuse(c, "a fixed of an impossible size");
    struct step step = {.op = STEP_SKIP_FIXED, .size = (uint64_t)size, .least = (uint64_t)size};
    if (target) {
        bool view = target->type == CODEC_STR;
        if ((!view && target->type != CODEC_FIXED) || size == 0 || target->size != step.size)
            return refuse(c, "a fixed of this size cannot become the type it has here");
        step.op = view ? STEP_READ_VIEW : STEP_READ_FIXED;
        step.offset = (uint32_t)target->offset;
    }
    c->program->steps[index] = step;
    return 0;
}

/* Which reading step takes a primitive type to a field; false = none does. */
static bool reading_op(avro_type_t type, const struct codec_field *target, enum step_op *ret)
{
    static const struct {
        avro_type_t from;
        enum codec_type to;
        enum step_op op;
    } ways[] = {
        {AVRO_STRING, CODEC_STR, STEP_READ_TEXT},  {AVRO_BYTES, CODEC_STR, STEP_READ_TEXT},
        {AVRO_INT32, CODEC_INT32, STEP_READ_INT},  {AVRO_INT32, CODEC_INT64, STEP_READ_WIDE},
        {AVRO_INT64, CODEC_INT64, STEP_READ_LONG}, {AVRO_BOOLEAN, CODEC_TRI, STEP_READ_TRI},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (ways[i].from == type && ways[i].to == target->type) {
            *ret = ways[i].op;
            return type != AVRO_STRING && type != AVRO_BYTES ? true : target->size == 0;
        }
    }
    return false;
}

static int compile_primitive(const struct compiler *c, uint32_t index, avro_schema_t schema,
                             const struct codec_field *target)
{
    static const struct step skipping[] = {
        [AVRO_STRING] = {.op = STEP_SKIP_TEXT, .least = 1},
        [AVRO_BYTES] = {.op = STEP_SKIP_BYTES, .least = 1},
        [AVRO_INT32] = {.op = STEP_SKIP_INT, .least = 1},
        [AVRO_INT64] = {.op = STEP_SKIP_LONG, .least = 1},
        [AVRO_FLOAT] = {.op = STEP_SKIP_FIXED, .size = 4, .least = 4},
        [AVRO_DOUBLE] = {.op = STEP_SKIP_FIXED, .size = 8, .least = 8},
        [AVRO_BOOLEAN] = {.op = STEP_SKIP_BOOLEAN, .least = 1},
        [AVRO_NULL] = {.op = STEP_NOTHING},
    };
    avro_type_t type = avro_typeof(schema);
    struct step step = skipping[type];
    if (target && type != AVRO_NULL) {
        if (!reading_op(type, target, &step.op))
            return error_set(c->err, ERR_INPUT,
                             "field %s: type %s cannot become the type it has here", c->field,
                             avro_schema_type_name(schema));
        step.offset = (uint32_t)target->offset;
    }
    c->program->steps[index] = step;
    return 0;
}

/* Compiles one type into steps[index]; target NULL = the reader has no such field, skip it. */
static int compile(const struct compiler *c, uint32_t index, avro_schema_t schema,
                   const struct codec_field *target, int depth)
{
    if (depth > CODEC_DEPTH_MAX)
        return refuse(c, "nested too deep, or recursive");
    switch (avro_typeof(schema)) {
    case AVRO_LINK:
        /* A named type used again; a recursive one runs into the limit of depth. */
        return compile(c, index, avro_schema_link_target(schema), target, depth + 1);
    case AVRO_UNION: return compile_union(c, index, schema, target, depth);
    case AVRO_ENUM: return compile_enum(c, index, schema, target);
    case AVRO_FIXED: return compile_fixed(c, index, schema, target);
    case AVRO_RECORD:
    case AVRO_ARRAY:
    case AVRO_MAP:
        if (target)
            return error_set(c->err, ERR_INPUT, "field %s: type %s cannot be read here", c->field,
                             avro_schema_type_name(schema));
        return is_avro_record(schema) ? compile_record(c, index, schema, depth)
                                      : compile_array(c, index, schema, depth);
    default: return compile_primitive(c, index, schema, target);
    }
}

static const struct codec_field *find_field(const struct codec_layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        if (strcmp(layout->fields[i].name, name) == 0)
            return &layout->fields[i];
    }
    return NULL;
}

static int check_required(const struct codec_layout *layout, avro_schema_t schema,
                          struct error *err)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct codec_field *field = &layout->fields[i];
        if (field->required && avro_schema_record_field_get_index(schema, field->name) < 0)
            return error_set(err, ERR_INPUT, "field %s: missing, and has no default", field->name);
    }
    return 0;
}

static int compile_fields(struct codec_program *program, avro_schema_t schema,
                          const struct codec_layout *layout, struct error *err)
{
    if (!is_avro_record(schema))
        return error_set(err, ERR_INPUT, "is not a record");
    struct compiler c = {.program = program, .field = "", .err = err};
    size_t count = avro_schema_record_size(schema);
    uint32_t root;
    uint32_t first;
    int result = add_steps(&c, 1, &root);
    if (result == 0)
        result = add_steps(&c, count, &first);
    for (size_t i = 0; i < count && result == 0; i++) {
        c.field = avro_schema_record_field_name(schema, (int)i);
        if (avro_schema_record_field_get_index(schema, c.field) != (int)i)
            return refuse(&c, "there twice");
        result =
            compile(&c, first + (uint32_t)i, avro_schema_record_field_get_by_index(schema, (int)i),
                    find_field(layout, c.field), 2);
    }
    if (result)
        return result;
    program->steps[root] =
        (struct step){.op = STEP_RECORD, .first = first, .count = (uint32_t)count};
    return check_required(layout, schema, err);
}

/* The struct as it is before anything was read. */
static int make_defaults(struct codec_program *program, const struct codec_layout *layout,
                         struct error *err)
{
    program->struct_size = layout->struct_size;
    program->defaults = calloc(1, layout->struct_size);
    if (!program->defaults)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct codec_field *field = &layout->fields[i];
        int32_t narrow = (int32_t)field->default_number;
        if (field->type == CODEC_INT64)
            memcpy(program->defaults + field->offset, &field->default_number, sizeof(int64_t));
        else if (field->type != CODEC_STR && field->type != CODEC_FIXED)
            memcpy(program->defaults + field->offset, &narrow, sizeof narrow);
    }
    return 0;
}

int codec_compile(struct str schema_json, const struct codec_layout *layout,
                  struct codec_program **ret, struct error *err)
{
    avro_schema_t schema;
    if (avro_schema_from_json_length(schema_json.data, schema_json.len, &schema))
        return error_set(err, ERR_INPUT, "schema of %s: %s", layout->name, avro_strerror());
    struct codec_program *program = calloc(1, sizeof *program);
    int result =
        program ? make_defaults(program, layout, err) : error_set(err, ERR_NOMEM, "out of memory");
    if (result == 0)
        result = compile_fields(program, schema, layout, err);
    avro_schema_decref(schema);
    if (result) {
        codec_program_free(program);
        return error_prefix(err, result, "schema of %s", layout->name);
    }
    *ret = program;
    return 0;
}

struct codec_program *codec_program_free(struct codec_program *program)
{
    if (!program)
        return NULL;
    free(program->steps);
    free(program->values);
    free(program->defaults);
    free(program);
    return NULL;
}
