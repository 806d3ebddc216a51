#include "ingest/route.h"

static const struct {
    const char *path; /* whole when it begins with '/', else the last piece below /api/ */
    enum call call;
    enum generation generation;
    const char *method;
} routes[] = {
    {"/api/v1/portal", CALL_PORTAL, GENERATION_A, "POST"},
    {"/api/v1/events", CALL_EVENTS, GENERATION_NATIVE, "POST"},
    {"/api/v1/login", CALL_LOGIN, GENERATION_A, "POST"},
    {"DongBoHoSoMC", CALL_RECORDS, GENERATION_A, "POST"},
    {"CapNhatTienDoHoSoMC", CALL_STEPS, GENERATION_A, "POST"},
    {"TraCuuHoSo", CALL_LOOKUP, GENERATION_A, "POST"},
    {"GetToken", CALL_TOKEN, GENERATION_B, "POST"},
    {"NoiHoSo", CALL_B_RECORD, GENERATION_B, "POST"},
    {"CapNhatTienTrinh", CALL_B_STEP, GENERATION_B, "POST"},
    {"CapNhatTrangThai", CALL_B_STATUS, GENERATION_B, "POST"},
    {"/openapi.yaml", CALL_CONTRACT, GENERATION_NATIVE, "GET"},
};

static struct str last_piece(struct str path)
{
    static const struct str base = {"/api/", 5};
    if (path.len <= base.len || memcmp(path.data, base.data, base.len) != 0)
        return STR_NONE;
    size_t at = path.len;
    while (path.data[at - 1] != '/')
        at--;
    return (struct str){path.data + at, path.len - at};
}

struct route route_find(struct str method, struct str path)
{
    struct str piece = last_piece(path);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        struct str wanted = str_of(routes[i].path);
        if (str_eq(*wanted.data == '/' ? path : piece, wanted))
            return (struct route){.call = routes[i].call,
                                  .generation = routes[i].generation,
                                  .method_fits = str_eq(method, str_of(routes[i].method))};
    }
    return (struct route){.call = CALL_NONE, .generation = GENERATION_NATIVE};
}
