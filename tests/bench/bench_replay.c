/*
 * PostgreSQL's own speed for given transactions: sends the bytes that a client once sent (measure/capture.py), without that client,
 * without Kafka, without waiting for any answer.
 *
 *   bench_replay CONNINFO FOLDER
 *
 * FOLDER/N.first and N.rest are the messages of connection N after its log-in: .first is sent one connection after the other (claims,
 * preparations), .rest by all at once, and timed. Prints "seconds S connections N megabytes M". Any error of PostgreSQL ends it with 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/clock.h"

enum { CONNECTIONS_MAX = 16, HEADER = 5, READ_SIZE = 65536, ERROR_SHOWN = 300 };

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("bench_replay: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

struct stream {
    PGconn *connection;
    int socket;
    const char *bytes; /* to be sent */
    size_t size;
    size_t sent;
    size_t answers; /* ReadyForQuery that are to come */
    uint8_t head[HEADER];
    size_t head_size;
    size_t body_left; /* of the message that is being read */
    char error[ERROR_SHOWN];
    size_t error_size;
};

static const char *map_file(const char *folder, int number, const char *suffix, size_t *ret_size)
{
    char path[512];
    struct stat info;
    snprintf(path, sizeof path, "%s/%d.%s", folder, number, suffix);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return NULL;
    if (file < 0 || fstat(file, &info) != 0)
        die("%s: %s", path, strerror(errno));
    *ret_size = (size_t)info.st_size;
    if (*ret_size == 0) {
        close(file);
        return "";
    }
    void *map = mmap(NULL, *ret_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    close(file);
    if (map == MAP_FAILED)
        die("%s: %s", path, strerror(errno));
    return map;
}

static size_t length_of(const uint8_t *head)
{
    return (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
}

/* Each Sync and each simple query is answered by one ReadyForQuery. */
static size_t count_answers(const char *bytes, size_t size)
{
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        count += bytes[at] == 'S' || bytes[at] == 'Q';
        at += 1 + length_of((const uint8_t *)bytes + at);
    }
    return count;
}

static void begin(struct stream *stream, const char *bytes, size_t size)
{
    stream->bytes = bytes;
    stream->size = size;
    stream->sent = 0;
    stream->answers = count_answers(bytes, size);
}

static void end_message(struct stream *stream)
{
    if (stream->head[0] == 'E')
        die("PostgreSQL refused: %.*s", (int)stream->error_size, stream->error);
    if (stream->head[0] == 'Z')
        stream->answers--;
    stream->head_size = 0;
}

/* Of an answer only its type matters, and the text of an error. */
static void take(struct stream *stream, const char *data, size_t size)
{
    while (size > 0) {
        size_t n = 1;
        if (stream->head_size < HEADER) {
            stream->head[stream->head_size++] = (uint8_t)*data;
            if (stream->head_size == HEADER) {
                stream->body_left = length_of(stream->head) - 4;
                stream->error_size = 0;
            }
        } else {
            n = size < stream->body_left ? size : stream->body_left;
            for (size_t i = 0; i < n && stream->error_size < ERROR_SHOWN; i++)
                stream->error[stream->error_size++] = data[i] ? data[i] : ' ';
            stream->body_left -= n;
        }
        data += n;
        size -= n;
        if (stream->head_size == HEADER && stream->body_left == 0)
            end_message(stream);
    }
}

static void receive(struct stream *stream)
{
    static char buffer[READ_SIZE];
    ssize_t n = recv(stream->socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n > 0)
        take(stream, buffer, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        die("the connection was lost");
}

static void transmit(struct stream *stream)
{
    ssize_t n = send(stream->socket, stream->bytes + stream->sent, stream->size - stream->sent,
                     MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0)
        stream->sent += (size_t)n;
    else if (errno != EAGAIN && errno != EINTR)
        die("cannot send: %s", strerror(errno));
}

/* Until everything is sent and answered, on all of them at once. */
static void run(struct stream *streams, int count)
{
    for (;;) {
        struct pollfd fds[CONNECTIONS_MAX];
        bool busy = false;
        for (int i = 0; i < count; i++) {
            bool more = streams[i].sent < streams[i].size;
            bool waits = more || streams[i].answers > 0;
            short events = (short)(POLLIN | (more ? POLLOUT : 0));
            fds[i] = (struct pollfd){.fd = waits ? streams[i].socket : -1, .events = events};
            busy = busy || waits;
        }
        if (!busy)
            return;
        if (poll(fds, (nfds_t)count, -1) < 0)
            die("poll: %s", strerror(errno));
        for (int i = 0; i < count; i++) {
            if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
                receive(&streams[i]);
            if (fds[i].revents & POLLOUT)
                transmit(&streams[i]);
        }
    }
}

static bool open_stream(struct stream *stream, const char *conninfo, const char *folder, int number)
{
    size_t size = 0;
    const char *first = map_file(folder, number, "first", &size);
    if (!first)
        return false;
    *stream = (struct stream){.connection = PQconnectdb(conninfo)};
    if (PQstatus(stream->connection) != CONNECTION_OK)
        die("%s", PQerrorMessage(stream->connection));
    stream->socket = PQsocket(stream->connection);
    begin(stream, first, size);
    run(stream, 1);
    return true;
}

int main(int argc, char **argv)
{
    struct stream streams[CONNECTIONS_MAX];
    size_t bytes = 0;
    int count = 0;
    if (argc != 3)
        die("usage: bench_replay CONNINFO FOLDER");
    while (count < CONNECTIONS_MAX && open_stream(&streams[count], argv[1], argv[2], count))
        count++;
    if (count == 0)
        die("%s holds no 0.first", argv[2]);
    for (int i = 0; i < count; i++) {
        size_t size = 0;
        const char *rest = map_file(argv[2], i, "rest", &size);
        begin(&streams[i], rest ? rest : "", size);
        bytes += size;
    }
    struct mono begun = mono_now();
    run(streams, count);
    double seconds = (double)(mono_now().us - begun.us) / 1e6;
    printf("seconds %.3f connections %d megabytes %zu\n", seconds, count, bytes >> 20);
    for (int i = 0; i < count; i++)
        PQfinish(streams[i].connection);
    return 0;
}
