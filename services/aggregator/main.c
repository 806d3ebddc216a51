#include "aggregator/aggregator.h"

#include "base/log.h"

int main(int argc, char **argv)
{
    struct service service;
    int code = service_open("hoso-aggregator", "aggregator", argc, argv, &service);
    if (code != EXIT_OK || !service.config)
        return code;

    struct error err = {{0}};
    struct aggregator *aggregator = NULL;
    if (aggregator_new(&service, &aggregator, &err) < 0) {
        char quoted[512];
        log_error("start_failed", "error=\"%s\"", log_quote(err.text, quoted, sizeof quoted));
        code = EXIT_CONFIG;
    } else {
        code = aggregator_run(aggregator);
    }
    aggregator_free(aggregator);
    service_close(&service);
    return code;
}
