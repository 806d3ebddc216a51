/* `hoso backfill`: files into the folder of a file source, and how far ingest has come with them. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "commands.h"
#include "domain/checkpoint.h"
#include "site.h"

enum { LOOK_EVERY_MS = 200, NOBODY_THERE_MS = 10000, BLOCK = 1 << 20, NAME_SIZE = 200 };

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso backfill -c hoso.conf --source nap-lai nam-2025.csv\n\n"
    "Đưa tệp (.json, .ndjson, .jsonl, .csv) vào thư mục của một nguồn kind = file, rồi cho biết\n"
    "hoso-ingest đã đọc đến đâu. hoso-ingest phải đang chạy. Ngắt lệnh này (Ctrl-C) thì việc nạp "
    "vẫn\n"
    "tiếp tục. Nạp lại một tệp không làm số liệu tăng hai lần.\n"
    "Mã thoát 1: có dòng bị từ chối; tệp .refused.csv trong done/ nêu số dòng và lý do.\n\n"
    "  --source TÊN   nguồn [source.TÊN]; có thể bỏ qua nếu chỉ có một nguồn kind = file\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso backfill -c hoso.conf --source history year-2025.csv\n\n"
    "Puts files (.json, .ndjson, .jsonl, .csv) into the folder of a source with kind = file, and "
    "shows\n"
    "how far hoso-ingest has read them. hoso-ingest must be running. Stopping this command "
    "(Ctrl-C) does\n"
    "not stop the loading. Loading a file twice counts nothing twice.\n"
    "Exit code 1: lines were refused; the .refused.csv in done/ has their numbers and reasons.\n\n"
    "  --source NAME  of [source.NAME]; not needed where only one source has kind = file\n";

struct backfill {
    struct site site;
    char *const *argv;
    const char *source;
    const char *folder;
    bool terminal;
    int64_t refused; /* of all files */
};

/* One file on its way. */
struct loading {
    char name[NAME_SIZE];
    int64_t size;
    int64_t lines;
    struct mono began;
    struct mono moved; /* when it was last seen to move */
    int64_t offset;
    int shown_percent;
};

static int find_folder(struct backfill *backfill, struct error *err)
{
    const struct config *config = backfill->site.config;
    const char *found = NULL;
    const char *name;
    for (size_t i = 0; (name = config_name(config, "source", i)); i++) {
        bool file = strcmp(config_text(config, "source", name, "kind"), "file") == 0;
        if (!file || (backfill->source && strcmp(backfill->source, name) != 0))
            continue;
        if (found)
            return error_set(err, ERR_INPUT, "several sources have kind = file; choose: --source");
        found = name;
    }
    if (!found)
        return error_set(err, ERR_INPUT, "no source %s has kind = file in the configuration",
                         backfill->source ? backfill->source : "");
    backfill->folder = config_text(config, "source", found, "folder");
    return 0;
}

static char *path_of(const struct backfill *backfill, const char *part, const char *name,
                     const char *suffix, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s%s%s", backfill->folder, part, name, suffix);
    return out;
}

/* The file's own name behind the time, so that no name comes twice. */
static int name_file(const char *path, struct loading *loading, struct error *err)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    const char *own = basename(copy);
    struct vn_time now = vn_time_of(clock_now());
    int len = snprintf(loading->name, sizeof loading->name, "%04d%02d%02d-%02d%02d%02d-%s",
                       now.year, now.month, now.day, now.hour, now.minute, now.second, own);
    if (len > 150 || own[strspn(own, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789._-")] != '\0')
        return error_set(err, ERR_INPUT,
                         "%s: the name must be short, of letters, digits, . _ - only", path);
    return 0;
}

/* Copies from one to the other, counting bytes and lines. */
static int copy_bytes(int from, int to, struct loading *loading)
{
    char *block = malloc(BLOCK);
    ssize_t got = -1;
    while (block && (got = read(from, block, BLOCK)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            loading->lines += block[i] == '\n';
        for (ssize_t done = 0, written; done < got; done += written) {
            written = write(to, block + done, (size_t)(got - done));
            if (written < 0) {
                free(block);
                return -1;
            }
        }
        loading->size += got;
    }
    free(block);
    return got == 0 ? fsync(to) : -1;
}

/* Into the folder under another name, then renamed: ingest never sees half a file. */
static int put_file(const struct backfill *backfill, const char *path, struct loading *loading,
                    struct error *err)
{
    char part[PATH_MAX];
    char final[PATH_MAX];
    int r = name_file(path, loading, err);
    if (r < 0)
        return r;
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return error_set(err, ERR_INPUT, "%s: %s", path, strerror(errno));
    path_of(backfill, ".", loading->name, ".part", part);
    int to = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (to < 0 || copy_bytes(from, to, loading) != 0 || close(to) != 0 ||
        rename(part, path_of(backfill, "", loading->name, "", final)) != 0)
        r = error_set(err, ERR_UNAVAILABLE, "%s: %s", part, strerror(errno));
    if (r < 0)
        unlink(part);
    close(from);
    loading->began = loading->moved = mono_now();
    return r;
}

static void show(const struct backfill *backfill, struct loading *loading, int64_t offset,
                 int64_t rows)
{
    int percent = loading->size > 0 ? (int)(offset * 100 / loading->size) : 100;
    int64_t ms = mono_diff_ms(loading->began, mono_now());
    int step = backfill->terminal ? 1 : 10;
    if (percent / step == loading->shown_percent / step && !backfill->terminal)
        return;
    loading->shown_percent = percent;
    char bar[21];
    for (int i = 0; i < 20; i++)
        bar[i] = i < percent / 5 ? '#' : '.';
    bar[20] = '\0';
    int64_t left_s = offset > 0 ? ms * (loading->size - offset) / offset / 1000 : 0;
    fprintf(stderr,
            cli_text("%s[%s] %3d %%  %" PRId64 " dòng  %" PRId64 " dòng/giây  còn %" PRId64
                     ":%02" PRId64 "%s",
                     "%s[%s] %3d %%  %" PRId64 " rows  %" PRId64 " rows/s  %" PRId64 ":%02" PRId64
                     " left%s"),
            backfill->terminal ? "\r" : "", bar, percent, rows, ms > 0 ? rows * 1000 / ms : 0,
            left_s / 60, left_s % 60, backfill->terminal ? "   " : "\n");
}

static bool exists(const struct backfill *backfill, const char *part, const char *name)
{
    char path[PATH_MAX];
    struct stat about;
    return stat(path_of(backfill, part, name, "", path), &about) == 0;
}

/* Looks at the checkpoint; a file that nobody takes is told of. */
static void look(const struct backfill *backfill, struct loading *loading)
{
    char path[PATH_MAX];
    char text[CHECKPOINT_SIZE];
    struct str kept;
    struct checkpoint checkpoint;
    struct mono now = mono_now();
    path_of(backfill, "work/", loading->name, ".checkpoint", path);
    if (file_read(path, text, sizeof text, &kept, NULL) == 0 &&
        checkpoint_parse(kept, &checkpoint) && checkpoint.offset != loading->offset) {
        loading->offset = checkpoint.offset;
        loading->moved = now;
        show(backfill, loading, checkpoint.offset, checkpoint.rows);
    }
    if (mono_diff_ms(loading->moved, now) < NOBODY_THERE_MS)
        return;
    loading->moved = now;
    fputs(cli_text("\nhoso-ingest chưa đọc tiếp; nó có đang chạy, Kafka có đang chạy không?\n",
                   "\nhoso-ingest does not read on; is it running, and Kafka?\n"),
          stderr);
}

/* Lines of the side file without its heading. */
static int64_t count_refused(const char *path)
{
    int64_t lines = -1;
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    for (int c; (c = getc(file)) != EOF;)
        lines += c == '\n';
    fclose(file);
    return lines;
}

static void show_end(struct backfill *backfill, struct loading *loading)
{
    char path[PATH_MAX];
    if (loading->shown_percent < 100)
        show(backfill, loading, loading->size, loading->lines);
    path_of(backfill, "done/", loading->name, ".refused.csv", path);
    int64_t refused = count_refused(path);
    int64_t ms = mono_diff_ms(loading->began, mono_now());
    if (backfill->terminal)
        fputc('\n', stderr);
    printf(cli_text("%s: %" PRId64 " dòng, %" PRId64 " bị từ chối; %" PRId64 ",%" PRId64 " giây\n",
                    "%s: %" PRId64 " lines, %" PRId64 " refused; %" PRId64 ".%" PRId64 " s\n"),
           loading->name, loading->lines, refused, ms / 1000, ms / 100 % 10);
    if (refused > 0)
        printf(cli_text("Số dòng và lý do: %s\n", "Line numbers and reasons: %s\n"), path);
    backfill->refused += refused;
}

static int fail(const struct backfill *backfill, const struct loading *loading, struct error *err)
{
    char path[PATH_MAX];
    char text[512];
    struct str reason = STR_NONE;
    path_of(backfill, "failed/", loading->name, ".reason", path);
    file_read(path, text, sizeof text, &reason, NULL);
    return error_set(err, ERR_INPUT, "%s: %.*s", loading->name, STR_ARG(reason));
}

static int load_file(struct backfill *backfill, const char *path, struct error *err)
{
    struct loading loading = {.shown_percent = -1, .offset = -1};
    int r = put_file(backfill, path, &loading, err);
    while (r == 0) {
        if (exists(backfill, "done/", loading.name)) {
            show_end(backfill, &loading);
            return 0;
        }
        if (exists(backfill, "failed/", loading.name))
            return fail(backfill, &loading, err);
        look(backfill, &loading);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY_MS * 1000000L}, NULL);
    }
    return r;
}

int cmd_backfill(int argc, char **argv)
{
    enum { OPT_SOURCE = 256 };
    static const struct option options[] = {
        SITE_LONG, {"source", required_argument, NULL, OPT_SOURCE}, {0}};
    struct backfill backfill = {.argv = argv, .terminal = isatty(STDERR_FILENO)};
    struct error err = {{0}};
    prctl(PR_SET_DUMPABLE, 0); /* memory holds what the file says of people: no core file */
    for (int option; (option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL)) != -1;) {
        if (option == 'h')
            return cli_help(help_vi, help_en);
        if (option == OPT_SOURCE)
            backfill.source = optarg;
        else if (!site_option(&backfill.site, option, optarg))
            return cli_bad_option(argv, option);
    }
    if (optind == argc)
        return cli_wrong_usage(argv, "cần ít nhất một tệp", "wants at least one file");
    int code = site_load(&backfill.site, argv);
    if (code != EXIT_OK)
        return code;
    int r = find_folder(&backfill, &err);
    for (int i = optind; i < argc && r == 0; i++)
        r = load_file(&backfill, argv[i], &err);
    site_unload(&backfill.site);
    if (r < 0)
        return cli_fail(argv, r, &err);
    return backfill.refused > 0 ? EXIT_NO : EXIT_OK;
}
