/*
 * Dossier codes in eight bytes. Nearly all have the form PREFIX-yyMMdd-NNNN or PREFIX-yyyyMMdd-NNNNNNN (domain notes 1.6): the
 * prefix, an agency, is kept once; a date and a number of 4 to 7 digits fit in the rest. Any other code is kept as a copy, and its
 * eight bytes say where. Equal codes have equal packed forms only while one of them is kept: see packs_find. One thread.
 */
#ifndef HOSO_ALERTER_CODE_PACK_H
#define HOSO_ALERTER_CODE_PACK_H

#include "base/str.h"
#include "domain/event.h"

struct packs; /* the prefixes */

struct packs *packs_new(void); /* NULL when memory is short */
struct packs *packs_free(
    struct packs *packs); /* NULL is fine; returns NULL; copies are the callers' to drop before */

/* Whether the code has the common form and its prefix is known; then *ret is its packed form. */
bool packs_find(const struct packs *packs, struct str code, uint64_t *ret);
/* Packs a code for keeping. 0 or ERR_NOMEM. */
int packs_keep(struct packs *packs, struct str code, uint64_t *ret);
/* Gives back what packs_keep took; prefixes stay. */
void packs_drop(struct packs *packs, uint64_t packed);

/* The code again: a view into out or into the kept copy. */
struct str packs_text(const struct packs *packs, uint64_t packed, char out[CODE_MAX + 1]);

/*
 * What a kept code is looked up by, all 32 bits of it well mixed; and for a code that packs_find does not know: then only a kept copy
 * can be equal to it.
 */
uint32_t packs_hash(uint64_t kept);
uint32_t packs_hash_text(struct str code);
bool packs_is_copy_of(uint64_t kept, struct str code);

#endif
