#include "ingest/request.h"

#include <stdlib.h>

enum { RETRY_AFTER_S = 5 };

struct request {
    struct requests *requests;
    struct http_exchange *exchange; /* NULL once answered */
    struct manner manner;
    struct mono began;
    size_t *lane;
    size_t in_flight;
    size_t accepted; /* rows */
    struct refusals refusals;
    struct seen_ticket ticket;
    struct str trace;
    bool sealed;
    struct request *next; /* younger */
    struct request *previous;
};

struct request *request_new(struct requests *requests, struct http_exchange *exchange,
                            struct manner manner, struct mono began, size_t *lane)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    *request = (struct request){.requests = requests,
                                .exchange = exchange,
                                .manner = manner,
                                .began = began,
                                .lane = lane,
                                .previous = requests->newest};
    if (requests->newest)
        requests->newest->next = request;
    else
        requests->oldest = request;
    requests->newest = request;
    return request;
}

static void request_free(struct request *request)
{
    struct requests *requests = request->requests;
    if (request->next)
        request->next->previous = request->previous;
    else
        requests->newest = request->previous;
    if (request->previous)
        request->previous->next = request->next;
    else
        requests->oldest = request->next;
    refusals_deinit(&request->refusals);
    free(request);
}

static void free_when_over(struct request *request)
{
    if (request->sealed && request->in_flight == 0 && !request->exchange)
        request_free(request);
}

static void report(struct request *request, int status)
{
    struct requests *requests = request->requests;
    request->exchange = NULL;
    seen_end(&request->ticket, status, request->accepted);
    if (requests->on_answer)
        requests->on_answer(requests->on_answer_arg, status, request->accepted,
                            request->refusals.count);
}

static void answer_when_over(struct request *request)
{
    if (request->exchange && request->sealed && request->in_flight == 0) {
        int status = answer_rows(request->exchange, request->requests->out, request->manner,
                                 request->accepted, &request->refusals);
        report(request, status);
    }
    free_when_over(request);
}

static void fail(struct request *request)
{
    if (!request->exchange)
        return;
    answer_problem(request->exchange, request->requests->out, request->manner.generation, 503,
                   "Chưa lưu được; hãy gửi lại cả gói sau ít giây", RETRY_AFTER_S);
    report(request, 503);
}

void request_signed(struct request *request, const struct seen_ticket *ticket)
{
    request->ticket = *ticket;
}

void request_traced(struct request *request, struct str trace)
{
    request->trace = trace;
}

int request_refuse(struct request *request, size_t row, const struct refusal *refusal)
{
    return refusals_add(&request->refusals, row, refusal);
}

void request_accept(struct request *request)
{
    request->accepted++;
}

void request_sent(struct request *request, size_t count)
{
    request->in_flight += count;
    *request->lane += count;
}

static void one_less(struct request *request)
{
    request->in_flight--;
    --*request->lane;
    answer_when_over(request);
}

static void on_persisted(void *owner, uint64_t item)
{
    (void)item;
    one_less(owner);
}

static void on_dropped(void *owner, uint64_t item)
{
    (void)item;
    fail(owner);
    one_less(owner);
}

static bool is_wanted(void *owner, uint64_t item)
{
    (void)item;
    const struct request *request = owner;
    return request->exchange != NULL;
}

struct receipt request_receipt(struct request *request)
{
    static const struct receipt_events events = {on_persisted, on_dropped, is_wanted};
    return (struct receipt){.events = &events, .owner = request, .trace = request->trace};
}

void request_fail(struct request *request)
{
    fail(request);
}

void request_seal(struct request *request)
{
    request->sealed = true;
    answer_when_over(request);
}

void requests_expire(struct requests *requests, struct mono since)
{
    for (struct request *request = requests->oldest; request;) {
        struct request *next = request->next;
        if (mono_diff_ms(request->began, since) < 0)
            return;
        fail(request);
        free_when_over(request);
        request = next;
    }
}

void requests_fail_all(struct requests *requests)
{
    requests_expire(requests, (struct mono){INT64_MAX});
}

int64_t requests_oldest_ms(const struct requests *requests, struct mono now)
{
    for (const struct request *request = requests->oldest; request; request = request->next) {
        if (request->exchange)
            return mono_diff_ms(request->began, now);
    }
    return 0;
}
