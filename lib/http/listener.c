#include "http/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_TEXT_SIZE = 8 };

/* "127.0.0.1:8080" or "[::1]:8080": host and port, both numeric. */
static int resolve(const char *listen, struct addrinfo **ret, struct error *err)
{
    const char *colon = strrchr(listen, ':');
    bool bracketed = *listen == '[' && colon && colon > listen && colon[-1] == ']';
    size_t host_len = colon ? (size_t)(colon - listen) - (bracketed ? 2U : 0U) : 0;
    char host[64];
    char port[PORT_TEXT_SIZE];
    if (!colon || host_len == 0 || host_len >= sizeof host || strlen(colon + 1) >= sizeof port ||
        (!bracketed && memchr(listen, ':', host_len)))
        return error_set(err, ERR_INPUT,
                         "listen address \"%s\": must be like 127.0.0.1:8080 or [::1]:8080",
                         listen);
    memcpy(host, listen + (bracketed ? 1 : 0), host_len);
    host[host_len] = '\0';
    snprintf(port, sizeof port, "%s", colon + 1);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    char *end;
    unsigned long number = strtoul(port, &end, 10);
    if (*end || end == port || number > UINT16_MAX || getaddrinfo(host, port, &hints, ret) != 0)
        return error_set(err, ERR_INPUT,
                         "listen address \"%s\": must be a numeric host and a port 0..65535",
                         listen);
    return 0;
}

int listener_open(const char *listen_text, int *ret_fd, uint16_t *ret_port, struct error *err)
{
    struct addrinfo *address = NULL;
    int result = resolve(listen_text, &address, err);
    if (result)
        return result;
    int one = 1;
    char port[PORT_TEXT_SIZE];
    struct sockaddr_storage bound;
    socklen_t bound_size = sizeof bound;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &bound_size) != 0 ||
        getnameinfo((struct sockaddr *)&bound, bound_size, NULL, 0, port, sizeof port,
                    NI_NUMERICSERV) != 0) {
        result = error_set(err, ERR_UNAVAILABLE, "cannot listen on %s: %s", listen_text,
                           strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(address);
    if (result)
        return result;
    *ret_fd = fd;
    *ret_port = (uint16_t)strtoul(port, NULL, 10);
    return 0;
}
