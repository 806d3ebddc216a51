#include "alerter/template.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alerter/file.h"

enum { HEADERS_MAX = 32 };

/* "member = value": a member of the answer's object. */
struct condition {
    char *member;
    char *value;
};

struct template
{
    char *text; /* the file; the rest points into it */
    const char *method;
    const char *url;
    const char *headers[HEADERS_MAX];
    size_t header_count;
    const char *body;
    bool form;
    struct condition success;
    struct condition expired;
};

struct template *template_free(struct template *template)
{
    if (!template)
        return NULL;
    free(template->text);
    free(template);
    return NULL;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]))
        text[--len] = '\0';
    return text;
}

/* Takes the next line off *at. */
static char *line_of(char **at)
{
    char *line = *at, *end = strchr(line, '\n');
    *at = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return trim(line);
}

static bool read_condition(char *text, struct condition *ret)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return false;
    *equals = '\0';
    *ret = (struct condition){trim(text), trim(equals + 1)};
    return true;
}

/* A line "# name: member = value"; other comments say nothing. */
static bool read_comment(struct template *template, char *line)
{
    char *text = trim(line + 1);
    if (strncmp(text, "success:", 8) == 0)
        return read_condition(text + 8, &template->success);
    if (strncmp(text, "token_expired:", 14) == 0)
        return read_condition(text + 14, &template->expired);
    return true;
}

static int parse(struct template *template, const char *path, struct error *err)
{
    char *at = template->text, *line = line_of(&at);
    int number = 1;
    for (; *line == '#' || (!*line && *at); line = line_of(&at), number++) {
        if (*line == '#' && !read_comment(template, line))
            return error_set(err, ERR_INPUT, "%s:%d: wants \"member = value\"", path, number);
    }
    char *space = strchr(line, ' ');
    if (!space || (strncmp(space + 1, "http://", 7) != 0 && strncmp(space + 1, "https://", 8) != 0))
        return error_set(err, ERR_INPUT, "%s:%d: wants a method and an http(s) URL", path, number);
    *space = '\0';
    template->method = line;
    template->url = trim(space + 1);
    for (line = line_of(&at), number++; *line; line = line_of(&at), number++) {
        if (template->header_count == HEADERS_MAX || !strchr(line, ':'))
            return error_set(err, ERR_INPUT,
                             "%s:%d: wants a header, or an empty line before the body", path,
                             number);
        template->headers[template->header_count++] = line;
        template->form = template->form || strstr(line, "x-www-form-urlencoded");
    }
    template->body = at;
    return 0;
}

int template_load(const char *path, struct template **ret, struct error *err)
{
    struct template *template = calloc(1, sizeof *template);
    if (!template)
        return error_set(err, ERR_NOMEM, "out of memory");
    int r = file_read(path, &template->text, err);
    if (r == 0)
        r = parse(template, path, err);
    if (r < 0) {
        template_free(template);
        return r;
    }
    *ret = template;
    return 0;
}

/* ---- filling ---- */

enum place { PLACE_PLAIN, PLACE_JSON, PLACE_FORM };

static void put_value(FILE *out, struct str value, enum place place)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        bool safe = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    strchr("-._~", c);
        if (place == PLACE_FORM && !safe)
            fprintf(out, "%%%02X", c);
        else if (place == PLACE_JSON && (c == '"' || c == '\\'))
            fprintf(out, "\\%c", c);
        else if (c < 32 || c == 127)
            fputs(place == PLACE_JSON && c == '\n' ? "\\n" : " ", out);
        else
            fputc(c, out);
    }
}

static const struct json *look_up(const struct json *const *values, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        const struct json *found = values[i] ? json_get(values[i], name) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static int fill(const char *text, enum place place, const struct json *const *values, size_t count,
                char **ret, struct error *err)
{
    size_t size;
    int r = 0;
    FILE *out = open_memstream(ret, &size);
    if (!out)
        return error_set(err, ERR_NOMEM, "out of memory");
    while (r == 0) {
        const char *mark = strstr(text, "{{"), *end = mark ? strstr(mark, "}}") : NULL;
        if (!end) {
            fputs(text, out);
            break;
        }
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(end - mark - 2), mark + 2);
        const struct json *value = look_up(values, count, trim(name));
        fwrite(text, 1, (size_t)(mark - text), out);
        if (value)
            put_value(out, json_text(value), place);
        else
            r = error_set(err, ERR_INPUT, "the template asks for {{%s}}, which there is not", name);
        text = end + 2;
    }
    if (fclose(out) != 0 && r == 0)
        r = error_set(err, ERR_NOMEM, "out of memory");
    return r;
}

struct template_request *template_request_free(struct template_request *request)
{
    if (!request)
        return NULL;
    for (size_t i = 0; i < sizeof request->parts / sizeof *request->parts; i++)
        free(request->parts[i]);
    free(request);
    return NULL;
}

int template_fill(const struct template *template, const struct json *const *values, size_t count,
                  struct template_request **ret, struct error *err)
{
    struct template_request *request = calloc(1, sizeof *request);
    if (!request)
        return error_set(err, ERR_NOMEM, "out of memory");
    char **part = request->parts;
    int r = fill(template->url, PLACE_PLAIN, values, count, part, err);
    if (r == 0)
        r = fill(template->body, template->form ? PLACE_FORM : PLACE_JSON, values, count, ++part,
                 err);
    for (size_t i = 0; i < template->header_count && r == 0; i++) {
        r = fill(template->headers[i], PLACE_PLAIN, values, count, ++part, err);
        request->headers[i] = *part;
    }
    if (r < 0) {
        template_request_free(request);
        return r;
    }
    request->http = (struct transfer_http){template->method, request->parts[0], request->headers,
                                           str_of(request->parts[1])};
    *ret = request;
    return 0;
}

/* ---- the answer ---- */

static bool holds(const struct condition *condition, const struct json *answer)
{
    const struct json *value = json_get(answer, condition->member);
    int64_t number;
    char text[32];
    if (!value)
        return false;
    if (json_to_integer(value, &number)) {
        snprintf(text, sizeof text, "%lld", (long long)number);
        return strcmp(text, condition->value) == 0;
    }
    return str_eq(json_text(value), str_of(condition->value));
}

enum template_answer template_judge(const struct template *template, int status, struct str body)
{
    struct json_doc *doc = NULL;
    enum template_answer answer = status >= 200 && status < 300 ? ANSWER_GOOD : ANSWER_BAD;
    if (!template->success.member && !template->expired.member)
        return answer;
    if (json_parse(body, &doc, NULL) < 0)
        return template->success.member ? ANSWER_BAD : answer;
    const struct json *root = json_root(doc);
    if (template->expired.member && holds(&template->expired, root))
        answer = ANSWER_TOKEN_EXPIRED;
    else if (template->success.member && !holds(&template->success, root))
        answer = ANSWER_BAD;
    json_doc_free(doc);
    return answer;
}

/* ---- the token ---- */

struct token {
    struct template *template;
    char *path;
    char *text;
    struct json_doc *doc;
};

struct token *token_free(struct token *token)
{
    if (!token)
        return NULL;
    template_free(token->template);
    json_doc_free(token->doc);
    free(token->path);
    free(token->text);
    free(token);
    return NULL;
}

/* ERR_INPUT: not such a file. */
static int parse_token(const char *path, char **ret_text, struct json_doc **ret, struct error *err)
{
    struct json_doc *doc = NULL;
    char *text = NULL;
    int r = file_read(path, &text, err);
    if (r == 0)
        r = json_parse(str_of(text), &doc, err);
    if (r == 0 && !str_given(json_text(json_get(json_root(doc), "refresh_token"))))
        r = error_set(err, ERR_INPUT, "refresh_token is missing");
    if (r < 0) {
        json_doc_free(doc);
        free(text);
        return error_prefix(err, r, "%s", path);
    }
    *ret_text = text;
    *ret = doc;
    return 0;
}

static int read_token(struct token *token, struct error *err)
{
    char *text = NULL;
    struct json_doc *doc = NULL;
    int r = parse_token(token->path, &text, &doc, err);
    if (r < 0)
        return r;
    json_doc_free(token->doc);
    free(token->text);
    token->doc = doc;
    token->text = text;
    return 0;
}

/* A pair that was written whole before a crash is the one that counts: the refresh token of the old one is spent. */
static int finish_token(const struct token *token, struct error *err)
{
    char fresh[PATH_MAX];
    char *text = NULL;
    struct json_doc *doc = NULL;
    if (!file_fresh(token->path, fresh) || access(fresh, F_OK) != 0)
        return 0;
    bool whole = parse_token(fresh, &text, &doc, NULL) == 0;
    json_doc_free(doc);
    free(text);
    if (whole)
        return file_replace_finish(token->path, err);
    unlink(fresh);
    return 0;
}

int token_open(const char *template_path, const char *path, struct token **ret, struct error *err)
{
    struct token *token = calloc(1, sizeof *token);
    if (!token || !(token->path = strdup(path))) {
        free(token);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    int r = template_load(template_path, &token->template, err);
    if (r == 0)
        r = finish_token(token, err);
    if (r == 0)
        r = read_token(token, err);
    if (r < 0) {
        token_free(token);
        return r;
    }
    *ret = token;
    return 0;
}

const struct json *token_values(const struct token *token)
{
    return json_root(token->doc);
}

const struct template *token_template(const struct token *token)
{
    return token->template;
}

int token_take(struct token *token, struct str answer, struct error *err)
{
    struct json_doc *doc = NULL;
    struct json_out *out = json_out_new();
    struct json_cursor cursor = {0};
    struct str key, access, refresh;
    const struct json *value;
    int r = json_parse(answer, &doc, err);
    if (r == 0) {
        access = json_text(json_get(json_root(doc), "access_token"));
        refresh = json_text(json_get(json_root(doc), "refresh_token"));
        if (!str_given(access) || !str_given(refresh))
            r = error_set(err, ERR_INPUT, "the answer holds no access_token and refresh_token");
    }
    if (r == 0 && out) {
        json_begin_object(out, NULL);
        json_put_text(out, "token", access);
        json_put_text(out, "refresh_token", refresh);
        while (json_next(token_values(token), &cursor, &key, &value)) {
            char name[64];
            snprintf(name, sizeof name, "%.*s", STR_ARG(key));
            if (strcmp(name, "token") != 0 && strcmp(name, "refresh_token") != 0)
                json_put_text(out, name, json_text(value));
        }
        json_end_object(out);
        r = file_replace(token->path, json_out_text(out), err);
    }
    if (r == 0)
        r = out ? read_token(token, err) : error_set(err, ERR_NOMEM, "out of memory");
    json_out_free(out);
    json_doc_free(doc);
    return r;
}
