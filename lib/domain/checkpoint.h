/* How far ingest has read a dropped file, as it keeps it beside the file (and `hoso backfill` looks at it): what lies before `offset` is persisted or refused. Pure. */
#ifndef HOSO_DOMAIN_CHECKPOINT_H
#define HOSO_DOMAIN_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct checkpoint {
    int64_t size;      /* of the file */
    int64_t offset;    /* beginning of the next line to read */
    int64_t line;      /* its number, from 1 */
    int64_t rows;      /* persisted or refused */
    int64_t refused;   /* of them, and lines that are no rows */
    int64_t side_size; /* bytes of the side file that belong to what lies before offset */
    int64_t
        ingested_at; /* stamped once per file, so that reading a line again makes the same bytes */
};

#define CHECKPOINT_SIZE 512
/* As text, "name number" lines under a heading; out has CHECKPOINT_SIZE bytes. */
struct str checkpoint_format(const struct checkpoint *checkpoint, char *out);
/* Exactly what checkpoint_format writes, and numbers that can be true of one another; else false, *ret untouched. */
bool checkpoint_parse(struct str text, struct checkpoint *ret);

#endif
