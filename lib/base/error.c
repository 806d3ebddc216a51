#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A cut may fall inside a Vietnamese letter: step back to where a character begins. */
static void trim_to_character(char *text, size_t size)
{
    size_t len = strlen(text);
    if (len + 1 < size)
        return;
    while (len > 0 && ((unsigned char)text[len - 1] & 0xC0) == 0x80)
        len--;
    if (len > 0 && (unsigned char)text[len - 1] >= 0xC0)
        len--;
    text[len] = '\0';
}

int error_set(struct error *err, int code, const char *format, ...)
{
    if (!err)
        return code;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    trim_to_character(err->text, sizeof err->text);
    return code;
}

int error_prefix(struct error *err, int code, const char *format, ...)
{
    if (!err)
        return code;
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    strncat(err->text, ": ", sizeof err->text - strlen(err->text) - 1);
    strncat(err->text, old, sizeof err->text - strlen(err->text) - 1);
    trim_to_character(err->text, sizeof err->text);
    return code;
}
