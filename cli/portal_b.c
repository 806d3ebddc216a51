#include <stdio.h>

#include "portal.h"

enum { STATUS_PPM = 300000, DUPLICATES_PPM = 50000 };

/* yyyyMMddHHmmss in one of the forms that generation B uses beside it; anything else as it is. */
static void put_value(struct json_out *out, const char *key, struct str text, char between)
{
    char form[32];
    int64_t at;
    if (text.len != 14 || !vn_time_parse(text, &at)) {
        json_put_text(out, key, text);
        return;
    }
    struct vn_time t = vn_time_of(at);
    snprintf(form, sizeof form, "%04d-%02d-%02d%c%02d:%02d:%02d%s", t.year, t.month, t.day, between,
             t.hour, t.minute, t.second, between == 'T' ? ".000" : "");
    json_put_text(out, key, str_of(form));
}

static void copy_value(struct json_out *out, const char *key, const struct json *value,
                       char between)
{
    struct json_cursor cursor = {0};
    struct str name;
    const struct json *member;
    char text[80];
    switch (json_kind_of(value)) {
    case JSON_OBJECT_:
        json_begin_object(out, key);
        while (json_next(value, &cursor, &name, &member)) {
            snprintf(text, sizeof text, "%.*s", STR_ARG(name));
            copy_value(out, strcmp(text, "NgayNopHoSo") == 0 ? "NgayNop" : text, member, between);
        }
        json_end_object(out);
        break;
    case JSON_ARRAY_:
        json_begin_array(out, key);
        for (size_t i = 0; i < json_size(value); i++)
            copy_value(out, NULL, json_at(value, i), between);
        json_end_array(out);
        break;
    default: put_value(out, key, json_text(value), between);
    }
}

static int send_row(struct portal *portal, const char *path, const struct json *row, char between,
                    struct error *err)
{
    json_out_clear(portal->out);
    copy_value(portal->out, NULL, row, between);
    bool again = (portal->faults & FAULT_DUPLICATES) && gen_chance(&portal->random, DUPLICATES_PPM);
    portal->faults_played += again;
    int r = portal_exchange(portal, path, json_out_text(portal->out), 0, err);
    return r == 0 && again ? portal_exchange(portal, path, json_out_text(portal->out), 0, err) : r;
}

/* {"IdHoSo":"","MaHoSo":…,"TrangThai":5}: undated, so it comes when the step does. */
static int send_status(struct portal *portal, const struct json *step, struct error *err)
{
    struct str status = json_text(json_get(step, "TrangThai"));
    struct json_out *out = portal->out;
    json_out_clear(out);
    json_begin_object(out, NULL);
    json_put_text(out, "IdHoSo", STR(""));
    json_put_text(out, "MaHoSo", json_text(json_get(step, "MaHoSo")));
    json_put_integer(out, "TrangThai", status.len == 2 ? 10 : status.data[0] - '0');
    json_end_object(out);
    return portal_exchange(portal, "/api/v2/CapNhatTrangThai", json_out_text(out), 0, err);
}

int portal_play_b(struct portal *portal, struct str body, struct error *err)
{
    struct json_doc *doc = NULL;
    int r = json_parse(body, &doc, err);
    if (r < 0)
        return r;
    bool steps = str_eq(json_text(json_get(json_root(doc), "service")), STR("CapNhatTienDoHoSoMC"));
    const struct json *rows = json_get(json_root(doc), "data");
    for (size_t i = 0; i < json_size(rows) && r == 0; i++) {
        const struct json *row = json_at(rows, i);
        r = send_row(portal, steps ? "/api/v2/CapNhatTienTrinh" : "/api/v2/NoiHoSo", row,
                     steps ? 'T' : ' ', err);
        if (r == 0 && steps && gen_chance(&portal->random, STATUS_PPM))
            r = send_status(portal, row, err);
    }
    json_doc_free(doc);
    return r;
}
