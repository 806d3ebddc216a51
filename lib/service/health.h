/* /livez, /readyz and /metrics of a service; the service's own handler gets every other path. */
#ifndef HOSO_SERVICE_HEALTH_H
#define HOSO_SERVICE_HEALTH_H

#include "http/server.h"

/* An http_handler; arg is the struct service. Answers at once, except what the service's own handler keeps. */
void health_handle(void *arg, struct http_exchange *exchange);

#endif
