#include "ingest/seen_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/recent.h"
#include "ingest/map_hoso.h"

enum { ROW_MAX = 65536 };

struct seen_rows {
    struct recent *rows;     /* digest: of what the row is about; note: of all of it */
    struct recent_item last; /* asked about */
    bool can_be_kept;
    char text[ROW_MAX];
};

struct seen_rows *seen_rows_new(void)
{
    struct seen_rows *seen = calloc(1, sizeof *seen);
    if (!seen)
        return NULL;
    if (recent_new(SEEN_ROWS_MAX, &seen->rows) == 0)
        return seen;
    return seen_rows_free(seen);
}

struct seen_rows *seen_rows_free(struct seen_rows *seen)
{
    if (seen)
        recent_free(seen->rows);
    free(seen);
    return NULL;
}

static void digest_of(const struct str *parts, size_t count, uint8_t out[RECENT_DIGEST_SIZE])
{
    uint8_t digest[HASH_SIZE];
    hash_parts(parts, count, digest);
    memcpy(out, digest, RECENT_DIGEST_SIZE);
}

bool seen_rows_know(struct seen_rows *seen, map_row *map, struct str agency, const struct json *row)
{
    size_t len = json_canonical(row, seen->text, sizeof seen->text);
    seen->can_be_kept = len > 0 && len <= sizeof seen->text;
    if (!seen->can_be_kept)
        return false;
    const struct str whole[] = {agency, {seen->text, len}};
    const struct str dossier[] = {json_text(json_get(row, "MaHoSo"))};
    digest_of(whole, 2, seen->last.note);
    if (map == map_hoso && str_given(dossier[0]))
        digest_of(dossier, 1, seen->last.digest);
    else
        memcpy(seen->last.digest, seen->last.note, sizeof seen->last.digest);
    const struct recent_item *known = recent_find(seen->rows, seen->last.digest);
    return known && memcmp(known->note, seen->last.note, sizeof known->note) == 0;
}

void seen_rows_keep(struct seen_rows *seen)
{
    struct recent_item forgotten;
    if (!seen->can_be_kept)
        return;
    struct recent_item *known = recent_find(seen->rows, seen->last.digest);
    if (known)
        memcpy(known->note, seen->last.note, sizeof known->note);
    else
        recent_add(seen->rows, &seen->last, &forgotten);
}
