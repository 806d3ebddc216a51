#include "board/streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { SCOPE_IDLE_MS = 60000 };

/* Bytes that several clients are being sent. */
struct text {
    size_t references;
    size_t size;
    char bytes[];
};

struct client {
    struct streams *streams;
    struct scope *scope;
    struct http_stream *stream;
    struct text *text; /* being sent; NULL = nothing */
    size_t sent;
    int64_t revision;  /* known once `text` has been sent */
    struct text *beat; /* to be sent when there is nothing else */
    bool greeted;      /* the retry time has been sent */
    uint8_t session[SESSION_KEY_SIZE];
    struct client *next;
    struct client *previous;
};

struct streams {
    struct scope *scopes;
    struct client *clients;
    size_t count;
    struct json_out *out;
    struct mono beaten;
    int64_t updates;
    int64_t snapshots;
};

static struct text *text_release(struct text *text)
{
    if (text && --text->references == 0)
        free(text);
    return NULL;
}

static struct text *text_keep(struct text *text)
{
    if (text)
        text->references++;
    return text;
}

/* One event: NULL when memory is short. id NULL = none. */
static struct text *text_of_event(const char *event, const char *id, struct str data)
{
    char head[128];
    int len = id ? snprintf(head, sizeof head, "id: %s\nevent: %s\ndata: ", id, event)
                 : snprintf(head, sizeof head, "event: %s\ndata: ", event);
    struct text *text = data.len ? malloc(sizeof *text + (size_t)len + data.len + 2) : NULL;
    if (!text)
        return NULL;
    *text = (struct text){.references = 1, .size = (size_t)len + data.len + 2};
    memcpy(text->bytes, head, (size_t)len);
    memcpy(text->bytes + len, data.data, data.len);
    memcpy(text->bytes + (size_t)len + data.len, "\n\n", 2);
    return text;
}

struct streams *streams_new(void)
{
    struct streams *streams = calloc(1, sizeof *streams);
    if (streams)
        streams->out = json_out_new();
    if (!streams || !streams->out)
        return streams_free(streams);
    streams->beaten = mono_now();
    return streams;
}

static void scope_free(struct scope *scope)
{
    text_release(scope->delta);
    text_release(scope->snapshot);
    model_deinit(&scope->model);
    free(scope);
}

struct streams *streams_free(struct streams *streams)
{
    if (!streams)
        return NULL;
    while (streams->scopes) {
        struct scope *next = streams->scopes->next;
        scope_free(streams->scopes);
        streams->scopes = next;
    }
    json_out_free(streams->out);
    free(streams);
    return NULL;
}

struct scope *streams_scope(struct streams *streams, int32_t unit_id)
{
    struct scope *scope = streams->scopes;
    while (scope && scope->unit_id != unit_id)
        scope = scope->next;
    if (!scope) {
        uint32_t epoch;
        scope = calloc(1, sizeof *scope);
        if (!scope)
            return NULL;
        random_bytes((uint8_t *)&epoch, sizeof epoch);
        scope->unit_id = unit_id;
        model_init(&scope->model, epoch);
        scope->next = streams->scopes;
        streams->scopes = scope;
    }
    scope->used_at = mono_now();
    return scope;
}

struct scope *streams_first(struct streams *streams)
{
    return streams->scopes;
}

void streams_tidy(struct streams *streams)
{
    struct mono now = mono_now();
    for (struct scope **at = &streams->scopes; *at;) {
        struct scope *scope = *at;
        if (scope->clients == 0 && mono_diff_ms(scope->used_at, now) > SCOPE_IDLE_MS) {
            *at = scope->next;
            scope_free(scope);
        } else {
            at = &scope->next;
        }
    }
}

/* What a client of `since` has to be told; a reference of the caller's. NULL when memory is short. */
static struct text *update_text(struct streams *streams, struct scope *scope, int64_t since)
{
    struct model *model = &scope->model;
    bool next = since > 0 && since == model->revision - 1;
    struct text **kept = next ? &scope->delta : since == 0 ? &scope->snapshot : NULL;
    if (kept && *kept)
        return text_keep(*kept);
    char id[MODEL_ID_SIZE];
    json_out_clear(streams->out);
    bool snapshot = model_write(model, since, clock_now(), streams->out);
    struct text *text = text_of_event(snapshot ? "snapshot" : "delta", model_id(model, id),
                                      json_out_text(streams->out));
    if (kept)
        *kept = text_keep(text);
    return text;
}

/* Chooses what the client is sent next. */
static void choose(struct client *client)
{
    struct streams *streams = client->streams;
    struct scope *scope = client->scope;
    if (client->revision != scope->model.revision) {
        client->text = update_text(streams, scope, client->revision);
        if (client->text) {
            streams->updates++;
            streams->snapshots += client->revision == 0;
            client->revision = scope->model.revision;
            client->beat = text_release(client->beat);
        }
    } else {
        client->text = client->beat;
        client->beat = NULL;
    }
    client->sent = 0;
}

static size_t pull(void *arg, char *buffer, size_t size)
{
    static const char greeting[] = "retry: 2000\n\n";
    struct client *client = arg;
    if (!client->greeted && size >= sizeof greeting) {
        client->greeted = true;
        memcpy(buffer, greeting, sizeof greeting - 1);
        return sizeof greeting - 1;
    }
    if (!client->text)
        choose(client);
    if (!client->text)
        return 0;
    size_t left = client->text->size - client->sent;
    size_t taken = left < size ? left : size;
    memcpy(buffer, client->text->bytes + client->sent, taken);
    client->sent += taken;
    if (client->sent == client->text->size)
        client->text = text_release(client->text);
    return taken;
}

static void closed(void *arg)
{
    struct client *client = arg;
    struct streams *streams = client->streams;
    if (client->next)
        client->next->previous = client->previous;
    if (client->previous)
        client->previous->next = client->next;
    else
        streams->clients = client->next;
    client->scope->clients--;
    client->scope->used_at = mono_now();
    streams->count--;
    text_release(client->text);
    text_release(client->beat);
    free(client);
}

void streams_open(struct streams *streams, struct scope *scope, struct http_exchange *exchange,
                  struct str last_id, const uint8_t session[SESSION_KEY_SIZE])
{
    struct client *client = calloc(1, sizeof *client);
    if (!client) {
        http_answer(exchange, 503, "application/json", STR("{\"error\":\"out of memory\"}\n"), 1);
        return;
    }
    *client = (struct client){.streams = streams, .scope = scope, .next = streams->clients};
    memcpy(client->session, session, SESSION_KEY_SIZE);
    client->revision = model_since(&scope->model, last_id);
    if (client->next)
        client->next->previous = client;
    streams->clients = client;
    streams->count++;
    scope->clients++;
    http_set_header(exchange, "Cache-Control", "no-store");
    http_set_header(exchange, "X-Accel-Buffering", "no"); /* nginx passes it on at once */
    struct http_source source = {.pull = pull, .closed = closed, .arg = client};
    client->stream = http_answer_stream(exchange, 200, "text/event-stream; charset=utf-8", &source);
    if (!client->stream)
        closed(client);
}

void streams_changed(struct streams *streams, struct scope *scope)
{
    scope->delta = text_release(scope->delta);
    scope->snapshot = text_release(scope->snapshot);
    for (struct client *client = streams->clients; client; client = client->next) {
        if (client->scope == scope)
            http_stream_wake(client->stream);
    }
}

static struct text *beat_text(struct streams *streams, const struct scope *scope,
                              const char *trouble)
{
    json_out_clear(streams->out);
    json_begin_object(streams->out, NULL);
    json_put_integer(streams->out, "at", clock_now());
    if (scope->model.data_at == NO_TIME)
        json_put_null(streams->out, "data_at");
    else
        json_put_integer(streams->out, "data_at", scope->model.data_at);
    if (trouble)
        json_put_text(streams->out, "trouble", str_of(trouble));
    json_end_object(streams->out);
    return text_of_event("beat", NULL, json_out_text(streams->out));
}

void streams_beat(struct streams *streams, const char *trouble, bool now)
{
    if (!now && mono_diff_ms(streams->beaten, mono_now()) < BEAT_MS)
        return;
    streams->beaten = mono_now();
    for (struct scope *scope = streams->scopes; scope; scope = scope->next) {
        struct text *text = scope->clients ? beat_text(streams, scope, trouble) : NULL;
        for (struct client *client = streams->clients; text && client; client = client->next) {
            if (client->scope != scope)
                continue;
            text_release(client->beat);
            client->beat = text_keep(text);
            http_stream_wake(client->stream);
        }
        text_release(text);
    }
}

void streams_each_session(struct streams *streams,
                          bool (*keep)(void *arg, const uint8_t session[SESSION_KEY_SIZE]),
                          void *arg)
{
    for (struct client *client = streams->clients; client; client = client->next) {
        if (!keep(arg, client->session))
            http_stream_end(client->stream);
    }
}

size_t streams_count(const struct streams *streams)
{
    return streams->count;
}

void streams_sent(const struct streams *streams, int64_t *ret_updates, int64_t *ret_snapshots)
{
    *ret_updates = streams->updates;
    *ret_snapshots = streams->snapshots;
}
