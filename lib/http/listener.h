/* Opens a listening TCP socket; used by server.c only. */
#ifndef HOSO_HTTP_LISTENER_H
#define HOSO_HTTP_LISTENER_H

#include <stdint.h>

#include "base/error.h"

/*
 * listen: "127.0.0.1:8080", "[::1]:8080", port 0 = any free one. The descriptor is non-blocking and the caller's to close.
 * ERR_INPUT: not such an address. ERR_UNAVAILABLE: in use, or not ours to open.
 */
int listener_open(const char *listen, int *ret_fd, uint16_t *ret_port, struct error *err);

#endif
