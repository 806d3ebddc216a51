#include "dlq_letter.h"

#include <search.h>
#include <stdlib.h>

#include "commands.h"

enum { OWN_HEADERS = 7 };

/* What the relay puts behind the record's own headers, in its order. */
static const char *const own_names[OWN_HEADERS] = {
    "__connect.errors.topic",
    "__connect.errors.partition",
    "__connect.errors.offset",
    "__connect.errors.stage",
    "__connect.errors.exception.class.name",
    "__connect.errors.exception.message",
    "hoso_error_code",
};
enum { TOPIC, PARTITION, OFFSET, STAGE, EXCEPTION, MESSAGE, CODE };

struct header_list {
    struct kafka_header items[LETTER_HEADERS_MAX + OWN_HEADERS];
    size_t count; /* may exceed the items: then it is no letter of ours */
};

static void keep(void *arg, const char *name, struct str value)
{
    struct header_list *list = arg;
    if (list->count < sizeof list->items / sizeof *list->items)
        list->items[list->count] = (struct kafka_header){name, value};
    list->count++;
}

static bool number_of(struct str text, int64_t max, int64_t *ret)
{
    char digits[24] = "";
    if (text.len >= sizeof digits)
        return false;
    memcpy(digits, text.data, text.len);
    return cli_number(digits, 0, max, ret);
}

bool letter_read(const struct record *record, struct letter *ret)
{
    struct header_list list = {.count = 0};
    int64_t partition;
    record_headers(record, keep, &list);
    if (list.count < OWN_HEADERS || list.count > sizeof list.items / sizeof *list.items)
        return false;
    size_t count = list.count - OWN_HEADERS;
    const struct kafka_header *own = &list.items[count];
    for (size_t i = 0; i < OWN_HEADERS; i++) {
        if (strcmp(own[i].name, own_names[i]) != 0)
            return false;
    }
    if (!str_given(own[TOPIC].value) || !number_of(own[PARTITION].value, INT32_MAX, &partition) ||
        !number_of(own[OFFSET].value, INT64_MAX, &ret->offset))
        return false;
    ret->record = record;
    ret->topic = own[TOPIC].value;
    ret->partition = (int32_t)partition;
    ret->stage = own[STAGE].value;
    ret->message = own[MESSAGE].value;
    ret->code = own[CODE].value;
    ret->header_count = count;
    memcpy(ret->headers, list.items, count * sizeof *list.items);
    return true;
}

bool letter_matches(const struct letter *letter, const struct letter_filter *filter)
{
    return (!filter->code || str_eq(letter->code, str_of(filter->code))) &&
           (filter->partition < 0 || letter->partition == filter->partition) &&
           letter->offset >= filter->offset_from && letter->offset <= filter->offset_to;
}

struct place {
    int64_t offset;
    int32_t partition;
    struct str topic; /* behind the struct once it is in a set */
};

static int compare(const void *a, const void *b)
{
    const struct place *one = a;
    const struct place *other = b;
    if (one->partition != other->partition)
        return one->partition < other->partition ? -1 : 1;
    if (one->offset != other->offset)
        return one->offset < other->offset ? -1 : 1;
    return str_cmp(one->topic, other->topic);
}

int letter_set_add(struct letter_set *set, struct str topic, int32_t partition, int64_t offset)
{
    struct place *place = malloc(sizeof *place + topic.len + 1);
    if (!place)
        return ERR_NOMEM;
    *place = (struct place){offset, partition, {(char *)(place + 1), topic.len}};
    memcpy(place + 1, topic.data, topic.len);
    struct place **found = tsearch(place, &set->root, compare);
    if (found && *found == place)
        return 1;
    free(place);
    return found ? 0 : ERR_NOMEM;
}

void letter_set_deinit(struct letter_set *set)
{
    tdestroy(set->root, free);
    *set = (struct letter_set){0};
}
