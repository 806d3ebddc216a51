/* `hoso doctor`: what the services' own listeners say. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "doctor.h"
#include "http/client.h"

enum { ANSWER_MS = 3000 };

/* Where to ask a service that listens there: an address of all interfaces is asked on this machine. */
static void url_of(const char *listen, char *out, size_t size)
{
    const char *port = strrchr(listen, ':');
    if (port && strncmp(listen, "0.0.0.0:", 8) == 0)
        snprintf(out, size, "http://127.0.0.1%s", port);
    else if (port && strncmp(listen, "[::]:", 5) == 0)
        snprintf(out, size, "http://[::1]%s", port);
    else
        snprintf(out, size, "http://%s", listen);
}

static void check_service(struct doctor *doctor, const char *section)
{
    char url[160];
    struct error err;
    struct http_reply reply;
    struct http_client *client = NULL;
    url_of(config_text(doctor->site.config, section, NULL, "listen"), url, sizeof url);
    int r = http_client_new(url, (const char *const[]){NULL}, ANSWER_MS, &client, &err);
    if (r == 0)
        r = http_client_get(client, "/readyz", &reply, &err);
    if (r < 0) {
        doctor_found(doctor, HEALTH_WARNING, "services", "hoso-%s: không trả lời ở %s",
                     "hoso-%s: no answer at %s", section, url);
        doctor_advise(doctor, "khởi động nó; nếu nó chạy ở máy khác thì khám ở máy đó",
                      "start it; where it runs on another machine, ask there");
    } else if (reply.status == 200) {
        doctor_found(doctor, HEALTH_OK, "services", "hoso-%s: sẵn sàng", "hoso-%s: ready", section);
    } else {
        struct str body = reply.body;
        while (body.len > 0 && body.data[body.len - 1] == '\n')
            body.len--;
        doctor_found(doctor, HEALTH_ERROR, "services", "hoso-%s: chưa sẵn sàng: %.*s",
                     "hoso-%s: not ready: %.*s", section, STR_ARG(body));
        doctor_advise(doctor, "xem nhật ký của dịch vụ", "see the log of the service");
    }
    http_client_free(client);
}

void doctor_check_services(struct doctor *doctor)
{
    static const char *const sections[] = {"ingest", "aggregator", "alerter", "board"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        check_service(doctor, sections[i]);
}
