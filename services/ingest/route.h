/*
 * From a request's path to what is asked. Pure. Senders are configured with a base address and append the names that the portal
 * gave its services, so those are found by the last piece of any path below /api/.
 *
 *   POST /api/v1/login                      generation A: user and password become a session
 *   POST /api/v1/portal                     generation A: the service is named in the body
 *   POST /api/…/DongBoHoSoMC                generation A, REST: ?MaDinhDanhDV=…&isUpdating=…, the body is the data
 *   POST /api/…/CapNhatTienDoHoSoMC, /api/…/TraCuuHoSo
 *   POST /api/…/GetToken, /api/…/NoiHoSo, /api/…/CapNhatTienTrinh, /api/…/CapNhatTrangThai     generation B
 *   POST /api/v1/events                     our own events
 *   GET  /openapi.yaml                      the contract of all this
 */
#ifndef HOSO_INGEST_ROUTE_H
#define HOSO_INGEST_ROUTE_H

#include <stdbool.h>

#include "base/str.h"

/* Whose manners an answer keeps (answer.h). */
enum generation { GENERATION_NATIVE, GENERATION_A, GENERATION_B };

enum call {
    CALL_NONE,
    CALL_LOGIN,
    CALL_TOKEN,
    CALL_PORTAL,
    CALL_RECORDS,
    CALL_STEPS,
    CALL_LOOKUP,
    CALL_B_RECORD,
    CALL_B_STEP,
    CALL_B_STATUS,
    CALL_EVENTS,
    CALL_CONTRACT,
};

struct route {
    enum call call; /* CALL_NONE = there is no such path */
    enum generation generation;
    bool method_fits;
};

struct route route_find(struct str method, struct str path);

#endif
