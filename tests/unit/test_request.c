/* links: ingest */
/* When a request is answered, and with what: over a real HTTP server, with the fate of the records played by the test. */
#include "ingest/request.h"

#include "http_fixture.h"

/* The publisher's side, played. */
static void request_done(struct request *request, bool persisted)
{
    struct receipt receipt = request_receipt(request);
    if (persisted)
        receipt.events->persisted(receipt.owner, receipt.item);
    else
        receipt.events->dropped(receipt.owner, receipt.item);
}

struct answers {
    int count;
    int status;
    size_t accepted;
    size_t refused;
};

static void note(void *arg, int status, size_t accepted, size_t refused)
{
    struct answers *answers = arg;
    *answers = (struct answers){answers->count + 1, status, accepted, refused};
}

struct scene {
    struct fixture http;
    struct requests requests;
    struct answers answers;
    size_t lane;
    int client;
    char text[4096]; /* the answer as the client read it */
};

static struct request *open_request(struct scene *s)
{
    start(&s->http, 10, 5);
    s->http.late = true;
    s->answers = (struct answers){0};
    s->lane = 0;
    s->requests =
        (struct requests){.out = json_out_new(), .on_answer = note, .on_answer_arg = &s->answers};
    assert_non_null(s->requests.out);
    s->client = connect_client(&s->http);
    send_text(s->client, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    pump_until(&s->http, &s->http.calls, 1);
    struct request *request =
        request_new(&s->requests, s->http.kept[0], (struct manner){0}, mono_now(), &s->lane);
    assert_non_null(request);
    return request;
}

static void read_answer(struct scene *s, int status, const char *says)
{
    char wanted[32];
    assert_int_equal(pump(&s->http, s->client, 1, s->text, sizeof s->text), 1);
    snprintf(wanted, sizeof wanted, "HTTP/1.1 %d ", status);
    if (strncmp(s->text, wanted, strlen(wanted)) != 0 || !strstr(s->text, says))
        fail_msg("wanted %d with \"%s\", got %s", status, says, s->text);
    assert_int_equal(s->answers.count, 1);
    assert_int_equal(s->answers.status, status);
}

static void close_scene(struct scene *s)
{
    assert_null(s->requests.oldest);
    assert_null(s->requests.newest);
    assert_int_equal(s->lane, 0);
    close(s->client);
    http_server_free(s->http.server);
    json_out_free(s->requests.out);
}

static const struct refusal refusal = {REFUSAL_BAD_TIME, "NgayTiepNhan"};

static void well_only_after_the_last_is_persisted(void **state)
{
    (void)state;
    struct scene s;
    struct request *r = open_request(&s);
    request_sent(r, 1);
    request_done(r, true); /* before the next row has even been read */
    request_accept(r);
    request_sent(r, 1);
    request_sent(r, 1);
    request_accept(r);
    request_seal(r);
    assert_int_equal(s.answers.count, 0);
    request_done(r, true);
    assert_int_equal(s.answers.count, 0);
    request_done(r, true);
    read_answer(&s, 200, "{\"error_code\":\"0\",");
    assert_non_null(strstr(s.text, "\"accepted\":2,\"refused\":[]}"));
    close_scene(&s);
}

static void refused_rows_are_listed(void **state)
{
    (void)state;
    struct scene s;
    struct request *r = open_request(&s);
    request_sent(r, 1);
    request_accept(r);
    assert_int_equal(request_refuse(r, 2, &refusal), 0);
    request_seal(r);
    request_done(r, true);
    read_answer(&s, 207, "\"error_code\":\"207\"");
    assert_non_null(strstr(s.text, "\"accepted\":1,\"refused\":[{\"row\":2,\"field\":"
                                   "\"NgayTiepNhan\",\"code\":\"bad_time\",\"message\":"
                                   "\"NgayTiepNhan: "));
    close_scene(&s);

    r = open_request(&s);
    for (size_t i = 1; i <= 20; i++)
        assert_int_equal(request_refuse(r, i, &refusal), 0);
    request_seal(r);
    read_answer(&s, 422, "{\"row\":20,");
    assert_int_equal(s.answers.refused, 20);
    close_scene(&s);

    r = open_request(&s);
    request_seal(r);
    read_answer(&s, 200, "\"accepted\":0,\"refused\":[]}");
    close_scene(&s);
}

static void one_lost_record_fails_it_at_once(void **state)
{
    (void)state;
    struct scene s;
    struct request *r = open_request(&s);
    for (int i = 0; i < 3; i++)
        request_sent(r, 1);
    request_accept(r);
    request_seal(r);
    request_done(r, true);
    request_done(r, false);
    read_answer(&s, 503, "Retry-After: 5\r\n");
    assert_non_null(s.requests.oldest); /* one is still in flight and will want to tell */
    request_done(r, false);
    assert_int_equal(s.answers.count, 1);
    close_scene(&s);

    /* The same while rows are still being read. */
    r = open_request(&s);
    request_sent(r, 1);
    request_fail(r);
    request_seal(r);
    read_answer(&s, 503, "Retry-After");
    request_done(r, true);
    close_scene(&s);
}

static void waiting_has_an_end(void **state)
{
    (void)state;
    struct scene s;
    struct request *r = open_request(&s);
    struct mono now = mono_now();
    request_sent(r, 1);
    request_seal(r);
    requests_expire(&s.requests, (struct mono){now.us - 60 * 1000000});
    assert_int_equal(s.answers.count, 0);
    assert_in_range(requests_oldest_ms(&s.requests, (struct mono){now.us + 7000000}), 6900, 7100);
    requests_expire(&s.requests, (struct mono){now.us + 1000});
    read_answer(&s, 503, "Retry-After");
    assert_int_equal(requests_oldest_ms(&s.requests, now), 0);
    requests_fail_all(&s.requests);
    request_done(
        r, true); /* persisted after all: the sender will send it again, which changes nothing */
    assert_int_equal(s.answers.count, 1);
    close_scene(&s);
}

static void many_requests_end_in_any_order(void **state)
{
    (void)state;
    struct scene s;
    struct request *first = open_request(&s);
    struct request *more[3];
    int fds[3];
    request_sent(first, 1);
    request_seal(first);
    for (size_t i = 0; i < 3; i++) {
        fds[i] = connect_client(&s.http);
        send_text(fds[i], "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
        pump_until(&s.http, &s.http.calls, i + 2);
        more[i] =
            request_new(&s.requests, s.http.kept[i + 1], (struct manner){0}, mono_now(), &s.lane);
        request_sent(more[i], 1);
        request_seal(more[i]);
    }
    request_done(more[1], true); /* middle, youngest, oldest, last */
    request_done(more[2], true);
    request_done(first, true);
    assert_ptr_equal(s.requests.oldest, more[0]);
    assert_ptr_equal(s.requests.newest, more[0]);
    requests_fail_all(&s.requests);
    request_done(more[0], false);
    assert_int_equal(s.answers.count, 4);
    for (size_t i = 0; i < 3; i++)
        close(fds[i]);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_only_after_the_last_is_persisted),
        cmocka_unit_test(refused_rows_are_listed),
        cmocka_unit_test(one_lost_record_fails_it_at_once),
        cmocka_unit_test(waiting_has_an_end),
        cmocka_unit_test(many_requests_end_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
