#include "units.h"

#define OVERLAP(a, b) a ".valid_from <= " b ".valid_to AND " a ".valid_to >= " b ".valid_from"
#define PERIOD(t)                                                                                  \
    "' (' || CASE " t ".valid_from WHEN '-infinity' THEN '…' ELSE " t ".valid_from::text END "     \
    "|| ' – ' || CASE " t ".valid_to WHEN 'infinity' THEN '…' ELSE " t ".valid_to::text END "      \
    "|| ')'"
#define ENDS_BEFORE_IT_BEGINS                                                                      \
    {                                                                                              \
        false, "SELECT line, valid_to::text FROM given WHERE valid_to < valid_from",               \
            "valid_to trước valid_from", "valid_to lies before valid_from"                         \
    }

const struct units_kind units_kinds[] = {
    {
        .header = "agency_code,unit_code,valid_from,valid_to",
        .columns = "ttdd",
        .create = "CREATE TEMP TABLE given (line integer, agency_code text, unit_code text, "
                  "valid_from date, valid_to date) ON COMMIT DROP",
        .fill = "INSERT INTO given SELECT line, agency_code, unit_code, "
                "coalesce(valid_from, '-infinity'), coalesce(valid_to, 'infinity') "
                "FROM unnest($1::int[], $2::text[], $3::text[], $4::date[], $5::date[]) "
                "AS g (line, agency_code, unit_code, valid_from, valid_to)",
        .checks =
            {
                {false, "SELECT line, '' FROM given WHERE agency_code = '' OR unit_code = ''",
                 "thiếu agency_code hoặc unit_code", "agency_code or unit_code is missing"},
                {false,
                 "SELECT line, agency_code FROM given WHERE agency_code ~ '\\s' OR "
                 "length(agency_code) > 64",
                 "agency_code có khoảng trắng hoặc quá dài",
                 "agency_code has blanks or is too long"},
                {false,
                 "SELECT max(line), agency_code FROM given GROUP BY agency_code, valid_from "
                 "HAVING count(*) > 1",
                 "hai dòng cùng agency_code và valid_from",
                 "two lines have the same agency_code and valid_from"},
                ENDS_BEFORE_IT_BEGINS,
                {false,
                 "SELECT line, unit_code FROM given g WHERE unit_code <> '' AND NOT EXISTS "
                 "(SELECT FROM hoso.unit u WHERE u.code = g.unit_code AND " OVERLAP("u", "g") ")",
                 "không có xã nào mang mã này trong thời gian đó; bảng tính có làm mất số 0 ở đầu?",
                 "no commune has this code at that time; has a spreadsheet lost a leading zero?"},
                {true,
                 "SELECT DISTINCT g.line, g.agency_code || ' / ' || a.unit_code ||" PERIOD(
                     "a") " FROM given g JOIN hoso.agency a ON a.agency_code = g.agency_code "
                          "AND a.valid_from <> g.valid_from AND " OVERLAP("a", "g"),
                 "trùng thời gian với dòng khác của cùng cơ quan; hãy ghi valid_to cho dòng trước",
                 "another entry of this agency is valid at the same time; give the earlier one a "
                 "valid_to"},
            },
        .changes =
            "SELECT CASE WHEN a.agency_code IS NULL THEN '+' ELSE '~' END, g.agency_code || "
            "': ' || coalesce(a.unit_code || ' → ', '') || g.unit_code || " PERIOD(
                "g") ", g.agency_code FROM given g LEFT JOIN hoso.agency a USING (agency_code, "
                     "valid_from) WHERE (a.unit_code, a.valid_to) IS DISTINCT FROM "
                     "(g.unit_code, g.valid_to) UNION ALL "
                     "SELECT '-', a.agency_code || ': ' || a.unit_code || " PERIOD(
                         "a") ", a.agency_code FROM hoso.agency a WHERE $1 AND NOT EXISTS (SELECT "
                              "FROM given g "
                              "WHERE (g.agency_code, g.valid_from) = (a.agency_code, "
                              "a.valid_from)) "
                              "ORDER BY 1, 2",
        .apply = "INSERT INTO hoso.agency AS a (agency_code, unit_code, valid_from, valid_to) "
                 "SELECT agency_code, unit_code, valid_from, valid_to FROM given "
                 "ON CONFLICT (agency_code, valid_from) DO UPDATE "
                 "SET unit_code = excluded.unit_code, valid_to = excluded.valid_to",
        .remove = "DELETE FROM hoso.agency a WHERE NOT EXISTS (SELECT FROM given g "
                  "WHERE (g.agency_code, g.valid_from) = (a.agency_code, a.valid_from))",
    },
    {
        .header = "unit_id,code,name,kind,valid_from,valid_to,successor_id,split",
        .columns = "itttddib",
        .create = "CREATE TEMP TABLE given (line integer, unit_id integer, code text, name text, "
                  "kind text, valid_from date, valid_to date, successor_id integer, split boolean) "
                  "ON COMMIT DROP",
        .fill = "INSERT INTO given SELECT line, unit_id, code, name, kind, "
                "coalesce(valid_from, '-infinity'), coalesce(valid_to, 'infinity'), successor_id, "
                "split FROM unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::text[], "
                "$6::date[], $7::date[], $8::int[], $9::bool[]) AS g (line, unit_id, code, name, "
                "kind, valid_from, valid_to, successor_id, split)",
        .checks =
            {
                {false,
                 "SELECT line, '' FROM given WHERE unit_id IS NULL OR code = '' OR name = '' "
                 "OR kind = ''",
                 "thiếu unit_id, code, name hoặc kind", "unit_id, code, name or kind is missing"},
                {false,
                 "SELECT max(line), unit_id::text FROM given GROUP BY unit_id HAVING count(*) > 1",
                 "unit_id có hai lần", "unit_id comes twice"},
                ENDS_BEFORE_IT_BEGINS,
                {false,
                 "SELECT line, u.code || ' → ' || g.code FROM given g JOIN hoso.unit u "
                 "USING (unit_id) WHERE u.code <> g.code",
                 "unit_id này đã thuộc xã khác, số liệu đã ghi theo đó; hãy dùng unit_id mới",
                 "this unit_id is another commune's, and figures stand under it; take a new one"},
                {false,
                 "SELECT line, code FROM given WHERE successor_id IS NOT NULL AND "
                 "(split OR valid_to = 'infinity')",
                 "xã đã chia hoặc còn hiệu lực thì không có successor_id",
                 "a divided or still valid unit has no successor_id"},
                {false, "SELECT line, code FROM given WHERE split AND valid_to = 'infinity'",
                 "xã đã chia (split=1) phải có valid_to",
                 "a divided unit (split=1) needs a valid_to"},
                {true,
                 "SELECT line, g.successor_id::text FROM given g LEFT JOIN hoso.unit u "
                 "ON u.unit_id = g.successor_id WHERE g.successor_id IS NOT NULL "
                 "AND u.unit_id IS NULL",
                 "không có đơn vị nào mang successor_id này", "no unit has this successor_id"},
                {true,
                 "SELECT DISTINCT g.line, g.code || ' / ' || u.name ||" PERIOD(
                     "u") " FROM given g JOIN hoso.unit u ON u.code = g.code AND u.unit_id <> "
                          "g.unit_id "
                          "AND " OVERLAP("u", "g"),
                 "hai đơn vị mang cùng mã vào cùng một ngày", "two units bear one code on one day"},
                {true,
                 "WITH RECURSIVE walk (first, at, steps) AS (SELECT unit_id, successor_id, 1 "
                 "FROM hoso.unit UNION ALL SELECT first, u.successor_id, steps + 1 FROM walk "
                 "JOIN hoso.unit u ON u.unit_id = at WHERE at <> first AND steps < 100) "
                 "SELECT g.line, g.code FROM given g JOIN walk ON first = g.unit_id "
                 "WHERE at = first",
                 "các successor_id đi thành vòng", "the successors go in a circle"},
            },
        .changes =
            "SELECT CASE WHEN u.unit_id IS NULL THEN '+' ELSE '~' END, g.unit_id || ': ' || "
            "g.code || ' ' || g.kind || ' ' || g.name || " PERIOD(
                "g") " || coalesce(' → ' || g.successor_id, '') || CASE WHEN g.split "
                     "THEN ' [chia]' ELSE '' END, NULL FROM given g LEFT JOIN hoso.unit u "
                     "USING (unit_id) WHERE (u.code, u.name, u.kind, u.valid_from, u.valid_to, "
                     "u.successor_id, u.split) IS DISTINCT FROM (g.code, g.name, g.kind, "
                     "g.valid_from, g.valid_to, g.successor_id, g.split) AND NOT $1 ORDER BY 1, 2",
        .apply = "INSERT INTO hoso.unit (unit_id, code, name, kind, valid_from, valid_to, "
                 "successor_id, split) SELECT unit_id, code, name, kind, valid_from, valid_to, "
                 "successor_id, split FROM given ON CONFLICT (unit_id) DO UPDATE SET "
                 "name = excluded.name, kind = excluded.kind, valid_from = excluded.valid_from, "
                 "valid_to = excluded.valid_to, successor_id = excluded.successor_id, "
                 "split = excluded.split",
        .moves_units = true,
    },
    {
        .header = "unit_id,candidate_id",
        .columns = "ii",
        .create = "CREATE TEMP TABLE given (line integer, unit_id integer, candidate_id integer) "
                  "ON COMMIT DROP",
        .fill = "INSERT INTO given SELECT * FROM unnest($1::int[], $2::int[], $3::int[])",
        .checks =
            {
                {false,
                 "SELECT max(line), unit_id::text FROM given GROUP BY unit_id, candidate_id "
                 "HAVING count(*) > 1",
                 "dòng lặp lại", "the line comes twice"},
                {false,
                 "SELECT line, coalesce(unit_id::text, '') FROM given g WHERE NOT EXISTS "
                 "(SELECT FROM hoso.unit u WHERE u.unit_id = g.unit_id AND u.split)",
                 "không có đơn vị đã chia nào mang unit_id này",
                 "no divided unit has this unit_id"},
                {false,
                 "SELECT line, coalesce(candidate_id::text, '') FROM given g WHERE NOT EXISTS "
                 "(SELECT FROM hoso.unit u WHERE u.unit_id = g.candidate_id)",
                 "không có đơn vị nào mang candidate_id này", "no unit has this candidate_id"},
            },
        .changes = "SELECT '+', g.unit_id || ' → ' || g.candidate_id, NULL FROM given g "
                   "LEFT JOIN hoso.unit_split s USING (unit_id, candidate_id) "
                   "WHERE s.unit_id IS NULL AND NOT $1 ORDER BY 2",
        .apply = "INSERT INTO hoso.unit_split (unit_id, candidate_id) "
                 "SELECT unit_id, candidate_id FROM given ON CONFLICT DO NOTHING",
    },
    {0},
};
