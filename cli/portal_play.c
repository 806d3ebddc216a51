#include "portal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"

/* Of a million requests (races: of inserts). */
enum {
    DUPLICATES_PPM = 50000,
    RACES_PPM = 200000,
    CHUNKS_PPM = 40000,
    SKEW_PPM = 20000,
    LOGIN_PPM = 30000,
};

static const char portal_path[] = "/api/v1/portal";

static bool strikes(struct portal *portal, enum portal_fault fault, uint32_t ppm)
{
    bool now = (portal->faults & fault) && gen_chance(&portal->random, ppm);
    portal->faults_played += now;
    return now;
}

static int say(struct portal *portal, const char *text, int want_status, struct error *err)
{
    return portal_exchange(portal, portal_path, str_of(text), want_status, err);
}

/* The body with one piece of text replaced by another of the same length. */
static int say_changed(struct portal *portal, struct str body, const char *from, const char *to,
                       struct error *err)
{
    char *copy = malloc(body.len + 1);
    if (!copy)
        return error_set(err, ERR_NOMEM, "out of memory");
    memcpy(copy, body.data, body.len);
    copy[body.len] = '\0';
    char *at = strstr(copy, from);
    if (at)
        memcpy(at, to, strlen(to));
    int r = at ? portal_exchange(portal, portal_path, (struct str){copy, body.len}, 0, err) : 0;
    free(copy);
    return r;
}

/* Chunks that are none; each has its own answer. */
static int wrong_chunk(struct portal *portal, struct str body, struct error *err)
{
    switch (gen_below(&portal->random, 5)) {
    case 0:
        return say(portal,
                   "{\"service\":\"CapNhatTienDoHoSoMC\",\"madonvi\":\"H24.11713\",\"data\":[]}", 0,
                   err);
    case 1: /* broken off on the way; the session is in what is left */
        return portal_exchange(portal, portal_path, (struct str){body.data, body.len / 2}, 400,
                               err);
    case 2: return say(portal, "{\"service\":\"KhongCoDichVuNay\",\"data\":[{}]}", 400, err);
    case 3:
        return say(portal,
                   "{\"service\":\"CapNhatTienDoHoSoMC\",\"madonvi\":\"H24.11713\",\"data\":["
                   "{\"MaHoSo\":\"\",\"TrangThai\":\"4\",\"ThoiDiemXuLy\":\"20260601080000\"},"
                   "{\"MaHoSo\":\"H24.11713-260601-0001\",\"TrangThai\":\"99\","
                   "\"ThoiDiemXuLy\":\"20260601080000\"}]}",
                   422, err);
    default:
        return say(portal, "{\"service\":\"DongBoHoSoMC\",\"data\":[{\"MaHoSo\":\"x y\"}]}", 422,
                   err);
    }
}

/* A step on a dossier of its own, from a clock that is ahead: taken as it is, taken and flagged, refused. */
static int skewed_step(struct portal *portal, struct error *err)
{
    static const int64_t ahead_ms[] = {3 * MS_PER_MINUTE, 2 * MS_PER_HOUR, 3 * MS_PER_DAY};
    char text[512];
    uint32_t which = gen_below(&portal->random, 3);
    struct vn_time t = vn_time_of(clock_now() + ahead_ms[which]);
    snprintf(
        text, sizeof text,
        "{\"service\":\"CapNhatTienDoHoSoMC\",\"madonvi\":\"H24.11713\",\"data\":[{\"MaHoSo\":"
        "\"H24.11713-260601-9%05u\",\"NguoiXuLy\":\"CAN BO THU NGHIEM 00\",\"TrangThai\":\"4\","
        "\"ThoiDiemXuLy\":\"%04d%02d%02d%02d%02d%02d\"}]}",
        gen_below(&portal->random, 100000), t.year, t.month, t.day, t.hour, t.minute, t.second);
    return say(portal, text, which == 2 ? 422 : 0, err);
}

static void show_progress(struct portal *portal)
{
    size_t percent = portal->row_total ? (size_t)portal->rows * 100 / portal->row_total : 100;
    size_t step = portal->terminal ? 1 : 10;
    if (percent / step == portal->shown_percent / step)
        return;
    portal->shown_percent = percent;
    fprintf(stderr, cli_text("%sĐã gửi %3zu %%%s", "%sSent %3zu %%%s"),
            portal->terminal ? "\r" : "", percent, portal->terminal && percent < 100 ? "" : "\n");
}

static int play_a(struct portal *portal, struct str body, struct error *err)
{
    static const char insert[] = "\"isUpdating\":\"False\"";
    static const char update[] = "\"isUpdating\":\"True\" ";
    int r = 0;
    char head[160];
    snprintf(head, sizeof head, "%.*s", (int)(body.len < sizeof head ? body.len : sizeof head - 1),
             body.data);
    if (strikes(portal, FAULT_LOGIN, LOGIN_PPM))
        snprintf(portal->session, sizeof portal->session, "phien-da-het-han");
    if (strstr(head, insert) && strikes(portal, FAULT_RACES, RACES_PPM))
        r = say_changed(portal, body, insert, update, err);
    if (r == 0)
        r = portal_exchange(portal, portal_path, body, 0, err);
    if (r == 0 && strikes(portal, FAULT_DUPLICATES, DUPLICATES_PPM))
        r = portal_exchange(portal, portal_path, body, 0, err);
    if (r == 0 && strikes(portal, FAULT_CHUNKS, CHUNKS_PPM))
        r = wrong_chunk(portal, body, err);
    if (r == 0 && strikes(portal, FAULT_SKEW, SKEW_PPM))
        r = skewed_step(portal, err);
    return r;
}

int portal_play(void *arg, const char *path, struct str body, size_t rows, struct error *err)
{
    struct portal *portal = arg;
    portal->rows += (int64_t)rows;
    int r = 0;
    if (strcmp(path, portal_path) != 0)
        portal->skipped += (int64_t)rows;
    else
        r = portal->b ? portal_play_b(portal, body, err) : play_a(portal, body, err);
    show_progress(portal);
    return r;
}
