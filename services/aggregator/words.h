/*
 * Texts that come again and again (procedures, agencies, officers), kept once and known by a number. Bounded: what finds no room is
 * simply not kept. Pure; one thread.
 */
#ifndef HOSO_AGGREGATOR_WORDS_H
#define HOSO_AGGREGATOR_WORDS_H

#include <stdint.h>

#include "base/str.h"

#define WORDS_MAX 65535

struct words;
struct words *words_new(void);                 /* NULL when memory is short */
struct words *words_free(struct words *words); /* NULL is fine; returns NULL */

/* The number (1..WORDS_MAX) of the text, added if it is new; 0 = there is no room, or it is empty. */
uint32_t words_number(struct words *words, struct str text);
/* Valid until words_free. number in 1..WORDS_MAX, as given. */
struct str words_text(const struct words *words, uint32_t number);

/* FNV-1a with a final mix: for tables of our own, from inputs that have been let in. */
uint32_t text_hash(struct str text);

#endif
