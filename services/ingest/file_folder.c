#include "ingest/file_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

/* How a name came into the folder, as far as we have seen it come. */
struct arrival {
    bool renamed; /* else it was created in place */
    char name[];
};

struct file_folder {
    const char *path;
    int watch;
    void *arrivals; /* a tree of struct arrival, by name */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct arrival *)a)->name, ((const struct arrival *)b)->name);
}

static struct arrival *arrival_new(const char *name, bool renamed)
{
    struct arrival *arrival = calloc(1, sizeof *arrival + strlen(name) + 1);
    if (arrival) {
        arrival->renamed = renamed;
        memcpy(arrival->name, name, strlen(name) + 1);
    }
    return arrival;
}

/* NULL = it was there before us, or memory was short (then it is treated so). */
static struct arrival *arrival_of(const struct file_folder *folder, const char *name)
{
    struct arrival *key = arrival_new(name, false);
    struct arrival **found = key ? tfind(key, &folder->arrivals, by_name) : NULL;
    free(key);
    return found ? *found : NULL;
}

static void forget(struct file_folder *folder, const char *name)
{
    struct arrival *arrival = arrival_of(folder, name);
    if (arrival)
        tdelete(arrival, &folder->arrivals, by_name);
    free(arrival);
}

static void note(struct file_folder *folder, const char *name, bool renamed)
{
    forget(folder, name);
    struct arrival *arrival = arrival_new(name, renamed);
    if (arrival && !tsearch(arrival, &folder->arrivals, by_name))
        free(arrival);
}

static int broken(struct error *err, const char *path, const char *what)
{
    return error_set(err, ERR_UNAVAILABLE, "%s/%s: %s", path, what, strerror(errno));
}

int file_folder_open(const char *path, struct file_folder **ret, struct error *err)
{
    static const char *const parts[] = {"work", "done", "failed"};
    struct stat about;
    char part[PATH_MAX];
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode) || access(path, R_OK | W_OK | X_OK) != 0)
        return error_set(err, ERR_INPUT, "%s: must be a folder that this user may read and write",
                         *path ? path : "folder");
    if (strlen(path) + 2 * FILE_NAME_SIZE > PATH_MAX)
        return error_set(err, ERR_INPUT, "%s: the path is too long", path);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(part, sizeof part, "%s/%s", path, parts[i]);
        if (mkdir(part, 0750) != 0 && errno != EEXIST)
            return error_set(err, ERR_INPUT, "%s: %s", part, strerror(errno));
    }
    struct file_folder *folder = calloc(1, sizeof *folder);
    if (!folder)
        return error_set(err, ERR_NOMEM, "out of memory");
    folder->path = path;
    folder->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (folder->watch < 0 ||
        inotify_add_watch(folder->watch, path,
                          IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR) < 0) {
        broken(err, path, "inotify");
        file_folder_close(folder);
        return ERR_UNAVAILABLE;
    }
    *ret = folder;
    return 0;
}

struct file_folder *file_folder_close(struct file_folder *folder)
{
    if (!folder)
        return NULL;
    if (folder->watch >= 0)
        close(folder->watch);
    tdestroy(folder->arrivals, free);
    free(folder);
    return NULL;
}

int file_folder_fd(const struct file_folder *folder)
{
    return folder->watch;
}

bool file_folder_heard(struct file_folder *folder)
{
    char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool arrived = false;
    ssize_t got;
    while ((got = read(folder->watch, buffer, sizeof buffer)) > 0) {
        for (char *at = buffer; at < buffer + got;) {
            const struct inotify_event *event = (const struct inotify_event *)at;
            at += sizeof *event + event->len;
            if (event->mask & (IN_CREATE | IN_MOVED_TO))
                note(folder, event->name, event->mask & IN_MOVED_TO);
            else if (event->len > 0)
                forget(folder, event->name);
            arrived = arrived || event->mask & (IN_MOVED_TO | IN_Q_OVERFLOW);
        }
    }
    return arrived;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name);
    size_t end_len = strlen(end);
    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static bool passed_over(const char *name)
{
    static const char *const ends[] = {".part", ".tmp", ".filepart", "~"};
    bool over = name[0] == '.' || strcmp(name, "work") == 0 || strcmp(name, "done") == 0 ||
                strcmp(name, "failed") == 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        over = over || ends_with(name, ends[i]);
    return over;
}

static bool framing_of(const char *name, enum file_framing *ret)
{
    if (ends_with(name, ".refused.csv")) /* ours */
        return false;
    if (ends_with(name, ".csv"))
        *ret = FRAMING_CSV;
    else if (ends_with(name, ".ndjson") || ends_with(name, ".jsonl"))
        *ret = FRAMING_LINES;
    else if (ends_with(name, ".json"))
        *ret = FRAMING_WHOLE;
    else
        return false;
    return true;
}

static bool plain_name(const char *name)
{
    return strlen(name) < FILE_NAME_SIZE - 40 &&
           name[strspn(
               name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

/* Whether the file is whole, as far as can be known. */
static bool is_ready(const struct file_folder *folder, const char *name, const struct stat *about)
{
    const struct arrival *arrival = arrival_of(folder, name);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (arrival)
        return arrival->renamed;
    return (now.tv_sec - about->st_mtim.tv_sec) * MS_PER_SECOND >= FILE_SETTLED_MS;
}

/* Which of the files comes first; names that can never be read come at once. FOLDER_* */
static int choose(const struct file_folder *folder, DIR *dir, bool of_work, char *name)
{
    int found = FOLDER_EMPTY;
    enum file_framing framing;
    struct stat about;
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *each = entry->d_name;
        if (of_work ? !plain_name(each) || !framing_of(each, &framing) : passed_over(each))
            continue;
        if (fstatat(dirfd(dir), each, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode))
            continue;
        if (!of_work && !is_ready(folder, each, &about)) {
            found = found == FOLDER_FILE ? found : FOLDER_LATER;
            continue;
        }
        if (found == FOLDER_FILE && strcmp(each, name) > 0)
            continue;
        snprintf(name, NAME_MAX + 1, "%s", each);
        found = FOLDER_FILE;
    }
    return found;
}

static int choose_in(const struct file_folder *folder, const char *part, char *name,
                     struct error *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s%s", folder->path, part);
    DIR *dir = opendir(path);
    if (!dir)
        return broken(err, folder->path, part);
    int found = choose(folder, dir, *part != '\0', name);
    closedir(dir);
    return found;
}

/* A name in the folder `part` that is not taken: NAME, else NAME.2, NAME.3 … */
static int free_path(const struct file_folder *folder, const char *part, const char *name,
                     char out[PATH_MAX], struct error *err)
{
    struct stat about;
    snprintf(out, PATH_MAX, "%s/%s/%s", folder->path, part, name);
    for (int number = 2; lstat(out, &about) == 0; number++) {
        if (number > 100000)
            return error_set(err, ERR_UNAVAILABLE, "%s/%s: clear it", folder->path, part);
        snprintf(out, PATH_MAX, "%s/%s/%s.%d", folder->path, part, name, number);
    }
    return 0;
}

/* `from` goes to failed under a name of its own, and a line of text beside it says why. */
static int fail_file(const struct file_folder *folder, const char *from, const char *name,
                     const char *reason, struct error *err)
{
    char to[PATH_MAX];
    char beside[PATH_MAX];
    char text[256];
    int r = free_path(folder, "failed", name, to, err);
    if (r < 0)
        return r;
    int len = snprintf(text, sizeof text, "%s\n", reason);
    if (snprintf(beside, sizeof beside, "%s.reason", to) >= (int)sizeof beside)
        return error_set(err, ERR_UNAVAILABLE, "%s/failed: a name is too long", folder->path);
    r = file_replace(beside, (struct str){text, (size_t)len}, 0640, err);
    if (r == 0 && rename(from, to) != 0)
        r = broken(err, folder->path, "failed");
    return r;
}

static int refuse_name(const struct file_folder *folder, const char *name, struct error *err)
{
    char from[PATH_MAX];
    enum file_framing framing;
    snprintf(from, sizeof from, "%s/%s", folder->path, name);
    bool plain = plain_name(name);
    log_warn("file_failed", "file=%s reason=%s", plain ? name : "-",
             plain ? "unknown_format" : "bad_name");
    /* A name that may not come into a log may not come into another folder's listing either. */
    return fail_file(folder, from, plain ? name : "bad-name",
                     plain && !framing_of(name, &framing)
                         ? "unknown_format: the name must end in .json, .ndjson, .jsonl or .csv"
                         : "bad_name: letters, digits, . _ - only, at most 160",
                     err);
}

int file_folder_next(struct file_folder *folder, char *name, enum file_framing *ret_framing,
                     struct error *err)
{
    char any[NAME_MAX + 1];
    int found = choose_in(folder, "/work", any, err);
    if (found == FOLDER_EMPTY) {
        while ((found = choose_in(folder, "", any, err)) == FOLDER_FILE &&
               !(plain_name(any) && framing_of(any, ret_framing))) {
            int r = refuse_name(folder, any, err);
            if (r < 0)
                return r;
        }
        char from[PATH_MAX];
        char to[PATH_MAX];
        snprintf(from, sizeof from, "%s/%s", folder->path, any);
        if (found == FOLDER_FILE && rename(from, file_folder_path(folder, any, "", to)) != 0)
            return broken(err, folder->path, "work");
    }
    if (found != FOLDER_FILE)
        return found;
    forget(folder, any);
    framing_of(any, ret_framing);
    snprintf(name, FILE_NAME_SIZE, "%.200s", any);
    return found;
}

char *file_folder_path(const struct file_folder *folder, const char *name, const char *suffix,
                       char *out)
{
    snprintf(out, PATH_MAX, "%s/work/%s%s", folder->path, name, suffix);
    return out;
}

int file_folder_finish(struct file_folder *folder, const char *name, const char *reason,
                       struct error *err)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    char side[PATH_MAX];
    char side_to[PATH_MAX];
    file_folder_path(folder, name, "", from);
    file_folder_path(folder, name, ".refused.csv", side);
    int r = 0;
    if (reason) {
        unlink(side);
        r = fail_file(folder, from, name, reason, err);
    } else {
        r = free_path(folder, "done", name, to, err);
        if (r == 0 && (snprintf(side_to, sizeof side_to, "%s.refused.csv", to) >= PATH_MAX ||
                       (rename(side, side_to) != 0 && errno != ENOENT) || rename(from, to) != 0))
            r = broken(err, folder->path, "done");
    }
    if (r == 0)
        unlink(file_folder_path(folder, name, ".checkpoint", from));
    return r;
}
