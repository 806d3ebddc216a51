/*
 * The rows that a polled source has given lately: its overlap window brings most of them again and again, and they would be stored each
 * time as a new receipt. Known is a row that is byte by byte the same as before; where rows tell a dossier's present state (DongBoHoSoMC),
 * it must also be the last one of its dossier, so that a state that comes back counts. The SEEN_ROWS_MAX rows read last; a restart
 * forgets them, and what is then stored again counts once. Pure; one thread.
 */
#ifndef HOSO_INGEST_SEEN_ROWS_H
#define HOSO_INGEST_SEEN_ROWS_H

#include "ingest/map.h"

#define SEEN_ROWS_MAX 65536

struct seen_rows;
struct seen_rows *seen_rows_new(void);                    /* NULL when memory is short */
struct seen_rows *seen_rows_free(struct seen_rows *seen); /* NULL is fine; returns NULL */

/* Whether this row, to be mapped by `map` with this agency, is known. A row larger than 64 KiB never is. */
bool seen_rows_know(struct seen_rows *seen, map_row *map, struct str agency,
                    const struct json *row);
/* The row that was asked about last has been taken, or refused for good. */
void seen_rows_keep(struct seen_rows *seen);

#endif
