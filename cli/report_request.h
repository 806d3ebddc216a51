/* What `hoso report` was asked, and the doing of it. */
#ifndef HOSO_CLI_REPORT_REQUEST_H
#define HOSO_CLI_REPORT_REQUEST_H

#include "report_form.h"
#include "site.h"

enum report_format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON, FORMAT_HTML, FORMAT_XLSX };

struct report_request {
    struct site site;
    const struct form *form;
    const char *unit; /* NULL = the whole city */
    int32_t from;
    int32_t to;
    int64_t known_at; /* NO_TIME = everything that is known */
    enum report_format format;
    const char *path; /* NULL = standard output */
    const char *list; /* class of the dossiers to list; NULL = the form itself */
    bool explain;
    bool with_codes;
    bool is_public;
};

/* Folds what must be folded, queries, checks the sums, records the export, writes. An exit code; mistakes are explained on stderr. */
int report_run(const struct report_request *request, struct pg *pg, char **argv);

#endif
