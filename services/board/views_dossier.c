/* One dossier's life, for the staff of its unit: /dossiers/CODE. */
#include "board/sql.h"
#include "board/views.h"
#include "service/life.h"

/* The columns of SQL_DOSSIER. */
static const char *const names[] = {"code",
                                    "unit",
                                    "unit_name",
                                    "procedure",
                                    "channel",
                                    "status",
                                    "phase",
                                    "submitted_at",
                                    "accepted_at",
                                    "original_due_at",
                                    "due_at",
                                    "promised_at",
                                    "ended_at",
                                    "returned_at",
                                    "verdict",
                                    "reappointments",
                                    "supplement_rounds",
                                    "portal_disagrees",
                                    "portal_status",
                                    "deciding_agency",
                                    "receiving_agency"};
enum {
    STATUS = 5,
    PHASE,
    SUBMITTED_AT,
    RETURNED_AT = 13,
    VERDICT,
    REAPPOINTMENTS,
    ROUNDS,
    DISAGREES,
    PORTAL_STATUS,
    AGENCY,
    COLUMNS = 21
};

static void put_dossier(struct json_out *out, const struct pg_result *rows)
{
    for (int i = 0; i < COLUMNS; i++) {
        bool time = i >= SUBMITTED_AT && i <= RETURNED_AT;
        bool number = i == STATUS || i == REAPPOINTMENTS || i == ROUNDS || i == PORTAL_STATUS;
        if (pg_is_null(rows, 0, i))
            json_put_null(out, names[i]);
        else if (time)
            json_put_integer(out, names[i], pg_get_time(rows, 0, i));
        else if (number)
            json_put_integer(out, names[i], pg_get_int64(rows, 0, i));
        else if (i == DISAGREES)
            json_put_bool(out, names[i], pg_get_bool(rows, 0, i));
        else
            json_put_text(out, names[i], pg_get_text(rows, 0, i));
    }
}

static void put_held(struct json_out *out, const struct life *life)
{
    json_begin_array(out, "held");
    for (size_t i = 0; i < life->tenure_count; i++) {
        const struct tenure *held = &life->tenures[i];
        json_begin_object(out, NULL);
        json_put_text(out, "agency", held->agency);
        model_write_time(out, "from", held->from_at);
        model_write_time(out, "to", held->to_at);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_history(struct json_out *out, const struct life *life)
{
    json_begin_array(out, "history");
    for (size_t i = 0; i < life->count; i++) {
        const struct event *event = life->events[i];
        json_begin_object(out, NULL);
        json_put_integer(out, "occurred_at", event->occurred_at);
        json_put_integer(out, "ingested_at", event->ingested_at);
        json_put_text(out, "kind", str_of(event_kind_name(event->kind)));
        json_put_integer(out, "status", event->status);
        json_put_text(out, "source", event->source);
        json_end_object(out);
    }
    json_end_array(out);
}

/* Outside the readers' roles, which may not see payloads (officers' hashes): the dossier has been found by one of them. */
static int put_life(struct board *board, struct str code, struct json_out *out, struct error *err)
{
    struct life life;
    int r = life_read(board->pg, board->service->config, code, &life, err);
    if (r >= 0) { /* none: erased by now */
        put_held(out, &life);
        put_history(out, &life);
    }
    life_deinit(&life);
    return r < 0 ? r : 0;
}

/* 0; *ret_found says whether `out` holds it. */
static int read_dossier(const struct viewing *viewing, bool *ret_found, struct error *err)
{
    struct pg *pg = viewing->board->pg;
    struct pg_result *rows = NULL;
    struct pg_param code = pg_text(viewing->rest);
    int r = access_begin(pg, viewing->identity->unit_id, err);
    if (r == 0)
        r = pg_exec(pg, SQL_DOSSIER, &code, 1, &rows, err);
    *ret_found = r == 0 && pg_rows(rows) == 1;
    if (*ret_found) {
        json_begin_object(viewing->out, NULL);
        json_put_integer(viewing->out, "at", clock_now());
        put_dossier(viewing->out, rows);
    }
    pg_result_free(rows);
    if (r == 0)
        r = pg_commit(pg, err);
    pg_rollback(pg);
    if (*ret_found && r == 0) {
        r = put_life(viewing->board, viewing->rest, viewing->out, err);
        json_end_object(viewing->out);
    }
    return r;
}

int view_dossier(const struct viewing *viewing, struct error *err)
{
    char code[CODE_MAX + 1];
    char address[HTTP_PEER_SIZE];
    bool found = false;
    if (viewing->identity->role != ROLE_COMMUNE) {
        api_error(viewing->exchange, 403, "Chỉ cán bộ của đơn vị được xem hồ sơ", 0);
        return 0;
    }
    int r = viewing->rest.len <= CODE_MAX ? read_dossier(viewing, &found, err) : 0;
    if (r == 0 && found) {
        snprintf(code, sizeof code, "%.*s", STR_ARG(viewing->rest));
        r = access_audit(viewing->board->pg, viewing->identity->name,
                         access_address(viewing->board->access, viewing->exchange, address),
                         "dossier_seen", code, err);
    }
    if (r == 0 && found)
        api_json(viewing->exchange, 200, viewing->out);
    else if (r == 0)
        api_error(viewing->exchange, 404, "Không có hồ sơ này trong phạm vi của bạn", 0);
    return r;
}
