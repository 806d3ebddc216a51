#include "ingest/file_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/csv_rows.h"
#include "ingest/document.h"
#include "ingest/file_folder.h"
#include "ingest/file_job.h"

enum {
    TURN_MS = 5,          /* of work in one turn */
    FULL_WAIT_MS = 5,     /* until a row that found no room is offered again */
    SAVE_EVERY_MS = 200,  /* checkpoints */
    LOOK_EVERY_MS = 1000, /* for files that are not ready yet, and after a trouble */
};

struct file_feed {
    struct feed *feed;
    const char *name;
    struct file_folder *folder;
    map_row *map;
    struct str agency;
    bool look;           /* there may be a file to take */
    struct mono look_at; /* not before */
    struct mono saved_at;

    /* The file in hand: fd < 0 = none. */
    int fd;
    char file[FILE_NAME_SIZE];
    enum file_framing framing;
    struct file_reader *reader;
    struct csv_rows *csv;
    struct file_job job;
    bool read_all;
    bool full; /* the last row found no room */
    int64_t
        base; /* what this file's places are to be raised by, so that positions grow from file to file */

    /* The record in hand: its rows are being offered. */
    bool in_record;
    struct file_record record;
    struct document document;
    size_t next_row;
};

static bool soon(struct mono now, struct mono at)
{
    return mono_diff_ms(now, at) > 0;
}

/* ---- the file in hand ---- */

static void drop_file(struct file_feed *feed)
{
    document_close(&feed->document);
    feed->reader = file_reader_free(feed->reader);
    feed->csv = csv_rows_free(feed->csv);
    if (feed->fd >= 0)
        close(feed->fd);
    feed->fd = -1;
    feed->base += feed->job.read.offset + 1;
    file_job_deinit(&feed->job);
    feed->in_record = false;
    feed->read_all = false;
}

/* Something that time may mend: the disk is full, a permission is missing. The file is begun again from its checkpoint. */
static void trouble(struct file_feed *feed, struct mono now, const struct error *err)
{
    char quoted[512];
    log_error("file_trouble", "source=%s error=\"%s\" next=\"tried again in a second\"", feed->name,
              log_quote(err->text, quoted, sizeof quoted));
    feed_had_trouble(feed->feed);
    feed->look = true;
    feed->look_at = (struct mono){now.us + LOOK_EVERY_MS * 1000};
}

static int finish_file(struct file_feed *feed, const char *reason, struct error *err)
{
    const struct checkpoint *end = &feed->job.acknowledged;
    int r = reason ? 0 : file_job_save(&feed->job, err);
    if (r == 0)
        r = file_folder_finish(feed->folder, feed->file, reason, err);
    if (r < 0)
        return r;
    if (reason)
        feed_had_trouble(feed->feed);
    else
        feed_went_well(feed->feed);
    if (reason)
        log_warn("file_failed", "source=%s file=%s reason=\"%s\"", feed->name, feed->file, reason);
    else
        log_info("file_done",
                 "source=%s file=%s lines=%" PRId64 " rows=%" PRId64 " refused=%" PRId64,
                 feed->name, feed->file, end->line - 1, end->rows, end->refused);
    drop_file(feed);
    feed->look = true;
    return 0;
}

static int open_job(struct file_feed *feed, struct error *err)
{
    char path[PATH_MAX];
    char side[PATH_MAX];
    struct stat about;
    file_folder_path(feed->folder, feed->file, "", path);
    feed->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (feed->fd < 0 || fstat(feed->fd, &about) != 0)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", feed->file, strerror(errno));
    return file_job_init(
        &feed->job, file_folder_path(feed->folder, feed->file, ".checkpoint", path),
        file_folder_path(feed->folder, feed->file, ".refused.csv", side), about.st_size,
        clock_now(), feed_source(feed->feed)->in_flight_max + 1, err);
}

/* The names of the columns stand in the first line, wherever reading goes on. */
static int open_csv(struct file_feed *feed, struct error *err)
{
    struct file_record record;
    const char *reason = "empty: the first line must name the columns";
    feed->csv = csv_rows_new();
    if (!feed->csv)
        return error_set(err, ERR_NOMEM, "out of memory");
    int r = file_reader_new(feed->fd, FRAMING_CSV, 0, 1, &feed->reader, err);
    if (r == 0)
        r = file_reader_next(feed->reader, &record, err);
    if (r < 0)
        return r;
    if (r == 0 || !csv_rows_names(feed->csv, record.text, &reason))
        return finish_file(feed, reason, err);
    if (feed->job.read.offset > 0) {
        feed->reader = file_reader_free(feed->reader);
        return file_reader_new(feed->fd, FRAMING_CSV, feed->job.read.offset, feed->job.read.line,
                               &feed->reader, err);
    }
    feed->job.read.offset = feed->job.acknowledged.offset = record.end;
    feed->job.read.line = feed->job.acknowledged.line = 2;
    return 0;
}

static int take_file(struct file_feed *feed, struct mono now, struct error *err)
{
    if (soon(now, feed->look_at))
        return 0;
    feed->look = false;
    int r = file_folder_next(feed->folder, feed->file, &feed->framing, err);
    if (r == FOLDER_LATER) {
        feed->look = true;
        feed->look_at = (struct mono){now.us + LOOK_EVERY_MS * 1000};
    }
    if (r != FOLDER_FILE)
        return r < 0 ? r : 0;
    r = open_job(feed, err);
    if (r == 0)
        log_info("file_begun", "source=%s file=%s offset=%" PRId64, feed->name, feed->file,
                 feed->job.read.offset);
    if (r == 0 && feed->framing == FRAMING_CSV)
        r = open_csv(feed, err);
    else if (r == 0)
        r = file_reader_new(feed->fd, feed->framing, feed->job.read.offset, feed->job.read.line,
                            &feed->reader, err);
    if (r < 0)
        drop_file(feed);
    return r;
}

/* ---- the record in hand ---- */

static int refuse(struct file_feed *feed, size_t row, const struct refusal *refusal,
                  struct error *err)
{
    return file_job_refused(&feed->job, feed->record.line, row, refusal, err);
}

/* A line that is none; a file that is read as a whole fails as a whole. */
static int refuse_record(struct file_feed *feed, enum refusal_code code, struct error *err)
{
    const struct refusal refusal = {.code = code};
    ingest_metrics_refused(feed_metrics(feed->feed), code);
    if (feed->framing == FRAMING_WHOLE)
        return finish_file(feed, refusal_name(code), err);
    return refuse(feed, 0, &refusal, err);
}

/* Reads the record's text into rows; a record that is none has no rows, and is noted. */
static int read_rows(struct file_feed *feed, struct error *err)
{
    struct str text = feed->record.text;
    enum refusal_code code = feed->record.too_long ? REFUSAL_LINE_TOO_LONG : REFUSAL_NONE;
    feed->document = (struct document){0};
    feed->next_row = 0;
    feed->in_record = true;
    if (code == REFUSAL_NONE && feed->csv && str_given(text) &&
        !csv_rows_object(feed->csv, text, &text)) {
        file_reader_resync(feed->reader, &feed->record);
        code = REFUSAL_BAD_CSV;
    }
    if (code == REFUSAL_NONE && !str_given(text))
        return 0;
    if (code == REFUSAL_NONE &&
        document_open(text, feed->map, feed->agency, &feed->document, &code) == ERR_NOMEM)
        return error_set(err, ERR_NOMEM, "out of memory");
    return code == REFUSAL_NONE ? 0 : refuse_record(feed, code, err);
}

/* Lines of the record: the reader counts them. */
static int64_t lines_of(const struct file_record *record)
{
    int64_t lines = 1;
    for (size_t i = 0; i < record->text.len; i++)
        lines += record->text.data[i] == '\n';
    return lines;
}

/*
 * Offers the rows that are left. Each takes more than one byte of the record, so begin + 1 + index is a position of its own before the
 * end. 1 = all are on their way, 0 = no room now.
 */
static int offer_rows(struct file_feed *feed, struct error *err)
{
    struct document *document = &feed->document;
    if (document->count == 0)
        return feed_skip(feed->feed, feed->base + feed->record.end);
    while (feed->next_row < document->count) {
        bool last = feed->next_row + 1 == document->count;
        struct refusal refusal;
        const struct feed_row row = {.map = document->map,
                                     .json = document_row(document, feed->next_row),
                                     .agency = document->agency,
                                     .ingested_at = feed->job.read.ingested_at};
        int64_t position =
            last ? feed->record.end : feed->record.begin + 1 + (int64_t)feed->next_row;
        int r = feed_offer(feed->feed, feed->base + position, &row, &refusal, err);
        if (r == FEED_FULL)
            return 0;
        feed->next_row += r >= 0;
        if (r == MAP_REFUSED)
            r = refuse(feed, feed->next_row, &refusal, err);
        if (r < 0)
            return r;
    }
    return 1;
}

static int end_record(struct file_feed *feed)
{
    file_job_passed(&feed->job, feed->record.end, feed->record.line + lines_of(&feed->record),
                    (int64_t)feed->document.count);
    document_close(&feed->document);
    feed->in_record = false;
    return 0;
}

/* Reads on as long as there is room and time. */
static int read_file(struct file_feed *feed, struct mono now, struct error *err)
{
    int r = 0;
    while (r == 0 && !feed->read_all && mono_diff_ms(now, mono_now()) < TURN_MS) {
        if (!feed->in_record) {
            if (file_job_full(&feed->job) || !feed_has_room(feed->feed))
                return 0;
            r = file_reader_next(feed->reader, &feed->record, err);
            feed->read_all = r == 0;
            r = r > 0 ? read_rows(feed, err) : r;
            if (r < 0 || feed->read_all || feed->fd < 0)
                return r;
        }
        r = offer_rows(feed, err);
        feed->full = r == 0;
        if (r <= 0)
            return r;
        r = end_record(feed);
    }
    return r;
}

static int work(struct file_feed *feed, struct mono now, struct error *err)
{
    int r = 0;
    if (feed->fd < 0)
        return feed->look ? take_file(feed, now, err) : 0;
    if (!feed->read_all)
        r = read_file(feed, now, err);
    if (r == 0 && feed->fd >= 0 && feed->job.unsaved &&
        mono_diff_ms(feed->saved_at, now) >= SAVE_EVERY_MS) {
        r = file_job_save(&feed->job, err);
        feed->saved_at = now;
    }
    if (r == 0 && feed->fd >= 0 && feed->read_all && file_job_settled(&feed->job))
        r = finish_file(feed, NULL, err);
    return r;
}

/* ---- struct feed_kind ---- */

static void turn(void *state, struct mono now)
{
    struct file_feed *feed = state;
    struct error err;
    feed->look = file_folder_heard(feed->folder) || feed->look;
    if (soon(now, feed->look_at) && feed->fd >= 0)
        return;
    if (work(feed, now, &err) < 0)
        trouble(feed, now, &err);
}

static void acknowledged(void *state, int64_t position)
{
    struct file_feed *feed = state;
    if (feed->fd >= 0)
        file_job_acknowledged(&feed->job, position - feed->base);
}

static int fd(void *state)
{
    struct file_feed *feed = state;
    return file_folder_fd(feed->folder);
}

static int timeout_ms(void *state, struct mono now)
{
    struct file_feed *feed = state;
    if (soon(now, feed->look_at))
        return (int)mono_diff_ms(now, feed->look_at);
    if (feed->fd < 0)
        return feed->look ? 0 : -1;
    if (feed->full)
        return FULL_WAIT_MS;
    bool can_read = !feed->read_all && feed_has_room(feed->feed) && !file_job_full(&feed->job);
    if (can_read || (feed->read_all && file_job_settled(&feed->job)))
        return 0;
    return feed->job.unsaved ? SAVE_EVERY_MS : -1;
}

static void close_feed(void *state)
{
    struct file_feed *feed = state;
    /* A clean stop need not read again what is acknowledged. */
    if (feed->fd >= 0 && !feed->read_all)
        file_job_save(&feed->job, NULL);
    drop_file(feed);
    file_folder_close(feed->folder);
    free(feed);
}

static int open_feed(struct feed *feed, const struct config *config, const char *name,
                     void **ret_state, struct error *err)
{
    struct file_feed *state = calloc(1, sizeof *state);
    if (!state)
        return error_set(err, ERR_NOMEM, "out of memory");
    *state = (struct file_feed){
        .feed = feed,
        .name = name,
        .map = document_mapper(config_text(config, "source", name, "rows")),
        .agency = str_of(config_text(config, "source", name, "agency")),
        .look = true,
        .fd = -1,
        .job = {.side = -1},
    };
    *ret_state = state;
    return file_folder_open(config_text(config, "source", name, "folder"), &state->folder, err);
}

const struct feed_kind file_feed_kind = {
    .kind = SOURCE_FILE,
    .open = open_feed,
    .turn = turn,
    .acknowledged = acknowledged,
    .fd = fd,
    .timeout_ms = timeout_ms,
    .close = close_feed,
};
