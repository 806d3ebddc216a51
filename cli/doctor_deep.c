/*
 * `hoso doctor --deep`. Two independent checks that meet in the dossier's row: schemas/checks/rollups.sql sums the rollups from the
 * rows; here each row is folded anew from its history. What a row does not hold (days of supplements, working minutes) is summed
 * here too, per commune and day. All in one snapshot, so that the services may go on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/embedded.h"
#include "codec/codec.h"
#include "commands.h"
#include "doctor.h"
#include "doctor_fold.h"

enum { TELL_EVERY = 10000 };

static void check_sums(struct doctor *doctor)
{
    struct error err;
    struct pg_result *rows = NULL;
    char sql[16384];
    struct str text = embedded("checks/rollups.sql");
    int64_t cells = 0, differ = 0;
    snprintf(sql, sizeof sql, "%.*s", STR_ARG(text));
    if (text.len >= sizeof sql || pg_exec(doctor->pg, sql, NULL, 0, &rows, &err) < 0) {
        doctor_found(doctor, HEALTH_ERROR, "rollups", "%s", "%s",
                     text.len >= sizeof sql ? "checks/rollups.sql" : err.text);
        return;
    }
    for (size_t i = 0; i < pg_rows(rows); i++) {
        cells += pg_get_int64(rows, i, 1);
        differ += pg_get_int64(rows, i, 2);
    }
    pg_result_free(rows);
    doctor_found(doctor, differ ? HEALTH_ERROR : HEALTH_OK, "rollups",
                 "số liệu = tổng các hồ sơ: so %" PRId64 " ô, %" PRId64 " ô khác",
                 "rollups = sum of their dossiers: %" PRId64 " cells compared, %" PRId64 " differ",
                 cells, differ);
    if (differ > 0)
        doctor_advise(doctor, "đừng sửa tay; giữ nhật ký, báo lỗi này, rồi hoso replay",
                      "mend nothing by hand; keep the logs, report it, then hoso replay");
}

static void tell(const struct refolding *refolding, bool over)
{
    if (isatty(STDERR_FILENO) && (over || refolding->dossiers % TELL_EVERY == 0))
        fprintf(stderr,
                over ? "\r\033[K" : cli_text("\r%" PRId64 " hồ sơ", "\r%" PRId64 " dossiers"),
                refolding->dossiers);
}

static void report_dossiers(struct doctor *doctor, const struct refolding *refolding)
{
    doctor_found(doctor, refolding->differ ? HEALTH_ERROR : HEALTH_OK, "dossiers",
                 "hồ sơ = gộp lại từ lịch sử: so %" PRId64 " hồ sơ, %" PRId64 " khác%s%s",
                 "dossiers = fold of their history: %" PRId64 " compared, %" PRId64 " differ%s%s",
                 refolding->dossiers, refolding->differ,
                 refolding->differ ? cli_text("; đầu tiên: ", "; the first: ") : "",
                 refolding->first_difference);
    if (refolding->differ > 0)
        doctor_advise(doctor, "[rules] có bị đổi không? Nếu có, hoặc không rõ vì sao: hoso replay",
                      "was [rules] changed? If so, or if nothing explains it: hoso replay");
    if (refolding->elsewhere == 0)
        return;
    doctor_found(doctor, HEALTH_WARNING, "units",
                 "%" PRId64 " hồ sơ đang thuộc đơn vị khác với bảng hiện nay",
                 "%" PRId64 " dossiers stand under another unit than the map says now",
                 refolding->elsewhere);
    doctor_advise(
        doctor, "hoso-aggregator xếp lại sau mỗi lần hoso units import; bảng có bị sửa tay không?",
        "hoso-aggregator places them anew after hoso units import; was the map changed by hand?");
}

static void report_sums(struct doctor *doctor, int64_t cells, int64_t differ)
{
    doctor_found(doctor, differ ? HEALTH_ERROR : HEALTH_OK, "measures",
                 "mọi chỉ tiêu theo xã và ngày, tính lại từ lịch sử: so %" PRId64 " ô, %" PRId64
                 " ô khác",
                 "every measure by commune and day, from the history: %" PRId64
                 " cells compared, %" PRId64 " differ",
                 cells, differ);
    if (differ > 0)
        doctor_advise(doctor,
                      "lịch làm việc có bị đổi sau khi đã tính không? Nếu có, hoặc không rõ vì "
                      "sao: hoso replay",
                      "was the working calendar changed since? If so, or if nothing explains it: "
                      "hoso replay");
}

static int refold(struct doctor *doctor, struct error *err)
{
    struct refolding *refolding = NULL;
    int64_t cells = 0, differ = 0;
    int r = refolding_new(doctor->pg, doctor->site.config, &refolding, err);
    while (r == 0 && (r = refolding_step(refolding, err)) == REFOLDING_MORE) {
        tell(refolding, false);
        r = 0;
    }
    if (refolding)
        tell(refolding, true);
    if (r == REFOLDING_DONE)
        r = refolding_compare_sums(refolding, &cells, &differ, err);
    if (r == 0) {
        report_dossiers(doctor, refolding);
        report_sums(doctor, cells, differ);
    }
    refolding_free(refolding);
    return r;
}

void doctor_check_invariants(struct doctor *doctor)
{
    struct error err;
    if (!doctor->schema_current)
        return;
    int r = pg_script(doctor->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &err);
    if (r == 0) {
        check_sums(doctor);
        r = refold(doctor, &err);
    }
    if (r < 0)
        doctor_found(doctor, HEALTH_ERROR, "dossiers", "%s", "%s", err.text);
    pg_rollback(doctor->pg);
}
