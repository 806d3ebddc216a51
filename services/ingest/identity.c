#include "ingest/identity.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void identity_set(const struct map_input *input, struct event *event, const struct str *parts,
                  size_t count)
{
    struct str all[IDENTITY_PARTS_MAX + 2] = {event->source, str_of(event_kind_name(event->kind))};
    uint8_t digest[HASH_SIZE];
    for (size_t i = 0; i < count; i++)
        all[i + 2] = parts[i];
    hash_hmac_parts(input->event_key, all, count + 2, digest);
    memcpy(event->event_id, digest, EVENT_ID_SIZE);
}

int identity_canonical(struct mapped *mapped, const struct json *row, struct str *ret)
{
    size_t size = json_canonical(row, mapped->canonical, mapped->canonical_size);
    if (size > mapped->canonical_size) {
        char *grown = realloc(mapped->canonical, size);
        if (!grown)
            return ERR_NOMEM;
        mapped->canonical = grown;
        mapped->canonical_size = size;
        size = json_canonical(row, mapped->canonical, mapped->canonical_size);
    }
    *ret = (struct str){mapped->canonical, size};
    return size > 0 ? 0 : ERR_NOMEM;
}

struct str identity_time(int64_t at, char *out)
{
    if (at == NO_TIME)
        return STR_NONE;
    return (struct str){out, (size_t)snprintf(out, IDENTITY_TIME_SIZE, "%" PRId64, at)};
}

struct str identity_officer(const struct map_input *input, struct str name, char *out)
{
    if (!str_given(name))
        return STR_NONE;
    char normal[4 * TEXT_POINTS_MAX];
    struct str same_form = name;
    uint8_t digest[HASH_SIZE];
    if (!text_nfc(name, normal, sizeof normal, &same_form))
        same_form = name; /* too long for a name; still an identity */
    hash_hmac_parts(input->officer_key, &same_form, 1, digest);
    memcpy(out, digest, EVENT_ID_SIZE);
    return (struct str){out, EVENT_ID_SIZE};
}
