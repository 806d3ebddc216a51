/* `hoso quarantine`: which dossiers no commune answers for, why, and what to do. */
#include "quarantine.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "service/reference.h"
#include "site.h"
#include "json/json.h"

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso quarantine -c hoso.conf\n"
    "  hoso quarantine -c hoso.conf --dossiers --json\n\n"
    "Hồ sơ chưa xếp được vào xã nào: vẫn được giữ đủ, nhưng chưa có trong số liệu. Lý do:\n"
    "  unknown   mã cơ quan không có trong bảng\n"
    "  expired   mã cơ quan chỉ có hiệu lực vào lúc khác, hoặc xã đã thôi mà không có xã kế tiếp\n"
    "  split     xã đã chia cho nhiều xã: người phải quyết định; nêu các xã có thể\n"
    "Bổ sung bảng bằng `hoso units import`; hồ sơ tự vào đúng xã, đúng tháng.\n\n"
    "  --dossiers   nêu từng hồ sơ\n"
    "  --json       mỗi nhóm (hoặc hồ sơ) một dòng JSON\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso quarantine -c hoso.conf\n"
    "  hoso quarantine -c hoso.conf --dossiers --json\n\n"
    "Dossiers that no commune answers for: kept whole, but in no figure yet. Why:\n"
    "  unknown   the agency code is not in the map\n"
    "  expired   the code was valid at another time only, or the unit ended without a successor\n"
    "  split     the unit was divided among several: a person must decide; the candidates are "
    "named\n"
    "Complete the map with `hoso units import`; the dossiers then go to their commune and "
    "month.\n\n"
    "  --dossiers   each dossier by itself\n"
    "  --json       one line of JSON per group (or dossier)\n";

/* What the query gives for a dossier, from column 1 on. */
#define WHO_ANSWERS                                                                                \
    "deciding_agency, deciding_unit, accepted_at, submitted_at, first_ingested_at, ended_at"

/* As much of the dossier as says who answers for it. */
static struct dossier dossier_of(const struct pg_result *rows, size_t row)
{
    return (struct dossier){.deciding_agency = pg_get_text(rows, row, 1),
                            .deciding_unit = pg_get_text(rows, row, 2),
                            .accepted_at = pg_get_time(rows, row, 3),
                            .submitted_at = pg_get_time(rows, row, 4),
                            .first_ingested_at = pg_get_time(rows, row, 5),
                            .ended_at = pg_get_time(rows, row, 6)};
}

static int load_waiting(struct pg *pg, struct pg_result **ret, struct error *err)
{
    return pg_exec(pg,
                   "SELECT code, " WHO_ANSWERS ", quarantine FROM hoso.dossier "
                   "WHERE quarantine IS NOT NULL "
                   "ORDER BY quarantine, deciding_agency, code COLLATE \"C\"",
                   NULL, 0, ret, err);
}

int quarantine_would_find(struct pg *pg, const struct config *config, int64_t *ret_waiting,
                          int64_t *ret_found, struct error *err)
{
    struct pg_result *rows = NULL;
    struct reference reference = {0};
    *ret_waiting = *ret_found = 0;
    int r = reference_load(pg, config, &reference, err);
    if (r == 0)
        r = load_waiting(pg, &rows, err);
    for (size_t i = 0; i < pg_rows(rows) && r == 0; i++) {
        struct dossier dossier = dossier_of(rows, i);
        int32_t unit_id;
        *ret_found += reference_unit(&reference, &dossier, &unit_id) == UNIT_FOUND;
        ++*ret_waiting;
    }
    pg_result_free(rows);
    reference_deinit(&reference);
    return r;
}

/* ---- the list ---- */

/* Dossiers that wait for the same thing; or a single one. */
struct group {
    struct str reason;
    struct str agency;
    struct str code;       /* of the single one */
    int32_t split_unit_id; /* 0 = none */
    int64_t count;
    int64_t open;
};

struct list {
    struct site site;
    bool dossiers;
    bool json;
    struct reference reference;
    struct pg_result *splits; /* unit_id, candidate_id */
    struct json_out *out;
    int64_t total;
};

static const char *reason_text(struct str reason)
{
    if (str_eq(reason, STR("split")))
        return cli_text("xã đã chia", "unit divided");
    return str_eq(reason, STR("expired")) ? cli_text("hết hiệu lực", "expired")
                                          : cli_text("mã lạ", "unknown code");
}

static void put_candidates(const struct list *list, const struct group *group)
{
    size_t shown = 0;
    for (size_t i = 0; i < pg_rows(list->splits); i++) {
        if (pg_get_int32(list->splits, i, 0) != group->split_unit_id)
            continue;
        const struct unit *unit =
            units_by_id(list->reference.units, pg_get_int32(list->splits, i, 1));
        if (unit)
            printf("%s%s %s %s", shown++ ? "; " : " → ", unit->code, unit->kind, unit->name);
    }
}

static void put_line(struct list *list, const struct group *group)
{
    const struct unit *split = units_by_id(list->reference.units, group->split_unit_id);
    if (list->dossiers)
        printf("%.*s  ", STR_ARG(group->code));
    else
        printf("%8" PRId64 " (%" PRId64 " %s)  ", group->count, group->open,
               cli_text("đang mở", "open"));
    printf("%s  %.*s", reason_text(group->reason), STR_ARG(group->agency));
    if (split)
        printf("  %s %s %s", split->code, split->kind, split->name);
    put_candidates(list, group);
    putchar('\n');
}

static void put_unit(struct json_out *out, const char *key, const struct unit *unit)
{
    json_begin_object(out, key);
    json_put_integer(out, "unit_id", unit->unit_id);
    json_put_text(out, "code", str_of(unit->code));
    json_put_text(out, "name", str_of(unit->name));
    json_end_object(out);
}

static int put_json(struct list *list, const struct group *group, struct error *err)
{
    struct json_out *out = list->out;
    const struct units *units = list->reference.units;
    const struct unit *split = units_by_id(units, group->split_unit_id);
    json_begin_object(out, NULL);
    json_put_text(out, "reason", group->reason);
    json_put_text(out, "agency", group->agency);
    if (list->dossiers)
        json_put_text(out, "dossier_code", group->code);
    json_put_integer(out, "count", group->count);
    json_put_integer(out, "open", group->open);
    if (split)
        put_unit(out, "unit", split);
    json_begin_array(out, "candidates");
    for (size_t i = 0; i < pg_rows(list->splits); i++) {
        const struct unit *unit = units_by_id(units, pg_get_int32(list->splits, i, 1));
        if (unit && pg_get_int32(list->splits, i, 0) == group->split_unit_id)
            put_unit(out, NULL, unit);
    }
    json_end_array(out);
    json_end_object(out);
    struct str text = json_out_text(out);
    if (!str_given(text))
        return error_set(err, ERR_NOMEM, "out of memory");
    printf("%.*s\n", STR_ARG(text));
    json_out_clear(out);
    return 0;
}

static int put_group(struct list *list, const struct group *group, struct error *err)
{
    if (group->count == 0)
        return 0;
    list->total += group->count;
    if (list->json)
        return put_json(list, group, err);
    put_line(list, group);
    return 0;
}

/* Which divided unit stands in the way; 0 = none. */
static int32_t split_unit(const struct reference *reference, const struct dossier *dossier)
{
    int32_t unit_id;
    int64_t filed_at = reference_filed_at(dossier);
    enum unit_answer answer =
        units_resolve(reference->units, dossier->deciding_agency, dossier->deciding_unit,
                      day_of(filed_at), day_of(dossier->ended_at), &unit_id);
    return answer == UNIT_SPLIT ? unit_id : 0;
}

static int put_all(struct list *list, const struct pg_result *rows, struct error *err)
{
    struct group group = {.count = 0};
    int r = 0;
    for (size_t i = 0; i < pg_rows(rows) && r == 0; i++) {
        struct dossier dossier = dossier_of(rows, i);
        struct str reason = pg_get_text(rows, i, 7);
        int32_t split_unit_id = split_unit(&list->reference, &dossier);
        if (list->dossiers || !str_eq(reason, group.reason) ||
            !str_eq(dossier.deciding_agency, group.agency) ||
            split_unit_id != group.split_unit_id) {
            r = put_group(list, &group, err);
            group = (struct group){.reason = reason,
                                   .agency = dossier.deciding_agency,
                                   .code = pg_get_text(rows, i, 0),
                                   .split_unit_id = split_unit_id};
        }
        group.count++;
        group.open += dossier.ended_at == NO_TIME;
    }
    return r == 0 ? put_group(list, &group, err) : r;
}

static int run(struct list *list, struct pg *pg, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = reference_load(pg, list->site.config, &list->reference, err);
    if (r == 0)
        r = pg_exec(pg, "SELECT unit_id, candidate_id FROM hoso.unit_split ORDER BY 1, 2", NULL, 0,
                    &list->splits, err);
    if (r == 0)
        r = load_waiting(pg, &rows, err);
    if (r == 0)
        r = put_all(list, rows, err);
    if (r == 0 && !list->json)
        printf(
            cli_text("%" PRId64 " hồ sơ chờ xếp đơn vị\n", "%" PRId64 " dossiers in quarantine\n"),
            list->total);
    pg_result_free(rows);
    pg_result_free(list->splits);
    reference_deinit(&list->reference);
    return r;
}

int cmd_quarantine(int argc, char **argv)
{
    enum { OPT_DOSSIERS = 256, OPT_JSON };
    static const struct option options[] = {SITE_LONG,
                                            {"dossiers", no_argument, NULL, OPT_DOSSIERS},
                                            {"json", no_argument, NULL, OPT_JSON},
                                            {0}};
    struct list list = {.out = json_out_new()};
    struct error err = {{0}};
    struct pg *pg = NULL;
    for (int option; (option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(cli_text(help_vi, help_en), stdout);
            json_out_free(list.out);
            return EXIT_OK;
        }
        list.dossiers = list.dossiers || option == OPT_DOSSIERS;
        list.json = list.json || option == OPT_JSON;
        if (option < OPT_DOSSIERS && !site_option(&list.site, option, optarg)) {
            json_out_free(list.out);
            return cli_bad_option(argv, option);
        }
    }
    int code = argv[optind]
                   ? cli_wrong_usage(argv, "thừa \"%s\"", "\"%s\" is too much", argv[optind])
                   : site_open(&list.site, argv, &pg);
    int r = code == EXIT_OK ? run(&list, pg, &err) : 0;
    json_out_free(list.out);
    site_close(&list.site, pg);
    return r < 0 ? cli_fail(argv, r, &err) : code;
}
