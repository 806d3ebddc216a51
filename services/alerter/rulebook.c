#include "alerter/rulebook.h"

#include <stdlib.h>

/* Besides the ladder's names. */
enum { SUBJECT_RESUME = RULE_COUNT, SUBJECT_ESCALATION };

struct entry {
    int subject;
    struct str unit_code;
    struct str procedure_code;
    bool has_enabled;
    bool enabled;
    int amount; /* 0 = not given */
    struct str setting;
};

struct rulebook {
    struct rule_set defaults;
    struct pg_result *rows; /* the entries' text */
    struct entry *entries;  /* the weakest first */
    size_t count;
};

struct rulebook *rulebook_free(struct rulebook *book)
{
    if (!book)
        return NULL;
    pg_result_free(book->rows);
    free(book->entries);
    free(book);
    return NULL;
}

static int subject_of(struct str name)
{
    if (str_eq(name, STR("resume")))
        return SUBJECT_RESUME;
    if (str_eq(name, STR("escalation")))
        return SUBJECT_ESCALATION;
    enum alert_rule rule = alert_rule_of(name);
    return rule == RULE_COUNT ? -1 : (int)rule;
}

static int amount_max(const struct entry *entry)
{
    switch (entry->subject) {
    case RULE_ACCEPTANCE:
    case SUBJECT_ESCALATION: return 200;
    case RULE_DUE_SOON_1:
    case RULE_DUE_SOON_2:
    case RULE_DUE_SOON_3: return str_eq(entry->setting, STR("hours")) ? 200 : 365;
    case RULE_SUPPLEMENT_LATE:
    case RULE_APOLOGY_MISSING: return 365;
    default: return 0;
    }
}

static bool setting_fits(const struct entry *entry)
{
    struct str s = entry->setting;
    if (!str_given(s))
        return true;
    switch (entry->subject) {
    case RULE_OVERDUE: return str_eq(s, STR("date")) || str_eq(s, STR("timestamp"));
    case RULE_DUE_SOON_1:
    case RULE_DUE_SOON_2:
    case RULE_DUE_SOON_3: return str_eq(s, STR("days")) || str_eq(s, STR("hours"));
    case SUBJECT_RESUME:
        return str_eq(s, STR("issued")) || str_eq(s, STR("extend")) || str_eq(s, STR("restart"));
    default: return false;
    }
}

static int read_entry(const struct pg_result *rows, size_t row, struct entry *ret,
                      struct error *err)
{
    struct str name = pg_get_text(rows, row, 0);
    *ret = (struct entry){
        .subject = subject_of(name),
        .unit_code = pg_get_text(rows, row, 1),
        .procedure_code = pg_get_text(rows, row, 2),
        .has_enabled = !pg_is_null(rows, row, 3),
        .enabled = pg_get_bool(rows, row, 3),
        .amount = pg_get_int32(rows, row, 4),
        .setting = pg_get_text(rows, row, 5),
    };
    if (ret->subject < 0)
        return error_set(err, ERR_INPUT, "hoso.alert_rule: there is no rule \"%.*s\"",
                         STR_ARG(name));
    if (!setting_fits(ret) || ret->amount < 0 || ret->amount > amount_max(ret))
        return error_set(err, ERR_INPUT,
                         "hoso.alert_rule: amount or setting does not fit the rule %.*s",
                         STR_ARG(name));
    return 0;
}

int rulebook_load(struct pg *pg, const struct rule_set *defaults, struct rulebook **ret,
                  struct error *err)
{
    struct rulebook *book = calloc(1, sizeof *book);
    if (!book)
        return error_set(err, ERR_NOMEM, "out of memory");
    book->defaults = *defaults;
    int r = pg_exec(pg,
                    "SELECT rule, unit_code, procedure_code, enabled, coalesce(amount, 0), setting "
                    "FROM hoso.alert_rule ORDER BY (procedure_code IS NOT NULL)::int * 2 + "
                    "(unit_code IS NOT NULL)::int, rule",
                    NULL, 0, &book->rows, err);
    book->count = r == 0 ? pg_rows(book->rows) : 0;
    if (r == 0)
        book->entries = calloc(book->count + 1, sizeof *book->entries);
    if (r == 0 && !book->entries)
        r = error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < book->count && r == 0; i++)
        r = read_entry(book->rows, i, &book->entries[i], err);
    if (r < 0) {
        rulebook_free(book);
        return r;
    }
    *ret = book;
    return 0;
}

static void apply_to_rule(const struct entry *entry, struct ladder_rules *rules)
{
    int amount = entry->amount;
    if (entry->has_enabled)
        rules->on[entry->subject] = entry->enabled;
    switch (entry->subject) {
    case RULE_OVERDUE:
        if (str_given(entry->setting))
            rules->overdue =
                str_eq(entry->setting, STR("timestamp")) ? OVERDUE_BY_TIMESTAMP : OVERDUE_BY_DATE;
        break;
    case RULE_DUE_SOON_1:
    case RULE_DUE_SOON_2:
    case RULE_DUE_SOON_3:
        if (amount)
            rules->due_soon[entry->subject - RULE_DUE_SOON_1] =
                (struct lead){amount, str_eq(entry->setting, STR("hours"))};
        break;
    case RULE_ACCEPTANCE:
        rules->acceptance_hours = amount ? amount : rules->acceptance_hours;
        break;
    case RULE_SUPPLEMENT_LATE:
        rules->supplement_days = amount ? amount : rules->supplement_days;
        break;
    case RULE_APOLOGY_MISSING: rules->apology_days = amount ? amount : rules->apology_days; break;
    default: break;
    }
}

static void apply(const struct entry *entry, struct rule_set *set)
{
    if (entry->subject == SUBJECT_RESUME) {
        set->ladder.resume = str_eq(entry->setting, STR("extend"))    ? RESUME_EXTEND
                             : str_eq(entry->setting, STR("restart")) ? RESUME_RESTART
                                                                      : RESUME_ISSUED;
    } else if (entry->subject == SUBJECT_ESCALATION) {
        set->escalate_hours = entry->amount ? entry->amount : set->escalate_hours;
        if (entry->has_enabled && !entry->enabled)
            set->escalate_hours = 0;
    } else {
        apply_to_rule(entry, &set->ladder);
    }
}

static bool concerns(struct str named, struct str actual)
{
    return !str_given(named) || str_eq(named, actual);
}

struct rule_set rulebook_for(const struct rulebook *book, struct str unit_code,
                             struct str procedure_code)
{
    struct rule_set set = book->defaults;
    for (size_t i = 0; i < book->count; i++) {
        const struct entry *entry = &book->entries[i];
        if (concerns(entry->unit_code, unit_code) &&
            concerns(entry->procedure_code, procedure_code))
            apply(entry, &set);
    }
    return set;
}

int rulebook_digest(struct pg *pg, struct str configured, uint8_t ret[RULES_DIGEST_SIZE],
                    struct error *err)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_text(configured)};
    int r = pg_exec(pg,
                    "SELECT md5(concat_ws(E'\\n', $1, (SELECT string_agg(r::text, E'\\n' ORDER BY "
                    "rule, unit_code, procedure_code) FROM hoso.alert_rule r), "
                    "(SELECT string_agg(day || ' ' || off, E'\\n' ORDER BY day) "
                    "FROM hoso.work_calendar)))::uuid",
                    params, 1, &rows, err);
    if (r == 0)
        memcpy(ret, pg_get_uuid(rows, 0, 0), RULES_DIGEST_SIZE);
    pg_result_free(rows);
    return r;
}
