#include "codec/program.h"

#include <string.h>

#define LOW_BITS UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Bytes of the character that begins at text[0], 0 when it is not one. size > 0. */
static size_t char_size(const unsigned char *text, size_t size)
{
    unsigned char lead = text[0];
    if (lead < 0x80)
        return lead != 0;
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || size < need)
        return 0;
    for (size_t i = 1; i < need; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    /* The second byte tells overlong forms, surrogates and what lies beyond U+10FFFF. */
    if ((lead == 0xe0 && text[1] < 0xa0) || (lead == 0xed && text[1] > 0x9f) ||
        (lead == 0xf0 && text[1] < 0x90) || (lead == 0xf4 && text[1] > 0x8f))
        return 0;
    return need;
}

bool text_valid(const unsigned char *text, size_t size)
{
    size_t at = 0;
    /* Codes are ASCII: eight bytes at a time, none of them zero or above 0x7f. */
    for (; size - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, text + at, sizeof word);
        if (((word - LOW_BITS) | word) & HIGH_BITS)
            break;
    }
    while (at < size) {
        size_t step = char_size(text + at, size - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}
