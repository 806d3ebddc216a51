/*
 * An event in a few dozen bytes of memory: everything that the fold looks at, and nothing else (source and occurred_original_at are
 * left out, the dossier code is the dossier's). Unpacked it folds as the event itself does, bit by bit; tests hold that. Pure.
 */
#ifndef HOSO_AGGREGATOR_PACKED_H
#define HOSO_AGGREGATOR_PACKED_H

#include "aggregator/words.h"
#include "domain/event.h"

/* No event takes more: fixed part, and for each field its bytes at most. */
#define PACKED_MAX 768

/* Writes the event to out (PACKED_MAX bytes); its size, or 0 when `words` has no room left: then it cannot be kept. */
size_t pack_event(struct words *words, const struct event *event, uint8_t *out);

/*
 * Reads the event back (what pack_event wrote; memory of ours, not checked) and returns its size. Texts are views into it and
 * into words. dossier_code is set to code.
 */
size_t unpack_event(const struct words *words, const uint8_t *bytes, struct str code,
                    struct event *ret);

#endif
