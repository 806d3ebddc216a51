#include "http/server_internal.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct findings {
    bool length;
    bool transfer_coding;
    bool other_coding;
    bool compressed;
    bool repeated;
    unsigned seen; /* bit per entry of `single` */
};

/* Headers that decide something; two of them would let two programs decide differently. */
static const char *const single[] = {
    MHD_HTTP_HEADER_CONTENT_LENGTH,
    MHD_HTTP_HEADER_TRANSFER_ENCODING,
    MHD_HTTP_HEADER_CONTENT_TYPE,
    MHD_HTTP_HEADER_CONTENT_ENCODING,
    MHD_HTTP_HEADER_HOST,
    MHD_HTTP_HEADER_AUTHORIZATION,
    "X-API-Key",
    "X-Key-Id",
    "X-Client-Verify",
    "X-Client-DN",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
};

static enum MHD_Result look_at(void *arg, enum MHD_ValueKind kind, const char *name,
                               const char *value)
{
    (void)kind;
    struct findings *findings = arg;
    value = value ? value : "";
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
        if (strcasecmp(name, single[i]) != 0)
            continue;
        if (findings->seen & 1u << i)
            findings->repeated = true;
        findings->seen |= 1u << i;
    }
    if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        findings->length = true;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        findings->transfer_coding = true;
        findings->other_coding = strcasecmp(value, "chunked") != 0;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_ENCODING) == 0) {
        findings->compressed = *value && strcasecmp(value, "identity") != 0;
    }
    return MHD_YES;
}

int strict_check(struct MHD_Connection *connection)
{
    struct findings findings = {0};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at, &findings);
    if (findings.repeated || findings.other_coding || (findings.length && findings.transfer_coding))
        return 400;
    return findings.compressed ? 415 : 0;
}

struct connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}
