/*
 * A load generator for hoso-ingest: many keep-alive connections from one thread (epoll), HTTP/1.1, steps of dossiers in generation A's
 * form. Without coordinated omission: with a rate, request n is due at n/rate whatever the server does, and its latency counts from
 * then, so a server that stands still is charged for all who would have come meanwhile.
 *
 *   bench_push --port P --key KEY [--rate 5000] [--connections 64] [--seconds 10] [--batch 1]
 *
 * --rate 0 (default): each connection sends again as soon as it is answered; that measures the throughput, not the latency. One line of
 * JSON at the end.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, EVENTS = 256, ANSWER_MAX = 65536, STATUS_MAX = 600 };
#define WARM_UP_NS INT64_C(1000000000) /* of each run, not counted */

struct client {
    int fd;
    bool busy;
    int64_t due_ns; /* when its request should have been sent */
    size_t out_len;
    size_t out_sent;
    size_t in_len;
    char *out;
    char in[ANSWER_MAX];
};

static struct options {
    int port;
    const char *key;
    double rate;
    int connections;
    double seconds;
    int batch;
} options = {.connections = 64, .seconds = 10, .batch = 1};

static struct client *clients;
static int free_list
    [CONNECTIONS_MAX]; /* a queue: each in its turn, so that none is idle so long that the server closes it */
static int free_first;
static int free_count;
static int poller;
static int64_t begun_ns;
static uint64_t next_request;
static uint64_t by_status[STATUS_MAX];
static uint64_t broken;
static int64_t *latencies; /* of what was answered after the warm-up, in ns */
static size_t latency_count;
static size_t latency_capacity;
static int64_t worst_ns; /* the longest of them, and when it was due */
static int64_t worst_due_ns;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench_push: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void watch(int index, uint32_t events, int how)
{
    struct epoll_event event = {.events = events, .data.u32 = (uint32_t)index};
    must(epoll_ctl(poller, how, clients[index].fd, &event) == 0, "epoll_ctl");
}

static void open_client(int index)
{
    struct client *client = &clients[index];
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)options.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(client->fd >= 0, "socket");
    must(connect(client->fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    client->busy = false;
    watch(index, EPOLLIN, EPOLL_CTL_ADD);
}

/* Each request has dossiers of its own, so that keys spread over the partitions. */
static void write_request(struct client *client, size_t size)
{
    char body[512 + 256 * 100];
    size_t len = (size_t)snprintf(body, sizeof body,
                                  "{\"service\":\"CapNhatTienDoHoSoMC\",\"madonvi\":\"H24.11713\","
                                  "\"data\":[");
    for (int row = 0; row < options.batch; row++) {
        uint64_t number = next_request * (uint64_t)options.batch + (uint64_t)row;
        len += (size_t)snprintf(
            body + len, sizeof body - len,
            "%s{\"MaHoSo\":\"H24.11713-260601-%07" PRIu64 "\",\"NguoiXuLy\":\"CAN BO THU NGHIEM "
            "%d\",\"ChucDanh\":\"x\",\"ThoiDiemXuLy\":\"202606%02d080000\",\"PhongBanXuLy\":\"x\","
            "\"NoiDungXuLy\":\"x\",\"TrangThai\":\"4\",\"NgayKetThucTheoQuyDinh\":\"\"}",
            row ? "," : "", number % 10000000, (int)(number % 40), (int)(1 + number % 28));
    }
    len += (size_t)snprintf(body + len, sizeof body - len, "]}");
    next_request++;
    client->out_len = (size_t)snprintf(client->out, size,
                                       "POST /api/v1/portal HTTP/1.1\r\nHost: bench\r\nX-API-Key: "
                                       "%s\r\nContent-Type: application/json\r\nContent-Length: "
                                       "%zu\r\n\r\n%s",
                                       options.key, len, body);
    client->out_sent = 0;
}

static void give_back(int index)
{
    clients[index].busy = false;
    free_list[(free_first + free_count++) % options.connections] = index;
}

static void reopen(int index)
{
    broken++;
    close(clients[index].fd);
    open_client(index);
    give_back(index);
}

static void send_more(int index)
{
    struct client *client = &clients[index];
    while (client->out_sent < client->out_len) {
        ssize_t n = send(client->fd, client->out + client->out_sent,
                         client->out_len - client->out_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            watch(index, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        if (n < 0) {
            reopen(index);
            return;
        }
        client->out_sent += (size_t)n;
    }
}

static void start_request(int64_t due_ns)
{
    int index = free_list[free_first];
    free_first = (free_first + 1) % options.connections;
    free_count--;
    struct client *client = &clients[index];
    client->busy = true;
    client->due_ns = due_ns;
    client->in_len = 0;
    write_request(client, 1024 + 512 + 256 * 100);
    send_more(index);
}

static void note_answer(const struct client *client, int status)
{
    int64_t now = now_ns();
    if (client->due_ns < begun_ns + WARM_UP_NS)
        return;
    by_status[status >= 0 && status < STATUS_MAX ? status : 0]++;
    if (latency_count == latency_capacity) {
        latency_capacity = latency_capacity ? 2 * latency_capacity : 1 << 20;
        latencies = realloc(latencies, latency_capacity * sizeof *latencies);
        must(latencies != NULL, "memory");
    }
    if (now - client->due_ns > worst_ns) {
        worst_ns = now - client->due_ns;
        worst_due_ns = client->due_ns;
    }
    latencies[latency_count++] = now - client->due_ns;
}

/* Whether the whole answer has come. */
static bool is_whole(const struct client *client)
{
    const char *end = memmem(client->in, client->in_len, "\r\n\r\n", 4);
    const char *length =
        end ? memmem(client->in, (size_t)(end - client->in), "Content-Length: ", 16) : NULL;
    if (!length)
        return false;
    size_t body = strtoul(length + 16, NULL, 10);
    return client->in_len >= (size_t)(end - client->in) + 4 + body;
}

static void receive(int index)
{
    struct client *client = &clients[index];
    ssize_t n = recv(client->fd, client->in + client->in_len, ANSWER_MAX - 1 - client->in_len,
                     MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        if (client->busy)
            reopen(index);
        else {
            close(client->fd);
            open_client(index);
        }
        return;
    }
    client->in_len += (size_t)n;
    client->in[client->in_len] = '\0';
    if (!client->busy || !is_whole(client))
        return;
    note_answer(client, atoi(client->in + strlen("HTTP/1.1 ")));
    give_back(index);
}

static void wait_for_clients(int64_t timeout_us)
{
    struct epoll_event events[EVENTS];
    struct timespec timeout = {.tv_nsec = timeout_us * 1000};
    int count = epoll_pwait2(poller, events, EVENTS, &timeout, NULL);
    for (int i = 0; i < count; i++) {
        int index = (int)events[i].data.u32;
        if (events[i].events & EPOLLOUT) {
            watch(index, EPOLLIN, EPOLL_CTL_MOD);
            send_more(index);
        }
        if (events[i].events & ~(uint32_t)EPOLLOUT)
            receive(index);
    }
}

static void run(void)
{
    int64_t end_ns = begun_ns + WARM_UP_NS + (int64_t)(options.seconds * 1e9);
    double step_ns = options.rate > 0 ? 1e9 / options.rate : 0;
    uint64_t due = 0; /* requests that have been due */
    for (int64_t now = begun_ns; now < end_ns; now = now_ns()) {
        if (options.rate <= 0) {
            while (free_count > 0)
                start_request(now_ns());
        }
        while (options.rate > 0 && free_count > 0 &&
               begun_ns + (int64_t)((double)due * step_ns) <= now)
            start_request(begun_ns + (int64_t)((double)due++ * step_ns));
        wait_for_clients(options.rate > 0 ? 100 : 10000);
    }
    /* What is under way is still waited for; what was due and found no connection is late without end, and counted by `due`. */
    int64_t grace_ns = now_ns() + INT64_C(30000000000);
    while (free_count < options.connections && now_ns() < grace_ns)
        wait_for_clients(10000);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double percentile_ms(double share)
{
    if (latency_count == 0)
        return 0;
    return (double)latencies[(size_t)((double)(latency_count - 1) * share)] / 1e6;
}

static void report(void)
{
    qsort(latencies, latency_count, sizeof *latencies, by_value);
    printf("{\"connections\":%d,\"rate\":%.0f,\"batch\":%d,\"seconds\":%.1f,\"answered\":%zu,"
           "\"answered_per_s\":%.0f,\"rows_per_s\":%.0f,\"broken\":%" PRIu64
           ",\"p50_ms\":%.2f,\"p90_ms\":%.2f,\"p99_ms\":%.2f,\"p999_ms\":%.2f,\"max_ms\":%.2f,"
           "\"max_at_s\":%.1f,"
           "\"status\":{",
           options.connections, options.rate, options.batch, options.seconds, latency_count,
           (double)latency_count / options.seconds,
           (double)latency_count * options.batch / options.seconds, broken, percentile_ms(0.5),
           percentile_ms(0.9), percentile_ms(0.99), percentile_ms(0.999), percentile_ms(1),
           (double)(worst_due_ns - begun_ns) / 1e9);
    const char *comma = "";
    for (int status = 0; status < STATUS_MAX; status++) {
        if (by_status[status]) {
            printf("%s\"%d\":%" PRIu64, comma, status, by_status[status]);
            comma = ",";
        }
    }
    puts("}}");
}

static void parse(int argc, char **argv)
{
    static const struct option names[] = {{"port", 1, NULL, 'p'},
                                          {"key", 1, NULL, 'k'},
                                          {"rate", 1, NULL, 'r'},
                                          {"connections", 1, NULL, 'c'},
                                          {"seconds", 1, NULL, 's'},
                                          {"batch", 1, NULL, 'b'},
                                          {0}};
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (c) {
        case 'p': options.port = atoi(optarg); break;
        case 'k': options.key = optarg; break;
        case 'r': options.rate = atof(optarg); break;
        case 'c': options.connections = atoi(optarg); break;
        case 's': options.seconds = atof(optarg); break;
        case 'b': options.batch = atoi(optarg); break;
        default: exit(2);
        }
    }
    if (!options.port || !options.key || options.connections < 1 ||
        options.connections > CONNECTIONS_MAX || options.batch < 1 || options.batch > 100) {
        fputs("bench_push: --port, --key, 1..4096 connections, batches of 1..100\n", stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    poller = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc((size_t)options.connections, sizeof *clients);
    must(poller >= 0 && clients, "start");
    for (int i = 0; i < options.connections; i++) {
        clients[i].out = malloc(1024 + 512 + 256 * 100);
        must(clients[i].out != NULL, "memory");
        open_client(i);
        give_back(i);
    }
    begun_ns = now_ns();
    run();
    report();
    return 0;
}
