/*
 * One line per event to stderr, logfmt or JSON. Only services and the command line log; libraries return errors.
 * Never personal data, never a request body. Thread: any.
 */
#ifndef HOSO_BASE_LOG_H
#define HOSO_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* program: static text, e.g. "hoso-ingest". Lines below `level` are dropped. */
void log_setup(const char *program, enum log_level level, bool json);

/*
 * event: a short stable word ("batch_committed"). fields: printf format of ready key=value pairs separated by single
 * spaces, values without spaces or in double quotes ("topic=%s offset=%lld error=\"%s\""); "" for none. Double quotes,
 * control characters and newlines inside %s values are the caller's to avoid; log_quote helps.
 * Simulated time is named in every line (simulated=+3600s).
 */
void log_line(enum log_level level, const char *event, const char *fields, ...)
    __attribute__((format(printf, 3, 4)));
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)

/* text with double quotes and control characters replaced, cut to fit; in out (size > 0), which is returned. */
const char *log_quote(const char *text, char *out, unsigned long size);

#endif
