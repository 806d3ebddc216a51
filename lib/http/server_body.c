#include "http/server_internal.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_FIRST_BYTES = 16 * 1024 };

void drop_body(struct http_exchange *exchange)
{
    exchange->server->body_bytes -= exchange->body_capacity;
    free(exchange->body);
    exchange->body = NULL;
    exchange->body_len = exchange->body_capacity = 0;
}

/* From now on the body is thrown away as it comes. */
static void refuse(struct http_exchange *exchange, int status)
{
    exchange->refusal = status;
    drop_body(exchange);
}

/* Memory follows what has arrived, not what was announced: announcing costs a sender nothing. */
static bool body_reserve(struct http_exchange *exchange, size_t needed)
{
    struct http_server *server = exchange->server;
    size_t capacity = exchange->body_capacity ? exchange->body_capacity : BODY_FIRST_BYTES;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > server->limits.body_max_bytes && needed <= server->limits.body_max_bytes)
        capacity = server->limits.body_max_bytes;
    if (capacity <= exchange->body_capacity)
        return true;
    size_t more = capacity - exchange->body_capacity;
    if (server->body_bytes + more > HTTP_BODIES_AT_ONCE * server->limits.body_max_bytes)
        return false;
    char *grown = realloc(exchange->body, capacity);
    if (!grown)
        return false;
    server->body_bytes += more;
    exchange->body = grown;
    exchange->body_capacity = capacity;
    return true;
}

bool take_body(struct http_exchange *exchange, const char *data, size_t size)
{
    size_t max = exchange->server->limits.body_max_bytes;
    if (!exchange->refusal && size > max - exchange->body_len)
        refuse(exchange, 413);
    if (!exchange->refusal && !body_reserve(exchange, exchange->body_len + size))
        refuse(exchange, 503);
    if (exchange->refusal) {
        exchange->discarded += size;
        return exchange->discarded <= 2 * max;
    }
    memcpy(exchange->body + exchange->body_len, data, size);
    exchange->body_len += size;
    return true;
}
