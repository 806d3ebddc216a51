/*
 * The product's fold, contribution and episodes as JSON, for tests/oracle/test_differential.py to compare with the oracle's.
 *
 *   fold_dump NOW_MS DUE_CHANGE_IS_CORRECTION STATUS_8_PAUSES [RESUME BY_TIMESTAMP] < histories
 *
 * Input: per dossier the number of its events, per event its size and the framed Avro; numbers are native uint32_t.
 * Output: one line of JSON per dossier.
 */
#include "base/embedded.h"
#include "base/hash.h"
#include "codec/codec.h"
#include "domain/contribution.h"
#include "domain/ladder.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENTS_MAX 64
#define EPISODES_MAX 64

static const char *const phases[] = {"waiting", "running", "paused", "ended"};
static const char *const verdicts[] = {NULL, "early", "on_time", "late"};

struct dump {
    struct codec *codec;
    struct fold *fold;
    struct fold_rules rules;
    struct calendar *calendar;
    struct contribution contribution;
    struct json_out *out;
    int64_t now_at;
    struct ladder *ladder;
    struct ladder_rules ladder_rules;
};

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fold_dump: %s\n", what);
    exit(1);
}

static void put_time(struct json_out *out, const char *key, int64_t at)
{
    if (at == NO_TIME)
        json_put_null(out, key);
    else
        json_put_integer(out, key, at);
}

static void put_text(struct json_out *out, const char *key, struct str text)
{
    if (str_given(text))
        json_put_text(out, key, text);
    else
        json_put_null(out, key);
}

static void put_tri(struct json_out *out, const char *key, enum tri tri)
{
    if (tri == TRI_UNKNOWN)
        json_put_null(out, key);
    else
        json_put_bool(out, key, tri == TRI_YES);
}

static void put_day(struct json_out *out, const char *key, int32_t day)
{
    char text[TIME_TEXT_SIZE];
    json_put_text(out, key, day == NO_DAY ? STR("infinity") : str_of(day_format(day, text)));
}

static void put_values(struct json_out *out, const struct dossier *d)
{
    char hex[2 * EVENT_ID_SIZE + 1] = "";
    if (str_given(d->officer))
        hex_encode((const uint8_t *)d->officer.data, EVENT_ID_SIZE, hex);
    put_text(out, "officer", str_of(hex));
    put_text(out, "alternative_code", d->alternative_code);
    put_text(out, "procedure_code", d->procedure_code);
    put_text(out, "field_code", d->field_code);
    put_text(out, "deciding_agency", d->deciding_agency);
    put_text(out, "receiving_agency", d->receiving_agency);
    put_text(out, "deciding_unit", d->deciding_unit);
    json_put_text(out, "channel", str_of(channel_name(d->channel)));
    json_put_text(out, "subject", str_of(subject_name(d->subject)));
    json_put_text(out, "online_level", str_of(online_level_name(d->online_level)));
    put_tri(out, "non_territorial", d->non_territorial);
    put_tri(out, "fee_due", d->fee_due);
    put_tri(out, "paid", d->paid);
    put_tri(out, "paid_online", d->paid_online);
    put_tri(out, "digitised", d->digitised);
    put_tri(out, "apology_sent", d->apology_sent);
    put_text(out, "late_reason", d->late_reason);
    json_put_integer(out, "rating", d->rating);
    put_time(out, "rated_at", d->rated_at);
    put_time(out, "step_due_at", d->step_due_at);
}

static void put_life(struct json_out *out, const struct dossier *d)
{
    put_text(out, "alias_of", d->alias_of);
    json_put_bool(out, "erased", d->erased);
    json_put_integer(out, "status", d->status);
    json_put_text(out, "phase", str_of(phases[d->phase]));
    put_time(out, "status_at", d->status_at);
    json_put_text(out, "status_basis", str_of(time_basis_name(d->status_basis)));
    json_put_integer(out, "portal_status", d->portal_status);
    json_put_bool(out, "portal_disagrees", d->portal_disagrees);
    put_time(out, "submitted_at", d->submitted_at);
    put_time(out, "accepted_at", d->accepted_at);
    put_time(out, "ended_at", d->ended_at);
    put_time(out, "ended_known_at", d->ended_known_at);
    put_time(out, "returned_at", d->returned_at);
    put_time(out, "original_due_at", d->original_due_at);
    put_time(out, "due_at", d->due_at);
    put_time(out, "promised_at", d->promised_at);
    json_put_integer(out, "reappointments", d->reappointments);
    json_put_integer(out, "supplement_rounds", d->supplement_rounds);
    put_time(out, "first_ingested_at", d->first_ingested_at);
    put_time(out, "last_ingested_at", d->last_ingested_at);
    put_text(out, "verdict", str_of(verdicts[overdue_verdict(d)]));
}

static void put_intervals(struct json_out *out, const struct dossier *d)
{
    json_begin_array(out, "intervals");
    for (size_t i = 0; i < d->interval_count; i++) {
        const struct interval *interval = &d->intervals[i];
        json_begin_object(out, NULL);
        json_put_text(out, "phase", str_of(phases[interval->phase]));
        json_put_integer(out, "status", interval->status);
        put_time(out, "from_at", interval->from_at);
        put_time(out, "to_at", interval->to_at);
        put_time(out, "due_at", interval->due_at);
        put_time(out, "known_at", interval->known_at);
        json_put_text(out, "basis", str_of(time_basis_name(interval->basis)));
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_episode(struct json_out *out, const struct episode *episode)
{
    json_begin_object(out, NULL);
    json_put_integer(out, "number", episode->number);
    put_time(out, "due_at", episode->due_at);
    put_time(out, "deadline_at", episode->deadline_at);
    put_time(out, "began_at", episode->began_at);
    put_time(out, "ended_at", episode->ended_at);
    json_end_object(out);
}

static void put_episodes(const struct dump *dump, const struct dossier *d)
{
    struct episode episodes[EPISODES_MAX];
    size_t count = overdue_episodes(d, OVERDUE_BY_DATE, dump->now_at, episodes, EPISODES_MAX);
    require(count <= EPISODES_MAX, "too many episodes");
    json_begin_array(dump->out, "episodes");
    for (size_t i = 0; i < count; i++)
        put_episode(dump->out, &episodes[i]);
    json_end_array(dump->out);
}

static void put_ladder(const struct dump *dump, const struct dossier *d,
                       const struct event *const *events, size_t event_count)
{
    static const char *const ends[] = {"status", "clock", "step", "apology"};
    struct episode episodes[EPISODES_MAX];
    require(
        ladder_take(dump->ladder, d, events, event_count, dump->calendar, &dump->ladder_rules) == 0,
        "ladder_take");
    json_begin_object(dump->out, "ladder");
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        int64_t next_at;
        size_t count = ladder_episodes(dump->ladder, (enum alert_rule)rule, dump->now_at, episodes,
                                       EPISODES_MAX, &next_at);
        require(count <= EPISODES_MAX, "too many episodes");
        json_begin_object(dump->out, alert_rule_name((enum alert_rule)rule));
        put_time(dump->out, "next_at", next_at);
        json_begin_array(dump->out, "episodes");
        for (size_t i = 0; i < count; i++)
            put_episode(dump->out, &episodes[i]);
        json_end_array(dump->out);
        json_begin_array(dump->out, "ends");
        for (size_t i = 0; i < count; i++)
            json_put_text(dump->out, NULL, str_of(ends[episodes[i].ended_by]));
        json_end_array(dump->out);
        json_end_object(dump->out);
    }
    json_end_object(dump->out);
}

static void put_cells(struct dump *dump, const struct dossier *d)
{
    const struct contribution *c = &dump->contribution;
    require(contribution_of(d, 1, dump->calendar, &dump->contribution) == 0, "contribution_of");
    json_begin_array(dump->out, "daily");
    for (size_t i = 0; i < c->daily_count; i++) {
        json_begin_object(dump->out, NULL);
        put_day(dump->out, "day", c->daily[i].day);
        for (int m = 0; m < MEASURE_COUNT; m++) {
            if (c->daily[i].measures[m])
                json_put_integer(dump->out, measure_name((enum measure)m), c->daily[i].measures[m]);
        }
        json_end_object(dump->out);
    }
    json_end_array(dump->out);
    if (!c->has_open)
        return;
    put_day(dump->out, "open_due", c->open.due_day);
    json_put_text(dump->out, "open_phase", str_of(phases[c->open.phase]));
}

static void dump_dossier(struct dump *dump, const struct event *const *events, size_t count)
{
    struct dossier dossier;
    require(fold_run(dump->fold, &dump->rules, events, count, &dossier) == 0, "fold_run");
    json_out_clear(dump->out);
    json_begin_object(dump->out, NULL);
    put_values(dump->out, &dossier);
    put_life(dump->out, &dossier);
    put_intervals(dump->out, &dossier);
    put_episodes(dump, &dossier);
    put_ladder(dump, &dossier, events, count);
    put_cells(dump, &dossier);
    json_end_object(dump->out);
    struct str text = json_out_text(dump->out);
    require(text.len > 0, "out of memory");
    printf("%.*s\n", STR_ARG(text));
}

/* One dossier of the input; false at its end. */
static bool read_dossier(struct dump *dump)
{
    struct event events[EVENTS_MAX];
    const struct event *sorted[EVENTS_MAX];
    unsigned char *records[EVENTS_MAX];
    uint32_t count;
    if (fread(&count, sizeof count, 1, stdin) != 1)
        return false;
    require(count <= EVENTS_MAX, "too many events");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size;
        require(fread(&size, sizeof size, 1, stdin) == 1, "input ends early");
        records[i] = malloc(size);
        require(records[i] && fread(records[i], 1, size, stdin) == size, "input ends early");
        require(codec_read(dump->codec, records[i], size, &events[i], NULL) == CODEC_OK, "codec");
        require(event_validate(&events[i], NULL) == 0, "an event is not valid");
        sorted[i] = &events[i];
    }
    dump_dossier(dump, sorted, count);
    for (uint32_t i = 0; i < count; i++)
        free(records[i]);
    return true;
}

int main(int argc, char **argv)
{
    struct dump dump = {.rules = fold_rules_default(), .fold = fold_new(), .out = json_out_new()};
    dump.ladder = ladder_new();
    dump.ladder_rules = ladder_rules_default();
    require((argc == 4 || argc == 6) && dump.fold && dump.out && dump.ladder, "wrong usage");
    dump.now_at = strtoll(argv[1], NULL, 10);
    dump.rules.due_change_is_correction = argv[2][0] == '1';
    dump.rules.paused[STATUS_STOPPED] = argv[3][0] == '1';
    if (argc == 6) {
        dump.ladder_rules.resume = (enum resume_rule)strtol(argv[4], NULL, 10);
        dump.ladder_rules.overdue = argv[5][0] == '1' ? OVERDUE_BY_TIMESTAMP : OVERDUE_BY_DATE;
    }
    dump.calendar = calendar_new(work_hours_default());
    require(calendar_load_csv(dump.calendar, embedded("reference/work_calendar.csv"), NULL) == 0,
            "work_calendar.csv");
    require(codec_new(&codec_event_layout, &dump.codec, NULL) == 0, "codec_new");
    contribution_init(&dump.contribution);
    while (read_dossier(&dump))
        ;
    contribution_deinit(&dump.contribution);
    codec_free(dump.codec);
    calendar_free(dump.calendar);
    json_out_free(dump.out);
    ladder_free(dump.ladder);
    fold_free(dump.fold);
    return 0;
}
