/*
 * Failures, told apart by sign (every module keeps to this):
 *   negative  nobody expected it; the text is in the struct error; hand it up unchanged
 *   0         done
 *   positive  an outcome named in the function's header that the direct caller must handle
 *
 * Libraries fill a struct error and never log; only services log, once.
 */
#ifndef HOSO_BASE_ERROR_H
#define HOSO_BASE_ERROR_H

/* Exit codes of every program (sysexits.h; 1 = a check said no, 2 = wrong usage). */
enum hoso_exit {
    EXIT_OK = 0,
    EXIT_NO = 1,
    EXIT_USAGE = 2,
    EXIT_DATA = 65,
    EXIT_UNAVAILABLE = 69,
    EXIT_SOFTWARE = 70,
    EXIT_CONFIG = 78,
};

/* The classes of a negative result; a service decides from the class, never from the text. */
enum {
    ERR_FAILED = -1,      /* anything without a class of its own */
    ERR_INPUT = -2,       /* the input is wrong; the same input will fail again */
    ERR_UNAVAILABLE = -3, /* a server cannot be reached or answered "later": try again */
    ERR_CONFLICT = -4,    /* somebody else owns it now: drop it, do not write */
    ERR_NOMEM = -5,
};

/* Owned by the caller, any storage class. text is untouched on success. */
struct error {
    char text[512];
};

/*
 * Writes the text (cut at 511 bytes, on a UTF-8 boundary) and returns code, so that a caller can
 * write `return error_set(err, ERR_INPUT, "…")`. err may be NULL.
 */
int error_set(struct error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the text that is there and returns code. err may be NULL. */
int error_prefix(struct error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
