/*
 * Text as systems send it: Unicode in any form. The only module that includes utf8proc.h. Pure; thread: any.
 */
#ifndef HOSO_BASE_TEXT_H
#define HOSO_BASE_TEXT_H

#include <stdbool.h>

#include "base/str.h"

/* Longest text that text_nfc takes, in code points after decomposition. */
#define TEXT_POINTS_MAX 512

/*
 * The text in normal form C: the same word typed with composed or combining marks becomes the same bytes. ASCII is given
 * back as it is; anything else is written to out. false: not UTF-8, longer than TEXT_POINTS_MAX, or more than `size` bytes.
 */
bool text_nfc(struct str text, char *out, size_t size, struct str *ret);

/* Without ASCII spaces, tabs and line ends at both ends; a view of the same bytes. */
struct str text_trim(struct str text);

/*
 * Whether text can be a code that people and programs copy: at least one character, UTF-8, and none of it white space, control,
 * invisible formatting (bidirectional marks, zero width) or unassigned.
 */
bool text_is_code(struct str text);

/* Base64 (RFC 4648) of the bytes, ended by NUL; out has 4 * ((len + 2) / 3) + 1 bytes. Returns out. */
char *text_base64(struct str bytes, char *out);

/* Whether text is this ASCII word, in any case. */
bool text_same_word(struct str text, const char *word);

#endif
