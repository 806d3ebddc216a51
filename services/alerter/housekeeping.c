/* What is done now and then: the rules anew, old events dropped, the clock's state kept for the next start. */
#include "alerter/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

enum { EVERY_MS = 2000, FORGET_MAX = 500, BOOT_ID_SIZE = 40 };

/* Identifies one run of the machine: its steady clock means the same for every process until the next one. */
static struct str boot_id(char out[BOOT_ID_SIZE])
{
    out[0] = '\0';
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file) {
        if (!fgets(out, BOOT_ID_SIZE, file))
            out[0] = '\0';
        fclose(file);
    }
    out[strcspn(out, "\n")] = '\0';
    return str_of(out);
}

static int recall_clock(struct alerter *alerter, struct error *err)
{
    char id[BOOT_ID_SIZE];
    const struct pg_param params[] = {pg_text(boot_id(id))};
    struct pg_result *rows = NULL;
    if (alerter->clock_known)
        return 0;
    int r = pg_exec(alerter->pg,
                    "SELECT believed_at, steady_us FROM hoso.alert_clock WHERE boot_id = $1",
                    params, 1, &rows, err);
    if (r < 0)
        return r;
    if (pg_rows(rows)) {
        struct mono then = {pg_get_int64(rows, 0, 1)}, now = boot_now();
        wallclock_begin(&alerter->clock, alerter->clock.tolerance_ms, clock_now(), now,
                        pg_get_time(rows, 0, 0) + mono_diff_ms(then, now) + clock_offset());
        if (alerter->clock.jump_ms)
            log_error("clock_jumped",
                      "jump_ms=%" PRId64 " next=\"time goes on as before the restart\"",
                      alerter->clock.jump_ms);
    }
    pg_result_free(rows);
    alerter->clock_known = true;
    return 0;
}

int housekeeping_open(struct alerter *alerter, struct error *err)
{
    int r =
        rulebook_digest(alerter->pg, str_of(alerter->rules_configured), alerter->rules_digest, err);
    if (r == 0)
        r = reference_load(alerter->pg, alerter->service->config, &alerter->reference, err);
    if (r == 0)
        r = rulebook_load(alerter->pg, &alerter->default_rules, &alerter->rulebook, err);
    return r == 0 ? recall_clock(alerter, err) : r;
}

/* Stores what is believed, without the simulation, and takes a person's word that the wall clock is right. */
static int keep_clock(struct alerter *alerter, struct error *err)
{
    char id[BOOT_ID_SIZE];
    const struct wallclock *clock = &alerter->clock;
    const struct pg_param params[] = {pg_text(boot_id(id)),
                                      pg_time(clock->believed_at - clock_offset()),
                                      pg_int64(clock->seen.us), pg_int64(clock->jump_ms)};
    struct pg_result *rows = NULL;
    int r = pg_exec(alerter->pg,
                    "WITH before AS (SELECT accepted FROM hoso.alert_clock WHERE boot_id = $1) "
                    "INSERT INTO hoso.alert_clock (boot_id, believed_at, steady_us, jump_ms) "
                    "VALUES ($1, $2, $3, $4) ON CONFLICT (boot_id) DO UPDATE SET "
                    "believed_at = excluded.believed_at, steady_us = excluded.steady_us, "
                    "jump_ms = excluded.jump_ms, accepted = false "
                    "RETURNING coalesce((SELECT accepted FROM before), false)",
                    params, 4, &rows, err);
    if (r == 0 && pg_get_bool(rows, 0, 0) && clock->jump_ms) {
        log_info("clock_accepted", "jump_ms=%" PRId64, clock->jump_ms);
        wallclock_accept(&alerter->clock, clock_now(), boot_now());
    }
    pg_result_free(rows);
    return r;
}

/* The rules anew where something has changed, and the calendar with them; the dossiers follow (follow.c). */
static int reload_rules(struct alerter *alerter, struct error *err)
{
    struct rulebook *fresh = NULL;
    uint8_t digest[RULES_DIGEST_SIZE];
    int r = rulebook_digest(alerter->pg, str_of(alerter->rules_configured), digest, err);
    if (r < 0 || memcmp(digest, alerter->rules_digest, sizeof digest) == 0)
        return r;
    struct reference reference = {0};
    r = rulebook_load(alerter->pg, &alerter->default_rules, &fresh, err);
    if (r == 0)
        r = reference_load(alerter->pg, alerter->service->config, &reference, err);
    if (r < 0)
        rulebook_free(fresh);
    if (r == ERR_INPUT) { /* somebody is typing: the rules that we have go on */
        log_warn("rules_refused", "error=\"%s\" next=\"the rules before go on\"", err->text);
        return 0;
    }
    if (r < 0)
        return r;
    fire_forget(alerter);
    rulebook_free(alerter->rulebook);
    alerter->rulebook = fresh;
    reference_deinit(&alerter->reference);
    alerter->reference = reference;
    memcpy(alerter->rules_digest, digest, sizeof digest);
    alerter->follow.partition = -1; /* from the beginning */
    log_info("rules_changed", "");
    return 0;
}

static int forget(struct alerter *alerter, struct error *err)
{
    int64_t count = 0;
    if (!alerter->owned.count)
        return 0;
    int r = store_forget(alerter->pg, &alerter->owned, wallclock_at(&alerter->clock), FORGET_MAX,
                         &count, err);
    if (count) {
        crash_point("alerter.forget_after");
        log_info("forgotten", "dossiers=%" PRId64, count);
    }
    return r;
}

int housekeeping_run(struct alerter *alerter, struct error *err)
{
    if (mono_diff_ms(alerter->housekept, mono_now()) < EVERY_MS)
        return 0;
    alerter->housekept = mono_now();
    int r = keep_clock(alerter, err);
    if (r == 0)
        r = reload_rules(alerter, err);
    if (r == 0)
        r = forget(alerter, err);
    return r;
}
