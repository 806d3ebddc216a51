#include "alerter/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/service.h"

enum { FILE_MAX = 1 << 20 };

int file_read(const char *path, char **ret, struct error *err)
{
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    size_t len = text ? fread(text, 1, FILE_MAX + 1, file) : 0;
    bool whole = text && !ferror(file) && len <= FILE_MAX;
    if (!whole)
        error_set(err, ERR_INPUT, "%s: %s", path,
                  len > FILE_MAX ? "larger than 1 MiB" : strerror(errno));
    if (file)
        fclose(file);
    if (!whole) {
        free(text);
        return ERR_INPUT;
    }
    text[len] = '\0';
    *ret = text;
    return 0;
}

static bool write_whole(int fd, struct str content)
{
    while (content.len > 0) {
        ssize_t written = write(fd, content.data, content.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        content.data += written;
        content.len -= (size_t)written;
    }
    return fsync(fd) == 0;
}

/* The rename itself must reach the disk, too. */
static bool sync_folder(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

bool file_fresh(const char *path, char *ret)
{
    int len = snprintf(ret, PATH_MAX, "%s.new", path);
    return len > 0 && len < PATH_MAX;
}

int file_replace_finish(const char *path, struct error *err)
{
    char fresh[PATH_MAX];
    if (!file_fresh(path, fresh) || rename(fresh, path) < 0 || !sync_folder(path))
        return error_set(err, ERR_FAILED, "%s: %s", path, strerror(errno));
    return 0;
}

int file_replace(const char *path, struct str content, struct error *err)
{
    char fresh[PATH_MAX];
    if (!file_fresh(path, fresh))
        return error_set(err, ERR_FAILED, "%s: path too long", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bool done = fd >= 0 && write_whole(fd, content);
    if (fd >= 0)
        done = close(fd) == 0 && done;
    if (!done)
        return error_set(err, ERR_FAILED, "%s: %s", fresh, strerror(errno));
    crash_point("alerter.token_before_rename");
    int r = file_replace_finish(path, err);
    if (r == 0)
        crash_point("alerter.token_after_rename");
    return r;
}
