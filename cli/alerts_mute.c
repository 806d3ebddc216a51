/* `hoso alerts mute`, `mutes`, `unmute`: nobody is told of what is muted; it is recorded all the same. */
#include <inttypes.h>
#include <stdio.h>

#include "alerts.h"
#include "commands.h"

int alerts_mute(const struct alerts_request *request, int64_t until_at, struct pg *pg,
                char *const *argv)
{
    struct error err;
    int64_t from_at = NO_TIME; /* now */
    struct pg_result *rows = NULL;
    bool some = request->unit || request->procedure || request->rule;
    if (!request->reason || some == request->all)
        return cli_wrong_usage(
            argv, "cần --reason, và --unit, --procedure, --rule hoặc --all",
            "wants --reason, and one or more of --unit, --procedure, --rule, or --all");
    if (request->from && !cli_parse_time(request->from, &from_at))
        return cli_wrong_usage(argv, "--from như 2026-03-09 hoặc 2026-03-09T20:00",
                               "--from such as 2026-03-09 or 2026-03-09T20:00");
    const struct pg_param params[] = {pg_text(str_of(request->unit)),
                                      pg_text(str_of(request->procedure)),
                                      pg_text(str_of(request->rule)),
                                      pg_time(from_at),
                                      pg_time(until_at),
                                      pg_text(str_of(request->actor)),
                                      pg_text(str_of(request->reason))};
    int r = pg_exec(pg,
                    "INSERT INTO hoso.alert_silence (unit_code, procedure_code, rule, from_at, "
                    "to_at, actor, reason) VALUES ($1, $2, $3, coalesce($4, now()), $5, $6, $7) "
                    "RETURNING silence_id",
                    params, 7, &rows, &err);
    if (r < 0)
        return cli_fail(argv, r, &err);
    printf(cli_text("Đã ghi, số %" PRId32 ".\n", "Done, number %" PRId32 ".\n"),
           pg_get_int32(rows, 0, 0));
    pg_result_free(rows);
    return EXIT_OK;
}

int alerts_unmute(const struct alerts_request *request, struct pg *pg, char *const *argv)
{
    struct error err;
    struct pg_result *rows = NULL;
    int64_t number;
    if (!request->id || !cli_number(request->id, 1, INT32_MAX, &number))
        return cli_wrong_usage(argv, "cần số mà mutes cho biết", "wants a number that mutes gives");
    const struct pg_param params[] = {pg_int32((int32_t)number), pg_text(str_of(request->actor))};
    int r = pg_exec(pg,
                    "UPDATE hoso.alert_silence SET to_at = now(), ended_by = $2 "
                    "WHERE silence_id = $1 AND to_at > now()",
                    params, 2, &rows, &err);
    if (r < 0)
        return cli_fail(argv, r, &err);
    bool done = pg_affected(rows) == 1;
    pg_result_free(rows);
    puts(done ? cli_text("Đã mở lại.", "Done.")
              : cli_text("Không còn tắt; không có gì để làm.", "It is over already."));
    return done ? EXIT_OK : EXIT_NO;
}

int alerts_mutes(const struct alerts_request *request, struct pg *pg, char *const *argv)
{
    struct error err;
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_bool(request->all)};
    int r = pg_exec(pg,
                    "SELECT silence_id, from_at, to_at, coalesce(nullif(concat_ws(' ', unit_code, "
                    "procedure_code, rule), ''), '*'), actor, reason FROM hoso.alert_silence "
                    "WHERE $1 OR to_at > now() ORDER BY silence_id",
                    params, 1, &rows, &err);
    if (r < 0)
        return cli_fail(argv, r, &err);
    for (size_t i = 0; i < pg_rows(rows); i++) {
        char from[CLI_TIME_SIZE], to[CLI_TIME_SIZE] = "…";
        int64_t to_at = pg_get_time(rows, i, 2);
        printf("%3" PRId32 "  %s  %s  %.*s  %.*s: %.*s\n", pg_get_int32(rows, i, 0),
               cli_time(pg_get_time(rows, i, 1), from), to_at == NO_TIME ? to : cli_time(to_at, to),
               STR_ARG(pg_get_text(rows, i, 3)), STR_ARG(pg_get_text(rows, i, 4)),
               STR_ARG(pg_get_text(rows, i, 5)));
    }
    pg_result_free(rows);
    return EXIT_OK;
}
