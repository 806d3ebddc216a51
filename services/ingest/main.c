/* hoso-ingest: takes what portals and one-stop systems push, and keeps it in Kafka without personal data. */
#include "base/log.h"
#include "ingest/ingest.h"

#include <sys/prctl.h>

int main(int argc, char **argv)
{
    struct service service;
    struct ingest *ingest = NULL;
    struct error err = {""};
    char quoted[512];
    /* Memory holds what senders sent before it is thrown away: no core file, no debugger of another user. */
    prctl(PR_SET_DUMPABLE, 0);
    int exit_code = service_open("hoso-ingest", "ingest", argc, argv, &service);
    if (exit_code || !service.config)
        return exit_code;
    int result = ingest_new(&service, &ingest, &err);
    if (result) {
        log_error("start_failed", "error=\"%s\"", log_quote(err.text, quoted, sizeof quoted));
        service_close(&service);
        return result == ERR_INPUT ? EXIT_CONFIG : EXIT_SOFTWARE;
    }
    ingest_run(ingest);
    ingest_free(ingest);
    service_close(&service);
    log_info("stopped", "%s", "");
    return EXIT_OK;
}
