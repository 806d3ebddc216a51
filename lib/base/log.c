#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static const char *log_program = "hoso";
static enum log_level log_threshold = LOG_LEVEL_INFO;
static bool log_as_json;

void log_setup(const char *program, enum log_level level, bool json)
{
    log_program = program;
    log_threshold = level;
    log_as_json = json;
}

const char *log_quote(const char *text, char *out, unsigned long size)
{
    unsigned long n = 0;
    for (; text && *text && n + 1 < size; text++) {
        unsigned char c = (unsigned char)*text;
        out[n++] = c < 0x20 || c == 0x7F ? ' ' : c == '"' || c == '\\' ? '\'' : (char)c;
    }
    out[n] = '\0';
    return out;
}

/* A bounded line; what does not fit is cut. */
struct line {
    char text[2048];
    size_t len;
};

static void line_add(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void line_add(struct line *line, const char *format, ...)
{
    size_t room = sizeof line->text - line->len;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line->text + line->len, room, format, args);
    va_end(args);
    if (n > 0)
        line->len += (size_t)n < room ? (size_t)n : room - 1;
}

/* Turns ` key=value key="va lue"` into JSON members; everything is text. */
static void line_add_json_fields(struct line *line, const char *fields)
{
    while (*fields) {
        const char *equals = strchr(fields, '=');
        if (!equals)
            return;
        const char *value = equals + 1;
        bool quoted = *value == '"';
        value += quoted;
        const char *end = strchr(value, quoted ? '"' : ' ');
        size_t len = end ? (size_t)(end - value) : strlen(value);
        line_add(line, ",\"%.*s\":\"%.*s\"", (int)(equals - fields), fields, (int)len, value);
        fields = value + len;
        fields += strspn(fields, "\" ");
    }
}

void log_line(enum log_level level, const char *event, const char *fields, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if (level < log_threshold)
        return;
    char extra[1536];
    va_list args;
    va_start(args, fields);
    vsnprintf(extra, sizeof extra, fields, args);
    va_end(args);

    char time[TIME_TEXT_SIZE];
    struct line line = {.len = 0};
    time_format(clock_now(), time);
    long long simulated_s = (long long)(clock_offset() / MS_PER_SECOND);
    if (log_as_json) {
        line_add(&line, "{\"ts\":\"%s\",\"level\":\"%s\",\"program\":\"%s\",\"event\":\"%s\"", time,
                 names[level], log_program, event);
        if (clock_offset() != 0)
            line_add(&line, ",\"simulated\":\"%+llds\"", simulated_s);
        line_add_json_fields(&line, extra);
        line_add(&line, "}");
    } else {
        line_add(&line, "ts=%s level=%s program=%s event=%s", time, names[level], log_program,
                 event);
        if (clock_offset() != 0)
            line_add(&line, " simulated=%+llds", simulated_s);
        line_add(&line, "%s%s", *extra ? " " : "", extra);
    }
    if (line.len + 1 >= sizeof line.text)
        line.len--;
    line.text[line.len++] = '\n';
    /* One write per line, so that lines of several processes do not mix. A log that cannot be written is nobody's to mend. */
    if (write(STDERR_FILENO, line.text, line.len) < 0)
        return;
}
