/* The figures of `hoso report`, whether they add up, and how they are shown. */
#ifndef HOSO_CLI_REPORT_PRINT_H
#define HOSO_CLI_REPORT_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/str.h"

/* In the order of the query's columns. Numbers are the columns of form II.06a (TT 01/2020/TT-VPCP). */
enum report_figure {
    REPORT_ONLINE,       /* 4 */
    REPORT_COUNTER,      /* 5, with postal and other */
    REPORT_POSTAL,       /* 5 */
    REPORT_OTHER,        /* 5: any other channel, or none given */
    REPORT_CARRIED,      /* 6: accepted before the period, and still open when it began */
    REPORT_SETTLED,      /* 7 */
    REPORT_EARLY,        /* 8 */
    REPORT_ON_TIME,      /* 9: with withdrawn */
    REPORT_LATE,         /* 10 */
    REPORT_APOLOGY,      /* of these, with a written apology */
    REPORT_OPEN,         /* 11 */
    REPORT_OPEN_IN_TIME, /* 12, with paused */
    REPORT_OPEN_OVERDUE, /* 13 */
    REPORT_OPEN_PAUSED,  /* 12 */
    REPORT_RATED,
    REPORT_SATISFIED,
    REPORT_FIGURE_COUNT
};

struct report {
    const char *unit_code;
    const char *unit_kind; /* "xã" */
    const char *unit_name;
    int32_t from;
    int32_t to;
    int32_t read_on; /* due before this day = overdue */
    int64_t figures[REPORT_FIGURE_COUNT];
};

/* 7 = 8 + 9 + 10, 11 = 12 + 13, 3 = 7 + 11. */
bool report_adds_up(const struct report *report);

void report_print(const struct report *report, bool json, FILE *out);

#endif
