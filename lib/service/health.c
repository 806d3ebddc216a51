#include "service/health.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/service.h"

static void answer_ready(struct service *service, struct http_exchange *exchange)
{
    char reasons[1024] = "";
    char body[1280];
    bool ready = !service->ready || service->ready(service->ready_arg, reasons, sizeof reasons);
    int len = snprintf(body, sizeof body,
                       "{\"ready\":%s,\"simulated_clock_offset_s\":%" PRId64 ",\"reasons\":{%s}}\n",
                       ready ? "true" : "false", clock_offset() / MS_PER_SECOND, reasons);
    http_answer(exchange, ready ? 200 : 503, "application/json", (struct str){body, (size_t)len},
                0);
}

static const char *family_of(const struct metric *metric)
{
    return metric->histogram ? metric->histogram : metric->name;
}

static void answer_metrics(struct service *service, struct http_exchange *exchange)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        http_answer(exchange, 503, "text/plain", STR("out of memory\n"), 1);
        return;
    }
    fprintf(out,
            "# HELP hoso_clock_offset_seconds Simulated time: added to the wall clock.\n"
            "# TYPE hoso_clock_offset_seconds gauge\nhoso_clock_offset_seconds %" PRId64 "\n",
            clock_offset() / MS_PER_SECOND);
    for (size_t i = 0; i < service->metric_count; i++) {
        const struct metric *metric = &service->metrics[i];
        /* Metrics of one family stand together and share one HELP and TYPE. */
        if (i == 0 || strcmp(family_of(metric), family_of(&service->metrics[i - 1])) != 0)
            fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", family_of(metric), metric->help,
                    family_of(metric),
                    metric->histogram ? "histogram"
                    : metric->gauge   ? "gauge"
                                      : "counter");
        bool labelled = metric->labels && *metric->labels;
        fprintf(out, "%s%s%s%s %" PRId64 "\n", metric->name, labelled ? "{" : "",
                labelled ? metric->labels : "", labelled ? "}" : "", metric->value);
    }
    bool whole = fclose(out) == 0;
    http_answer(exchange, whole ? 200 : 503, "text/plain; version=0.0.4; charset=utf-8",
                (struct str){text, size}, 0);
    free(text);
}

void health_handle(void *arg, struct http_exchange *exchange)
{
    struct service *service = arg;
    struct str path = http_path(exchange);
    bool get = str_eq(http_method(exchange), STR("GET"));
    if (get && str_eq(path, STR("/livez")))
        http_answer(exchange, 200, "application/json", STR("{\"live\":true}\n"), 0);
    else if (get && str_eq(path, STR("/readyz")))
        answer_ready(service, exchange);
    else if (get && str_eq(path, STR("/metrics")))
        answer_metrics(service, exchange);
    else if (service->handler)
        service->handler(service->handler_arg, exchange);
    else
        http_answer(exchange, 404, "application/json",
                    STR("{\"error\":\"there are only /livez, /readyz and /metrics here\"}\n"), 0);
}
