/*
 * What a key may send, checked for each dossier after the mapping: the kind of the row, and every agency that it names. Pure.
 *
 * Agencies of a row: the one in the dossier's code, the deciding agency, the one that hands it over. A row that names none (an opaque
 * code) counts as the envelope's agency (madonvi); without that as nobody's, which only a key for all units may send.
 */
#ifndef HOSO_INGEST_PERMIT_H
#define HOSO_INGEST_PERMIT_H

#include "ingest/key.h"
#include "ingest/map.h"

/* Whether the key may send the row that became these events (at least one); false: *ret says why. */
bool permit_row(const struct key *key, const struct map_input *input, const struct mapped *mapped,
                struct refusal *ret);

#endif
