#include "alerter/alerter.h"

#include "base/log.h"

int main(int argc, char **argv)
{
    struct service service;
    int code = service_open("hoso-alerter", "alerter", argc, argv, &service);
    if (code != EXIT_OK || !service.config)
        return code;

    struct error err = {{0}};
    struct alerter *alerter = NULL;
    if (alerter_new(&service, &alerter, &err) < 0) {
        char quoted[512];
        log_error("start_failed", "error=\"%s\"", log_quote(err.text, quoted, sizeof quoted));
        code = EXIT_CONFIG;
    } else {
        code = alerter_run(alerter);
    }
    alerter_free(alerter);
    service_close(&service);
    return code;
}
