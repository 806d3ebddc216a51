#include "office_hours.h"

#include <stdio.h>

#include "service/reference.h"

enum { CLOCK_SIZE = 16 };

static struct str clock_text(int minutes, char *out)
{
    snprintf(out, CLOCK_SIZE, "%02d:%02d", minutes / 60, minutes % 60);
    return str_of(out);
}

int office_hours_store(struct pg *pg, const struct config *config, struct error *err)
{
    struct work_hours hours;
    char text[4][CLOCK_SIZE];
    int r = reference_hours(config, &hours, err);
    if (r < 0)
        return r;
    const struct pg_param params[] = {pg_text(clock_text(hours.morning_begin, text[0])),
                                      pg_text(clock_text(hours.morning_end, text[1])),
                                      pg_text(clock_text(hours.afternoon_begin, text[2])),
                                      pg_text(clock_text(hours.afternoon_end, text[3]))};
    return pg_exec(pg,
                   "UPDATE hoso.office_hours SET morning_begin = $1::text::time, morning_end = "
                   "$2::text::time, afternoon_begin = $3::text::time, afternoon_end = "
                   "$4::text::time WHERE (morning_begin, morning_end, afternoon_begin, "
                   "afternoon_end) IS DISTINCT FROM ($1::text::time, $2::text::time, "
                   "$3::text::time, $4::text::time)",
                   params, sizeof params / sizeof *params, NULL, err);
}
