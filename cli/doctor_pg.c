/* `hoso doctor`: PostgreSQL, what is in its tables, and what waits there. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "doctor.h"
#include "pg/migrate.h"
#include "quarantine.h"
#include "service/reference.h"

enum { LOAD_NEXT_YEAR_FROM = 11, POSTGRES_OLDEST = 150000 };

/* One row of numbers; false after a failure, which is then a finding. */
static bool ask(struct doctor *doctor, const char *check, const char *sql, struct pg_result **ret)
{
    struct error err;
    if (pg_exec(doctor->pg, sql, NULL, 0, ret, &err) == 0)
        return true;
    doctor_found(doctor, HEALTH_ERROR, check, "%s", "%s", err.text);
    return false;
}

static void check_connection(struct doctor *doctor)
{
    struct error err;
    struct pg_result *rows = NULL;
    const char *conninfo = config_text(doctor->site.config, "postgres", NULL, "conninfo");
    if (pg_connect(conninfo, "hoso", &doctor->pg, &err) < 0) {
        doctor_found(doctor, HEALTH_ERROR, "postgres", "%s", "%s", err.text);
        doctor_advise(doctor, "xem PostgreSQL có chạy không, và [postgres] conninfo",
                      "see whether PostgreSQL runs, and [postgres] conninfo");
        return;
    }
    if (!ask(doctor, "postgres", "SELECT current_setting('server_version_num')::integer", &rows))
        return;
    int32_t version = pg_get_int32(rows, 0, 0);
    pg_result_free(rows);
    bool old = version < POSTGRES_OLDEST;
    doctor_found(doctor, old ? HEALTH_ERROR : HEALTH_OK, "postgres",
                 "PostgreSQL %" PRId32 ".%" PRId32 ": kết nối được",
                 "PostgreSQL %" PRId32 ".%" PRId32 ": reachable", version / 10000, version % 10000);
    if (old)
        doctor_advise(doctor, "cần PostgreSQL 15 trở lên", "PostgreSQL 15 or later is needed");
}

static void check_migrations(struct doctor *doctor)
{
    struct error err;
    struct migrate_state state;
    if (migrate_look(doctor->pg, &state, &err) < 0) {
        doctor_found(doctor, HEALTH_ERROR, "migrations", "%s", "%s", err.text);
        return;
    }
    doctor->schema_current = state.pending == 0 && state.changed == 0;
    if (state.changed > 0) {
        doctor_found(doctor, HEALTH_ERROR, "migrations", "%d tệp tạo bảng khác với bản đã áp dụng",
                     "%d files differ from what was applied", state.changed);
        doctor_advise(doctor, "dùng đúng bản phát hành đã tạo cơ sở dữ liệu này",
                      "use the release that made this database");
    } else if (state.pending > 0) {
        doctor_found(doctor, HEALTH_ERROR, "migrations", "còn %d tệp tạo bảng chưa áp dụng",
                     "%d migrations are not yet applied", state.pending);
        doctor_advise(doctor, "hoso db migrate", "hoso db migrate");
    } else {
        doctor_found(doctor, HEALTH_OK, "migrations", "bảng: đúng phiên bản (%d tệp)",
                     "tables: current (%d files)", state.known);
        if (state.references > 0)
            doctor_advise(doctor, "có danh mục mới hơn: hoso db migrate",
                          "newer reference tables are there: hoso db migrate");
    }
}

static void check_calendar(struct doctor *doctor, const struct calendar *calendar)
{
    struct vn_time today = vn_time_of(clock_now());
    int wanted = today.month >= LOAD_NEXT_YEAR_FROM ? today.year + 1 : today.year;
    if (calendar_year_loaded(calendar, today.year) && calendar_year_loaded(calendar, wanted)) {
        doctor_found(doctor, HEALTH_OK, "calendar", "lịch làm việc: có năm %d",
                     "working calendar: %d is loaded", wanted);
        return;
    }
    int missing = calendar_year_loaded(calendar, today.year) ? wanted : today.year;
    doctor_found(doctor, missing == today.year ? HEALTH_ERROR : HEALTH_WARNING, "calendar",
                 "lịch làm việc: chưa có năm %d", "working calendar: %d is not loaded", missing);
    doctor_advise(doctor,
                  "thêm ngày nghỉ và ngày làm bù vào hoso.work_calendar khi có thông báo; trước đó "
                  "tính thứ Hai đến thứ Sáu",
                  "add holidays and swap days to hoso.work_calendar once announced; until then "
                  "Monday to Friday count");
}

static void check_reference(struct doctor *doctor)
{
    struct error err;
    struct pg_result *rows = NULL;
    struct reference reference = {0};
    if (!ask(doctor, "reference",
             "SELECT (SELECT count(*) FROM hoso.unit), (SELECT count(*) FROM hoso.agency)", &rows))
        return;
    int64_t units = pg_get_int64(rows, 0, 0);
    int64_t agencies = pg_get_int64(rows, 0, 1);
    pg_result_free(rows);
    bool empty = units == 0 || agencies == 0;
    doctor_found(doctor, empty ? HEALTH_ERROR : HEALTH_OK, "reference",
                 "danh mục: %" PRId64 " đơn vị, %" PRId64 " mã cơ quan",
                 "reference tables: %" PRId64 " units, %" PRId64 " agency codes", units, agencies);
    if (empty)
        doctor_advise(
            doctor, "hoso db migrate, rồi hoso units import với mã cơ quan của tỉnh",
            "hoso db migrate, then hoso units import with the agency codes of the province");
    if (reference_load(doctor->pg, doctor->site.config, &reference, &err) < 0)
        doctor_found(doctor, HEALTH_ERROR, "reference", "%s", "%s", err.text);
    else
        check_calendar(doctor, reference.calendar);
    reference_deinit(&reference);
}

void doctor_check_postgres(struct doctor *doctor)
{
    check_connection(doctor);
    if (doctor->pg)
        check_migrations(doctor);
    if (doctor->schema_current)
        check_reference(doctor);
}

/* ---- what waits ---- */

static void check_dead_letters(struct doctor *doctor)
{
    struct pg_result *rows = NULL;
    if (!ask(doctor, "dead_letters",
             "SELECT count(*), count(*) FILTER (WHERE sent_at IS NULL AND created_at < now() - "
             "interval '1 min'), "
             "count(*) FILTER (WHERE created_at > now() - interval '7 days') FROM hoso.dlq_outbox",
             &rows))
        return;
    int64_t all = pg_get_int64(rows, 0, 0);
    int64_t unsent = pg_get_int64(rows, 0, 1);
    int64_t recent = pg_get_int64(rows, 0, 2);
    pg_result_free(rows);
    doctor_found(doctor, unsent + recent > 0 ? HEALTH_WARNING : HEALTH_OK, "dead_letters",
                 "bản ghi lỗi: %" PRId64 ", trong đó 7 ngày qua %" PRId64
                 ", chưa gửi được %" PRId64,
                 "dead letters: %" PRId64 ", of these in 7 days %" PRId64 ", not yet sent %" PRId64,
                 all, recent, unsent);
    if (unsent > 0)
        doctor_advise(
            doctor, "xem topic kafka.dlq_topic có không, và nhật ký của hoso-aggregator",
            "see whether the topic kafka.dlq_topic is there, and the log of hoso-aggregator");
    else if (recent > 0)
        doctor_advise(doctor, "hoso dlq list", "hoso dlq list");
}

static void check_quarantine(struct doctor *doctor)
{
    struct error err;
    int64_t waiting, would_find;
    if (quarantine_would_find(doctor->pg, doctor->site.config, &waiting, &would_find, &err) < 0) {
        doctor_found(doctor, HEALTH_ERROR, "quarantine", "%s", "%s", err.text);
        return;
    }
    doctor_found(doctor, waiting ? HEALTH_WARNING : HEALTH_OK, "quarantine",
                 "hồ sơ chưa rõ xã: %" PRId64, "dossiers that no commune answers for: %" PRId64,
                 waiting);
    if (would_find > 0)
        doctor_advise(doctor,
                      "hoso-aggregator đang xếp lại theo bảng mới; nếu kéo dài, xem nhật ký của nó",
                      "hoso-aggregator is placing them by the new map; if that lasts, see its log");
    else if (waiting > 0)
        doctor_advise(doctor, "hoso quarantine, rồi hoso units import",
                      "hoso quarantine, then hoso units import");
}

static void check_notices(struct doctor *doctor)
{
    struct pg_result *rows = NULL;
    if (!ask(
            doctor, "notices",
            "SELECT count(*) FILTER (WHERE created_at < now() - interval '1 min') FROM hoso.outbox "
            "WHERE sent_at IS NULL",
            &rows))
        return;
    int64_t unsent = pg_get_int64(rows, 0, 0);
    pg_result_free(rows);
    doctor_found(doctor, unsent ? HEALTH_ERROR : HEALTH_OK, "notices",
                 "cảnh báo chưa gửi được quá một phút: %" PRId64,
                 "notices unsent for more than a minute: %" PRId64, unsent);
    if (unsent > 0)
        doctor_advise(doctor, "xem hoso-alerter có chạy không, và nhật ký của nó",
                      "see whether hoso-alerter runs, and its log");
}

void doctor_check_waiting(struct doctor *doctor)
{
    if (!doctor->schema_current)
        return;
    check_dead_letters(doctor);
    check_quarantine(doctor);
    check_notices(doctor);
}
