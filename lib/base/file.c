#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(struct error *err, const char *path)
{
    return error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
}

static int write_synced(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.data, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        bytes.data += written;
        bytes.len -= (size_t)written;
    }
    return fsync(fd);
}

static int sync_folder_of(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int r = fsync(fd);
    close(fd);
    return r;
}

int file_replace(const char *path, struct str bytes, unsigned mode, struct error *err)
{
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
        return error_set(err, ERR_UNAVAILABLE, "%s: the path is too long", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return failed(err, beside);
    int r = write_synced(fd, bytes);
    if (close(fd) != 0 || r != 0 || rename(beside, path) != 0 || sync_folder_of(path) != 0)
        return failed(err, path);
    return 0;
}

int file_read(const char *path, char *out, size_t size, struct str *ret, struct error *err)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? FILE_ABSENT : failed(err, path);
    int r = fstat(fd, &about) != 0 ? failed(err, path) : 0;
    if (r == 0 && (!S_ISREG(about.st_mode) || about.st_size < 0 || (size_t)about.st_size > size))
        r = error_set(err, ERR_INPUT, "%s: no ordinary file of at most %zu bytes", path, size);
    size_t used = 0;
    while (r == 0 && used < size) {
        ssize_t got = read(fd, out + used, size - used);
        if (got == 0)
            break;
        if (got > 0)
            used += (size_t)got;
        else if (errno != EINTR)
            r = failed(err, path);
    }
    close(fd);
    if (r == 0)
        *ret = (struct str){out, used};
    return r;
}
