/*
 * A dossier's story in one line of text, and what the fold makes of it in another: so that a table
 * of cases can be read aloud.
 *
 * Times are days since midnight of 2026-07-01 (Việt Nam), fractions allowed. Tokens, divided by
 * spaces; trust is local unless `^` stands before; `>DAY` = received then (else 1 minute after the
 * time), `#N` = event id N (else the number of the token):
 *   p5@3       progress row, status 5, day 3
 *   u5@3       undated status 5, received on day 3
 *   r4@1(…)    record received on day 1, status 4; in the brackets, by comma: s submitted, a
 *              accepted, d due, e ended, t returned, f refused, each with its day
 *   S10-15@4   due date changed from 10 (may be left out) to 15 on day 4; S supplement, H
 *              reappointment (hẹn lại), C correction, D unknown
 *
 * The answer: the intervals, as phase (W R P E), status, beginning; `!` begun by an undated word;
 * `/DUE` of running ones. Then original, due and promised date and the number of reappointments:
 *   R4@0/10 P5@3 R4@5/15 E9@12 o10 d15 p15 n0
 */
#ifndef HOSO_TESTS_FOLD_CASE_H
#define HOSO_TESTS_FOLD_CASE_H

#include "domain/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASE_EVENTS 32
#define CASE_TEXT 512

struct fold_case {
    struct event events[CASE_EVENTS];
    const struct event *views[CASE_EVENTS];
    size_t count;
};

static inline int64_t case_day(double day)
{
    return day_start(day_from_date(2026, 7, 1)) + (int64_t)(day * (double)MS_PER_DAY + 0.5);
}

static inline double case_days(int64_t at)
{
    return (double)(at - case_day(0)) / (double)MS_PER_DAY;
}

static inline void case_times(struct event *event, const char **text)
{
    while (**text == '(' || **text == ',') {
        char field = (*text)[1];
        char *end;
        int64_t at = case_day(strtod(*text + 2, &end));
        *text = end;
        switch (field) {
        case 's': event->submitted_at = at; break;
        case 'a': event->accepted_at = at; break;
        case 'd': event->due_at = at; break;
        case 'e': event->ended_at = at; break;
        case 't': event->returned_at = at; break;
        case 'f': event->refused_at = at; break;
        default: fail_msg("unknown time %c", field);
        }
    }
    if (**text == ')')
        ++*text;
}

static inline void case_due(struct event *event, char letter, const char **text)
{
    char *end;
    event->kind = EVENT_DUE_CHANGED;
    if (**text != '-') {
        event->due_before_at = case_day(strtod(*text, &end));
        *text = end;
    }
    event->due_at = case_day(strtod(*text + 1, &end));
    *text = end;
    event->due_reason = letter == 'S'   ? DUE_SUPPLEMENT
                        : letter == 'H' ? DUE_REAPPOINTMENT
                        : letter == 'C' ? DUE_CORRECTION
                                        : DUE_UNKNOWN;
}

/* Reads one token and leaves *text behind it. */
static inline struct event case_event(const char **text, size_t number)
{
    struct event event = event_empty();
    char *end;
    event.source = STR("one-stop");
    event.dossier_code = STR("H24.1-260701-0001");
    event.trust = **text == '^' ? TRUST_PORTAL : TRUST_LOCAL;
    *text += **text == '^';
    char letter = *(*text)++;
    if (strchr("SHCD", letter)) {
        case_due(&event, letter, text);
    } else {
        event.kind = letter == 'p' ? EVENT_PROGRESS : letter == 'u' ? EVENT_STATUS : EVENT_RECORD;
        event.status = (int32_t)strtol(*text, &end, 10);
        *text = end;
    }
    if (**text != '@')
        fail_msg("no time before \"%s\"", *text);
    event.occurred_at = case_day(strtod(*text + 1, &end));
    *text = end;
    case_times(&event, text);
    bool received = event.kind == EVENT_RECORD || event.kind == EVENT_STATUS;
    event.ingested_at = event.occurred_at + (received ? 0 : MS_PER_MINUTE);
    if (**text == '>') {
        event.ingested_at = case_day(strtod(*text + 1, &end));
        *text = end;
    }
    event.time_basis = received ? BASIS_INGEST : BASIS_SOURCE;
    long id = (long)number;
    if (**text == '#') {
        id = strtol(*text + 1, &end, 10);
        *text = end;
    }
    event.event_id[EVENT_ID_SIZE - 1] = (uint8_t)id;
    return event;
}

static inline struct fold_case fold_case(const char *text)
{
    struct fold_case c = {.count = 0};
    while (*text) {
        if (*text == ' ') {
            text++;
            continue;
        }
        if (c.count == CASE_EVENTS)
            fail_msg("too many events");
        c.events[c.count] = case_event(&text, c.count + 1);
        if (*text && *text != ' ')
            fail_msg("cannot read \"%s\"", text);
        struct error err;
        if (event_validate(&c.events[c.count], &err) != 0)
            fail_msg("event %zu: %s", c.count, err.text);
        c.count++;
    }
    return c;
}

/* The dossier's views point into *c, its intervals into *fold. */
static inline struct dossier case_fold(struct fold *fold, const struct fold_rules *rules,
                                       struct fold_case *c)
{
    struct dossier dossier;
    for (size_t i = 0; i < c->count; i++)
        c->views[i] = &c->events[i];
    assert_int_equal(fold_run(fold, rules, c->views, c->count, &dossier), 0);
    return dossier;
}

/* The answer, as above; out has CASE_TEXT bytes. */
static inline char *case_answer(const struct dossier *dossier, char *out)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < dossier->interval_count; i++) {
        const struct interval *interval = &dossier->intervals[i];
        used += (size_t)snprintf(out + used, CASE_TEXT - used, "%s%c%d@%g%s", i ? " " : "",
                                 "WRPE"[interval->phase], interval -> status,
                                 case_days(interval->from_at),
                                 interval -> basis == BASIS_INGEST ? "!" : "");
        if (interval->due_at != NO_TIME)
            used +=
                (size_t)snprintf(out + used, CASE_TEXT - used, "/%g", case_days(interval->due_at));
    }
    if (dossier->original_due_at != NO_TIME)
        snprintf(out + used, CASE_TEXT - used, "%so%g d%g p%g n%d", used ? " " : "",
                 case_days(dossier->original_due_at), case_days(dossier->due_at),
                 case_days(dossier->promised_at), dossier->reappointments);
    return out;
}

struct told {
    const char *what; /* which rule or story */
    const char *story;
    const char *answer;
};

static inline void check_stories(const struct fold_rules *rules, const struct told *told,
                                 size_t count)
{
    struct fold *fold = fold_new();
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        char answer[CASE_TEXT];
        struct fold_case c = fold_case(told[i].story);
        struct dossier dossier = case_fold(fold, rules, &c);
        if (strcmp(case_answer(&dossier, answer), told[i].answer) == 0)
            continue;
        print_error("%s\n  story    %s\n  expected %s\n  got      %s\n", told[i].what,
                    told[i].story, told[i].answer, answer);
        wrong++;
    }
    fold_free(fold);
    assert_int_equal(wrong, 0);
}

#endif
