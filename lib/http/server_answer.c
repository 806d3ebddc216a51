#include "http/server_internal.h"

#include <stdio.h>
#include <stdlib.h>

void unanswered_add(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    exchange->next = server->unanswered;
    if (exchange->next)
        exchange->next->previous = exchange;
    server->unanswered = exchange;
}

void unanswered_remove(struct http_exchange *exchange)
{
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    if (exchange->previous)
        exchange->previous->next = exchange->next;
    else
        exchange->server->unanswered = exchange->next;
}

struct MHD_Response *make_response(const char *content_type, struct str body, int retry_after_s)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.len, (void *)body.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return NULL;
    enum MHD_Result added =
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    if (retry_after_s > 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%d", retry_after_s);
        if (!MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds))
            added = MHD_NO;
    }
    if (added)
        return response;
    MHD_destroy_response(response);
    return NULL;
}

enum MHD_Result send_refusal(struct http_exchange *exchange)
{
    static const struct {
        int status;
        struct str text;
    } texts[] = {
        {400,
         STR("{\"error_code\":\"400\",\"message\":\"Yêu cầu HTTP không rõ ràng: tiêu đề bị lặp, "
             "hoặc có cả Content-Length lẫn Transfer-Encoding\"}\n")},
        {413, STR("{\"error_code\":\"413\",\"message\":\"Gói tin quá lớn; hãy chia nhỏ\"}\n")},
        {415, STR("{\"error_code\":\"415\",\"message\":\"Không nhận gói tin nén; hãy gửi không có "
                  "Content-Encoding\"}\n")},
        {503, STR("{\"error_code\":\"503\",\"message\":\"Máy chủ đang bận; hãy gửi lại sau\"}\n")},
    };
    size_t i = 0;
    while (texts[i].status != exchange->refusal)
        i++;
    struct MHD_Response *response =
        make_response("application/json", texts[i].text, exchange->refusal == 503);
    if (!response)
        return MHD_NO;
    /* What follows on this connection cannot be trusted to be a request. */
    if (exchange->refusal == 400)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result queued =
        MHD_queue_response(exchange->connection, (unsigned)exchange->refusal, response);
    MHD_destroy_response(response);
    return queued;
}

/* NULL response = memory was short when the answer was made: the connection is cut, which a sender takes as "again". */
enum MHD_Result send_answer(struct http_exchange *exchange)
{
    if (!exchange->response)
        return MHD_NO;
    return MHD_queue_response(exchange->connection, (unsigned)exchange->status, exchange->response);
}

void http_answer(struct http_exchange *exchange, int status, const char *content_type,
                 struct str body, int retry_after_s)
{
    if (exchange->status)
        abort(); /* answered twice: a bug of the caller */
    unanswered_remove(exchange);
    exchange->status = status;
    exchange->response = make_response(content_type, body, retry_after_s);
    if (exchange->response && !heads_add(exchange, exchange->response)) {
        MHD_destroy_response(exchange->response);
        exchange->response = NULL;
    }
    drop_body(exchange);
    exchange_resume(exchange);
}
