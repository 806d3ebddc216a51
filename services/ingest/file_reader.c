#include "ingest/file_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK = 256 << 10 };

struct file_reader {
    int fd;
    enum file_framing framing;
    size_t record_max;
    char *bytes;
    size_t capacity;
    size_t begin; /* of what has not been given yet */
    size_t end;
    int64_t base; /* place in the file of bytes[0] */
    int64_t line;
    bool at_end; /* nothing more to read */
};

int file_reader_new(int fd, enum file_framing framing, int64_t offset, int64_t line,
                    struct file_reader **ret, struct error *err)
{
    if (lseek(fd, offset, SEEK_SET) < 0)
        return error_set(err, ERR_UNAVAILABLE, "cannot seek: %s", strerror(errno));
    struct file_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return error_set(err, ERR_NOMEM, "out of memory");
    *reader = (struct file_reader){.fd = fd,
                                   .framing = framing,
                                   .record_max =
                                       framing == FRAMING_WHOLE ? FILE_WHOLE_MAX : FILE_LINE_MAX,
                                   .base = offset,
                                   .line = line};
    *ret = reader;
    return 0;
}

struct file_reader *file_reader_free(struct file_reader *reader)
{
    if (reader)
        free(reader->bytes);
    free(reader);
    return NULL;
}

/* What has been given makes room. */
static void compact(struct file_reader *reader)
{
    memmove(reader->bytes, reader->bytes + reader->begin, reader->end - reader->begin);
    reader->base += (int64_t)reader->begin;
    reader->end -= reader->begin;
    reader->begin = 0;
}

static int read_more(struct file_reader *reader, struct error *err)
{
    if (reader->begin > 0)
        compact(reader);
    if (reader->capacity - reader->end < BLOCK) {
        size_t capacity = reader->capacity ? 2 * reader->capacity : 2 * BLOCK;
        char *grown = realloc(reader->bytes, capacity);
        if (!grown)
            return error_set(err, ERR_NOMEM, "out of memory");
        reader->bytes = grown;
        reader->capacity = capacity;
    }
    ssize_t got;
    do
        got = read(reader->fd, reader->bytes + reader->end, BLOCK);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set(err, ERR_UNAVAILABLE, "cannot read: %s", strerror(errno));
    reader->end += (size_t)got;
    reader->at_end = got == 0;
    return 0;
}

static int skip_mark(struct file_reader *reader, struct error *err)
{
    while (reader->end < 3 && !reader->at_end) {
        int r = read_more(reader, err);
        if (r < 0)
            return r;
    }
    if (reader->end >= 3 && memcmp(reader->bytes, "\xEF\xBB\xBF", 3) == 0)
        reader->begin = 3;
    return 0;
}

/* Where a record that is being looked for may end; carried over from block to block. */
struct search {
    size_t at; /* bytes of the record looked at */
    int64_t lines;
    bool quoted;
};

/* Moves on to the line break that ends the record; false = not in the bytes that are there. */
static bool find_end(const struct file_reader *reader, struct search *search)
{
    size_t size = reader->end - reader->begin;
    if (size == 0) /* perhaps no bytes at all yet */
        return false;
    const char *bytes = reader->bytes + reader->begin;
    if (reader->framing == FRAMING_WHOLE) {
        search->at = size;
        return false;
    }
    for (; search->at < size; search->at++) {
        char c = bytes[search->at];
        search->quoted ^= c == '"' && reader->framing == FRAMING_CSV;
        search->lines += c == '\n';
        if (c == '\n' && !search->quoted)
            return true;
    }
    return false;
}

/* Hands out `size` bytes, and passes over them and, where there is one, their line break. */
static void take(struct file_reader *reader, size_t size, bool line_break, int64_t lines,
                 struct file_record *ret)
{
    const char *text = reader->bytes + reader->begin;
    size_t kept = size - (size > 0 && line_break && text[size - 1] == '\r');
    *ret = (struct file_record){
        .text = {text, kept}, .line = reader->line, .begin = reader->base + (int64_t)reader->begin};
    reader->begin += size + line_break;
    reader->line += lines;
    ret->end = reader->base + (int64_t)reader->begin;
}

/* The record is longer than may be: passes over it, up to the next line. Its text is not kept. */
static int pass_over(struct file_reader *reader, struct file_record *ret, struct error *err)
{
    ret->too_long = true;
    ret->text = STR_NONE;
    ret->line = reader->line;
    ret->begin = reader->base + (int64_t)reader->begin;
    for (;;) {
        char *from = reader->bytes + reader->begin;
        char *found = reader->framing == FRAMING_WHOLE
                          ? NULL
                          : memchr(from, '\n', reader->end - reader->begin);
        reader->begin = found ? (size_t)(found - reader->bytes) + 1 : reader->end;
        ret->end = reader->base + (int64_t)reader->begin;
        if (found || reader->at_end)
            break;
        int r = read_more(reader, err);
        if (r < 0)
            return r;
    }
    reader->line++;
    return 1;
}

int file_reader_next(struct file_reader *reader, struct file_record *ret, struct error *err)
{
    struct search search = {0};
    int r = reader->base == 0 && reader->begin == 0 ? skip_mark(reader, err) : 0;
    *ret = (struct file_record){0};
    while (r == 0) {
        bool found = find_end(reader, &search);
        if (search.at > reader->record_max)
            return pass_over(reader, ret, err);
        if (found) {
            take(reader, search.at, true, search.lines, ret);
            return 1;
        }
        if (reader->at_end)
            break;
        r = read_more(reader, err);
    }
    if (r < 0 || search.at == 0)
        return r;
    take(reader, search.at, false, search.lines + 1, ret);
    return 1;
}

void file_reader_resync(struct file_reader *reader, struct file_record *record)
{
    const char *end = memchr(record->text.data, '\n', record->text.len);
    if (!end)
        return;
    size_t size = (size_t)(end - record->text.data);
    reader->begin = (size_t)(record->begin - reader->base);
    reader->line = record->line;
    take(reader, size, true, 1, record);
}
