#include "alerter/judge.h"

#include "notice/wording.h"

#include <stdlib.h>

enum { PUMP_EVERY = 32 /* dossiers */ };

struct judge {
    struct judge_rules rules;
    const struct codec *codec;
    struct codec_writer *writer;
    struct fold *fold;
    struct ladder *ladder;
    struct decision decision;
    struct store_changes changes;
    struct pg_array codes;
    struct pg_result *known_events; /* of the question that has been asked, until it is decided */
    struct pg_result *known_alerts;
    struct event *events;
    const struct event **pointers; /* to events[i] */
    size_t event_capacity;
    struct alert_row *rows;
    size_t row_capacity;
    int64_t *watch_at;
    size_t watch_capacity;
};

/* One run's inputs and cursors. */
struct run {
    struct judge *judge;
    const struct reference *reference;
    size_t next_event;
    size_t next_alert;
    const struct question *question;
    struct verdicts *verdicts;
};

int judge_new(const struct judge_rules *rules, const struct codec *codec, struct judge **ret,
              struct error *err)
{
    struct judge *judge = calloc(1, sizeof *judge);
    if (!judge)
        return error_set(err, ERR_NOMEM, "out of memory");
    judge->rules = *rules;
    judge->codec = codec;
    decision_init(&judge->decision);
    store_changes_init(&judge->changes);
    pg_array_init(&judge->codes, PG_TEXT);
    judge->fold = fold_new();
    judge->ladder = ladder_new();
    int r = judge->fold && judge->ladder
                ? codec_writer_new(&codec_alert_layout, &judge->writer, err)
                : error_set(err, ERR_NOMEM, "out of memory");
    if (r < 0) {
        judge_free(judge);
        return r;
    }
    *ret = judge;
    return 0;
}

static void forget_known(struct judge *judge)
{
    judge->known_events = pg_result_free(judge->known_events);
    judge->known_alerts = pg_result_free(judge->known_alerts);
}

struct judge *judge_free(struct judge *judge)
{
    if (!judge)
        return NULL;
    decision_deinit(&judge->decision);
    store_changes_deinit(&judge->changes);
    pg_array_deinit(&judge->codes);
    forget_known(judge);
    codec_writer_free(judge->writer);
    fold_free(judge->fold);
    ladder_free(judge->ladder);
    free(judge->events);
    free((void *)judge->pointers);
    free(judge->rows);
    free(judge->watch_at);
    free(judge);
    return NULL;
}

static size_t grown(size_t capacity)
{
    return capacity ? 2 * capacity : 64;
}

static int grow_events(struct judge *judge)
{
    size_t capacity = grown(judge->event_capacity);
    struct event *events = realloc(judge->events, capacity * sizeof *events);
    if (!events)
        return ERR_NOMEM;
    judge->events = events;
    const struct event **pointers = realloc((void *)judge->pointers, capacity * sizeof *pointers);
    if (!pointers)
        return ERR_NOMEM;
    judge->pointers = pointers;
    judge->event_capacity = capacity;
    for (size_t i = 0; i < capacity; i++)
        pointers[i] = &events[i];
    return 0;
}

/* Decodes the dossier's events from the result and moves the cursor past them. */
static int take_events(struct run *run, struct str code, size_t *ret_count,
                       int64_t *ret_last_event_at, struct error *err)
{
    struct judge *judge = run->judge;
    size_t count = 0;
    int64_t last_event_at = NO_TIME;
    for (; run->next_event < pg_rows(judge->known_events); run->next_event++) {
        int order = str_cmp(store_event_code(judge->known_events, run->next_event), code);
        if (order > 0)
            break;
        if (order < 0)
            continue;
        if (count == judge->event_capacity && grow_events(judge) < 0)
            return error_set(err, ERR_NOMEM, "out of memory");
        struct str payload = store_event_payload(judge->known_events, run->next_event);
        struct event *event = &judge->events[count++];
        enum codec_fault fault = codec_read(judge->codec, payload.data, payload.len, event, NULL);
        if (fault != CODEC_OK)
            return error_set(err, ERR_FAILED, "hoso.alert_event holds an unreadable event: %s",
                             codec_fault_name(fault));
        if (event->occurred_at > last_event_at)
            last_event_at = event->occurred_at;
    }
    *ret_count = count;
    *ret_last_event_at = last_event_at;
    return 0;
}

static int take_alerts(struct run *run, struct str code, size_t *ret_count, struct error *err)
{
    struct judge *judge = run->judge;
    size_t count = 0;
    for (; run->next_alert < pg_rows(judge->known_alerts); run->next_alert++) {
        int order = str_cmp(store_alert_code(judge->known_alerts, run->next_alert), code);
        if (order > 0)
            break;
        if (order < 0)
            continue;
        if (count == judge->row_capacity) {
            size_t capacity = grown(judge->row_capacity);
            struct alert_row *rows = realloc(judge->rows, capacity * sizeof *rows);
            if (!rows)
                return error_set(err, ERR_NOMEM, "out of memory");
            judge->rows = rows;
            judge->row_capacity = capacity;
        }
        judge->rows[count++] = store_alert(judge->known_alerts, run->next_alert);
    }
    *ret_count = count;
    return 0;
}

static int write_notice(struct run *run, const struct touched *touched, const struct alert_row *row,
                        struct error *err)
{
    const struct unit *unit = units_by_id(run->reference->units, row->unit_id);
    const struct told_alert told = {.last_event_at = row->last_event_at,
                                    .last_ingested_at = row->last_ingested_at,
                                    .portal_status = row->portal_status};
    struct alert_notice notice = {
        .state = row->state,
        .rule = str_of(alert_rule_name(row->rule)),
        .episode = row->episode,
        .dossier_code = touched->code,
        .unit_id = row->unit_id,
        .unit_code = unit ? str_of(unit->code) : STR_NONE,
        .unit_name = unit ? str_of(unit->name) : STR_NONE,
        .procedure_code = row->procedure_code,
        .due_at = row->due_at,
        .original_due_at = row->original_due_at,
        .deadline_at = row->deadline_at,
        .fired_at = row->fired_at,
        .ended_at = row->ended_at,
        .last_event_at = row->last_event_at,
        .last_ingested_at = row->last_ingested_at,
        .late_data = row->late_data,
        .reason = row->reason,
        .clock = str_of(wording_clock(wording_verdict(&told, run->question->now_at))),
    };
    alert_id_of(touched->code, row->rule, row->episode, notice.alert_id);
    struct str payload;
    int r = codec_write(run->judge->writer, &notice, &payload, err);
    if (r < 0)
        return r;
    run->verdicts->notices++;
    if (store_change_notice(&run->judge->changes, touched, notice.alert_id, payload) < 0)
        return error_set(err, ERR_NOMEM, "out of memory");
    return 0;
}

static int keep_actions(struct run *run, const struct touched *touched, int64_t forget_at,
                        struct error *err)
{
    struct judge *judge = run->judge;
    struct verdicts *verdicts = run->verdicts;
    for (size_t i = 0; i < judge->decision.count; i++) {
        const struct alert_action *action = &judge->decision.actions[i];
        if (store_change_alert(&judge->changes, touched->code, &action->row) < 0)
            return error_set(err, ERR_NOMEM, "out of memory");
        int r = action->notice ? write_notice(run, touched, &action->row, err) : 0;
        if (r < 0)
            return r;
        verdicts->changes[action->change]++;
        int64_t began_at = action->row.began_at;
        if (action->change == ALERT_FIRE && began_at >= run->question->watching_since &&
            (verdicts->earliest_fired_at == NO_TIME || began_at < verdicts->earliest_fired_at))
            verdicts->earliest_fired_at = began_at;
    }
    if (store_change_watch(&judge->changes, touched, judge->decision.watch_at, forget_at) < 0)
        return error_set(err, ERR_NOMEM, "out of memory");
    return 0;
}

/* What is known of the dossier by now, and what follows. */
static int decide_about(struct run *run, struct decide_input *in, size_t event_count,
                        struct error *err)
{
    struct judge *judge = run->judge;
    const struct reference *reference = run->reference;
    reference_unit(reference, in->dossier, &in->unit_id);
    const struct unit *unit = units_by_id(reference->units, in->unit_id);
    struct rule_set set = rulebook_for(
        run->question->rulebook, unit ? str_of(unit->code) : STR_NONE, in->dossier->procedure_code);
    in->ladder = judge->ladder;
    in->on = set.ladder.on;
    if (ladder_take(judge->ladder, in->dossier, judge->pointers, event_count, reference->calendar,
                    &set.ladder) < 0 ||
        decide(in, &judge->decision) < 0)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < judge->decision.count && set.escalate_hours; i++) {
        struct alert_action *action = &judge->decision.actions[i];
        if (action->change == ALERT_FIRE && wording_is_violation(action->row.rule))
            action->row.escalate_at =
                calendar_after(reference->calendar, in->now_at, set.escalate_hours * 60);
    }
    return 0;
}

static int judge_one(struct run *run, const struct touched *touched, int64_t *ret_watch_at,
                     struct error *err)
{
    struct judge *judge = run->judge;
    struct dossier dossier;
    struct decide_input in = {.dossier = &dossier,
                              .rules = &judge->rules.fold,
                              .now_at = run->question->now_at,
                              .may_fire = run->question->may_fire,
                              .rules_changed = run->question->rules_changed};
    size_t event_count = 0;
    int r = take_events(run, touched->code, &event_count, &in.last_event_at, err);
    if (r == 0)
        r = take_alerts(run, touched->code, &in.row_count, err);
    if (r < 0)
        return r;
    in.rows = judge->rows;
    if (fold_run(judge->fold, &judge->rules.fold, judge->pointers, event_count, &dossier) < 0)
        return error_set(err, ERR_NOMEM, "out of memory");
    r = decide_about(run, &in, event_count, err);
    if (r < 0)
        return r;
    *ret_watch_at = judge->decision.watch_at;
    bool over = dossier.phase == PHASE_ENDED || dossier.erased || str_given(dossier.alias_of);
    bool forgettable = over && dossier.last_ingested_at != NO_TIME;
    return keep_actions(
        run, touched,
        forgettable ? dossier.last_ingested_at + judge->rules.forget_after_ms : NO_TIME, err);
}

static int prepare(struct judge *judge, const struct question *question, struct error *err)
{
    size_t count = question->count;
    store_changes_clear(&judge->changes);
    pg_array_clear(&judge->codes);
    if (count > judge->watch_capacity) {
        int64_t *watch_at = realloc(judge->watch_at, count * sizeof *watch_at);
        if (!watch_at)
            return error_set(err, ERR_NOMEM, "out of memory");
        judge->watch_at = watch_at;
        judge->watch_capacity = count;
    }
    for (size_t i = 0; i < count; i++) {
        if (pg_array_text(&judge->codes, question->dossiers[i].code) < 0)
            return error_set(err, ERR_NOMEM, "out of memory");
    }
    return 0;
}

int judge_ask(struct judge *judge, struct pg *pg, const struct question *question,
              struct error *err)
{
    forget_known(judge);
    int r = prepare(judge, question, err);
    if (r == 0)
        r = store_ask_events(pg, &judge->codes, &judge->known_events, err);
    if (r == 0)
        r = store_ask_alerts(pg, &judge->codes, &judge->known_alerts, err);
    return r == 0 ? pg_queue_together(pg, err) : r;
}

int judge_decide(struct judge *judge, const struct reference *reference,
                 const struct question *question, struct pg *meanwhile, struct verdicts *ret,
                 struct error *err)
{
    struct run run = {
        .judge = judge, .reference = reference, .question = question, .verdicts = ret};
    *ret = (struct verdicts){.watch_at = judge->watch_at, .earliest_fired_at = NO_TIME};
    int r = 0;
    for (size_t i = 0; i < question->count && r >= 0; i++) {
        r = judge_one(&run, &question->dossiers[i], &judge->watch_at[i], err);
        if (r == 0 && meanwhile && i % PUMP_EVERY == 0)
            r = pg_queue_run(meanwhile, err);
    }
    forget_known(judge);
    return r < 0 ? r : 0;
}

int judge_write(const struct judge *judge, struct pg *pg, struct error *err)
{
    return store_ask_changes(pg, &judge->changes, err);
}

int judge_run(struct judge *judge, struct pg *pg, const struct reference *reference,
              const struct question *question, struct verdicts *ret, struct error *err)
{
    int r = judge_ask(judge, pg, question, err);
    if (r == 0)
        r = pg_queue_finish(pg, -1, err);
    if (r == 0)
        r = judge_decide(judge, reference, question, NULL, ret, err);
    if (r == 0)
        r = judge_write(judge, pg, err);
    if (r == 0)
        r = pg_queue_together(pg, err);
    return r == 0 ? pg_queue_finish(pg, -1, err) : r;
}
