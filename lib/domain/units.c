#include "domain/units.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/csv.h"

/* Who bears a code from one day to another: of a commune code, or of an agency code. */
struct entry {
    const char *code;
    int32_t valid_from; /* NO_DAY sorts first, as it must */
    int32_t valid_to;
    const struct unit *unit; /* of a commune code */
    const char *unit_code;   /* of an agency code */
    char *owned;             /* of an agency code: the block with both texts */
};

/* Entries by (code, valid_from); those of one code never overlap. */
struct index {
    struct entry *entries;
    size_t count;
    size_t capacity;
};

struct units {
    struct unit **by_id; /* each one block with its texts */
    size_t count;
    size_t capacity;
    struct index codes;
    struct index agencies;
};

struct units *units_new(void)
{
    return calloc(1, sizeof(struct units));
}

struct units *units_free(struct units *units)
{
    if (!units)
        return NULL;
    for (size_t i = 0; i < units->count; i++)
        free(units->by_id[i]);
    for (size_t i = 0; i < units->agencies.count; i++)
        free(units->agencies.entries[i].owned);
    free(units->by_id);
    free(units->codes.entries);
    free(units->agencies.entries);
    free(units);
    return NULL;
}

/* The array with room for one more element of `size` bytes; NULL, the array as it was, when memory is short. */
static void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    size_t more = *capacity ? *capacity * 2 : 64;
    void *grown = realloc(array, more * size);
    if (grown)
        *capacity = more;
    return grown;
}

static bool ended_before(int32_t valid_to, int32_t day)
{
    return valid_to != NO_DAY && valid_to < day;
}

/* Index of the first entry after (code, day). */
static size_t upper_bound(const struct index *index, struct str code, int32_t day)
{
    size_t low = 0;
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct entry *entry = &index->entries[middle];
        int order = str_cmp(str_of(entry->code), code);
        if (order < 0 || (order == 0 && entry->valid_from <= day))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_code(const struct index *index, size_t i, struct str code)
{
    return i < index->count && str_eq(str_of(index->entries[i].code), code);
}

static int insert(struct index *index, struct entry entry, struct error *err)
{
    struct str code = str_of(entry.code);
    size_t at = upper_bound(index, code, entry.valid_from);
    if (entry.valid_to != NO_DAY && entry.valid_to < entry.valid_from)
        return error_set(err, ERR_INPUT, "%s: valid_to lies before valid_from", entry.code);
    bool overlaps_last = at > 0 && has_code(index, at - 1, code) &&
                         !ended_before(index->entries[at - 1].valid_to, entry.valid_from);
    bool overlaps_next =
        has_code(index, at, code) && !ended_before(entry.valid_to, index->entries[at].valid_from);
    if (overlaps_last || overlaps_next)
        return error_set(err, ERR_INPUT, "%s: two entries are valid on one day", entry.code);
    struct entry *grown = grow(index->entries, index->count, &index->capacity, sizeof entry);
    if (!grown)
        return error_set(err, ERR_NOMEM, "out of memory");
    index->entries = grown;
    memmove(index->entries + at + 1, index->entries + at, (index->count - at) * sizeof entry);
    index->entries[at] = entry;
    index->count++;
    return 0;
}

/* Index of the first unit whose id is not below. */
static size_t id_position(const struct units *units, int32_t unit_id)
{
    size_t low = 0;
    size_t high = units->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (units->by_id[middle]->unit_id < unit_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct unit *copy_unit(const struct unit *unit)
{
    size_t code = strlen(unit->code) + 1;
    size_t name = strlen(unit->name) + 1;
    size_t kind = strlen(unit->kind) + 1;
    struct unit *copy = malloc(sizeof *copy + code + name + kind);
    if (!copy)
        return NULL;
    char *text = (char *)(copy + 1);
    *copy = *unit;
    copy->code = memcpy(text, unit->code, code);
    copy->name = memcpy(text + code, unit->name, name);
    copy->kind = memcpy(text + code + name, unit->kind, kind);
    return copy;
}

int units_add(struct units *units, const struct unit *unit, struct error *err)
{
    if (unit->unit_id <= 0 || unit->code[0] == '\0')
        return error_set(err, ERR_INPUT, "a unit needs a unit_id above 0 and a code");
    size_t at = id_position(units, unit->unit_id);
    if (at < units->count && units->by_id[at]->unit_id == unit->unit_id)
        return error_set(err, ERR_INPUT, "unit_id %" PRId32 " is entered twice", unit->unit_id);
    struct unit **grown = grow(units->by_id, units->count, &units->capacity, sizeof *grown);
    if (!grown)
        return error_set(err, ERR_NOMEM, "out of memory");
    units->by_id = grown;
    struct unit *copy = copy_unit(unit);
    if (!copy)
        return error_set(err, ERR_NOMEM, "out of memory");
    struct entry entry = {.code = copy->code,
                          .valid_from = copy->valid_from,
                          .valid_to = copy->valid_to,
                          .unit = copy};
    int r = insert(&units->codes, entry, err);
    if (r < 0) {
        free(copy);
        return r;
    }
    memmove(units->by_id + at + 1, units->by_id + at, (units->count - at) * sizeof *units->by_id);
    units->by_id[at] = copy;
    units->count++;
    return 0;
}

int units_add_agency(struct units *units, struct str agency_code, struct str unit_code,
                     int32_t valid_from, int32_t valid_to, struct error *err)
{
    if (!str_given(agency_code) || !str_given(unit_code))
        return error_set(err, ERR_INPUT, "an agency needs an agency_code and a unit_code");
    char *text = calloc(1, agency_code.len + unit_code.len + 2);
    if (!text)
        return error_set(err, ERR_NOMEM, "out of memory");
    memcpy(text, agency_code.data, agency_code.len);
    memcpy(text + agency_code.len + 1, unit_code.data, unit_code.len);
    struct entry entry = {.code = text,
                          .valid_from = valid_from,
                          .valid_to = valid_to,
                          .unit_code = text + agency_code.len + 1,
                          .owned = text};
    int r = insert(&units->agencies, entry, err);
    if (r < 0)
        free(text);
    return r;
}

/* Empty = NO_DAY. */
static int read_day(struct str field, const char *name, int32_t *ret, struct error *err)
{
    *ret = NO_DAY;
    if (!str_given(field) || date_parse(field, ret))
        return 0;
    return error_set(err, ERR_INPUT, "%s must be yyyy-MM-dd or empty", name);
}

/* 1..INT32_MAX, or 0 for an empty field. */
static int read_id(struct str field, const char *name, int32_t *ret, struct error *err)
{
    int64_t number = 0;
    for (size_t i = 0; i < field.len; i++) {
        bool digit = field.data[i] >= '0' && field.data[i] <= '9';
        number = number * 10 + (digit ? field.data[i] - '0' : 0);
        if (!digit || number > INT32_MAX)
            return error_set(err, ERR_INPUT, "%s must be a whole number up to %d", name, INT32_MAX);
    }
    *ret = (int32_t)number;
    return 0;
}

static int add_unit_row(struct units *units, const struct csv *csv, struct error *err)
{
    const struct str *fields = csv->fields;
    struct unit unit = {.code = fields[1].data, .name = fields[2].data, .kind = fields[3].data};
    int r = read_id(fields[0], "unit_id", &unit.unit_id, err);
    if (r == 0)
        r = read_day(fields[4], "valid_from", &unit.valid_from, err);
    if (r == 0)
        r = read_day(fields[5], "valid_to", &unit.valid_to, err);
    if (r == 0)
        r = read_id(fields[6], "successor_id", &unit.successor_id, err);
    if (r < 0)
        return r;
    unit.split = str_eq(fields[7], STR("1"));
    if (!unit.split && !str_eq(fields[7], STR("0")))
        return error_set(err, ERR_INPUT, "split must be 0 or 1");
    return units_add(units, &unit, err);
}

static int add_agency_row(struct units *units, const struct csv *csv, struct error *err)
{
    int32_t valid_from;
    int32_t valid_to;
    int r = read_day(csv->fields[2], "valid_from", &valid_from, err);
    if (r == 0)
        r = read_day(csv->fields[3], "valid_to", &valid_to, err);
    if (r < 0)
        return r;
    return units_add_agency(units, csv->fields[0], csv->fields[1], valid_from, valid_to, err);
}

static int load(struct units *units, struct str text, const char *header,
                int (*add_row)(struct units *, const struct csv *, struct error *),
                struct error *err)
{
    struct csv csv;
    int r = csv_open(&csv, text, header, err);
    if (r < 0)
        return r;
    while ((r = csv_next(&csv, err)) > 0) {
        r = add_row(units, &csv, err);
        if (r < 0)
            return error_prefix(err, r, "line %d", csv.line);
    }
    return r;
}

int units_load_csv(struct units *units, struct str csv, struct error *err)
{
    return load(units, csv, "unit_id,code,name,kind,valid_from,valid_to,successor_id,split",
                add_unit_row, err);
}

int units_load_agencies_csv(struct units *units, struct str csv, struct error *err)
{
    return load(units, csv, "agency_code,unit_code,valid_from,valid_to", add_agency_row, err);
}

const struct unit *units_by_id(const struct units *units, int32_t unit_id)
{
    size_t at = id_position(units, unit_id);
    return at < units->count && units->by_id[at]->unit_id == unit_id ? units->by_id[at] : NULL;
}

size_t units_count(const struct units *units)
{
    return units->count;
}

const struct unit *units_at(const struct units *units, size_t index)
{
    return units->by_id[index];
}

/*
 * The entry of a code on a day; before the first one begins, the first one. NULL with UNIT_UNKNOWN or UNIT_EXPIRED in
 * *ret_why.
 */
static const struct entry *find_entry(const struct index *index, struct str code, int32_t day,
                                      enum unit_answer *ret_why)
{
    size_t after = upper_bound(index, code, day);
    if (after > 0 && has_code(index, after - 1, code)) {
        const struct entry *entry = &index->entries[after - 1];
        if (!ended_before(entry->valid_to, day))
            return entry;
        *ret_why = UNIT_EXPIRED;
        return NULL;
    }
    if (has_code(index, after, code))
        return &index->entries[after];
    *ret_why = UNIT_UNKNOWN;
    return NULL;
}

const struct unit *units_by_code(const struct units *units, struct str code, int32_t day)
{
    enum unit_answer why;
    const struct entry *entry = find_entry(&units->codes, code, day, &why);
    return entry && entry->valid_from <= day ? entry->unit : NULL;
}

/* From a unit to the one that holds its dossiers on held_day. */
static enum unit_answer follow(const struct units *units, const struct unit *unit, int32_t held_day,
                               int32_t *ret_unit_id)
{
    for (size_t steps = 0; steps <= units->count; steps++) {
        bool holds =
            held_day == NO_DAY ? unit->valid_to == NO_DAY : !ended_before(unit->valid_to, held_day);
        if (holds) {
            *ret_unit_id = unit->unit_id;
            return UNIT_FOUND;
        }
        if (unit->split) {
            *ret_unit_id = unit->unit_id;
            return UNIT_SPLIT;
        }
        unit = units_by_id(units, unit->successor_id);
        if (!unit)
            return UNIT_EXPIRED;
    }
    return UNIT_EXPIRED; /* successors that go in a circle */
}

enum unit_answer units_resolve(const struct units *units, struct str agency, struct str unit_code,
                               int32_t filed_day, int32_t held_day, int32_t *ret_unit_id)
{
    enum unit_answer why;
    *ret_unit_id = 0;
    if (!str_given(unit_code)) {
        const struct entry *entry = find_entry(&units->agencies, agency, filed_day, &why);
        if (!entry)
            return why;
        unit_code = str_of(entry->unit_code);
        filed_day = entry->valid_from > filed_day ? entry->valid_from : filed_day;
    }
    const struct entry *entry = find_entry(&units->codes, unit_code, filed_day, &why);
    return entry ? follow(units, entry->unit, held_day, ret_unit_id) : why;
}

const char *unit_answer_name(enum unit_answer answer)
{
    static const char *const names[] = {NULL, "unknown", "expired", "split"};
    return names[answer];
}
