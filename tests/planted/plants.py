"""Bugs for tests/planted/run: each is planted by itself, and the test named beside it must fail.

(what is wrong, file, the text that is replaced (once in the file), by what, the test). A test is a program of tests/unit or
tests/property, or FILE::NAME of tests/integration."""

OFFSETS = "lib/service/offsets.c"
OWNERSHIP = "test_aggregator_ownership.py::"
REFUSALS = "test_aggregator_refusals.py::"
AGGREGATOR = "test_aggregator.py::"
AS_OF = "lib/domain/as_of.c"
ANALYTICS = "schemas/sql/0003_analytics.sql"
COLD = "schemas/sql/0004_cold.sql"
ANALYSTS = "test_analysts.py::"
REPORTS = "test_reports.py::"
RETAIN = "test_retain.py::"

PLANTS = [
    # who may write, and from where
    ("the compare-and-swap does not look at the owner", OFFSETS,
     "AND k.owner = $3 AND k.partition", "AND $3::uuid IS NOT NULL AND k.partition",
     OWNERSHIP + "test_one_that_was_displaced_writes_nothing"),
    ("the compare-and-swap does not look at the epoch", OFFSETS,
     "AND k.epoch = m.epoch", "AND m.epoch > 0",
     OWNERSHIP + "test_each_part_of_the_swap_counts[epoch = epoch + 1]"),
    ("the compare-and-swap does not look at the offset", OFFSETS,
     "AND k.next_offset = m.expected", "AND m.expected >= 0",
     OWNERSHIP + "test_each_part_of_the_swap_counts[next_offset = next_offset + 1]"),
    ("an offset below the log's beginning is taken for good", OFFSETS,
     "if (claim->next_offset >= low && claim->next_offset <= high)", "if (claim->next_offset <= high)",
     REFUSALS + "test_records_that_retention_took_are_not_skipped"),
    ("an offset beyond the log's end is taken for good", OFFSETS,
     "if (claim->next_offset >= low && claim->next_offset <= high)", "if (claim->next_offset >= low)",
     REFUSALS + "test_a_topic_made_anew_is_noticed"),

    # the aggregator
    ("offsets are committed before the rows", "services/aggregator/lane.c",
     "    return r < 0 ? r : offset_moves_queue(&lane->moves, lane->pg, err);",
     "    r = r < 0 ? r : offset_moves_queue(&lane->moves, lane->pg, err);\n"
     '    r = r < 0 ? r : pg_queue_exec(lane->pg, "COMMIT", NULL, 0, PG_ANY, NULL, err);\n'
     '    return r < 0 ? r : pg_queue_exec(lane->pg, "BEGIN", NULL, 0, PG_ANY, NULL, err);',
     AGGREGATOR + "test_kill_9_in_mid_batch[aggregator.before_commit-1]"),
    ("after a COMMIT without an answer nothing is read again", "services/aggregator/lane.c",
     "    lane->in_doubt = true;", "    lane->in_doubt = false;",
     OWNERSHIP + "test_cut_off_while_postgres_commits[committed]"),
    ("a refused batch becomes dead letters whole", "services/aggregator/lane.c",
     "    if (lane->n > 1)\n        return 0;\n    if (item->refusal)",
     "    for (size_t i = 1; i < lane->n; i++) {\n"
     '        struct refusal all = refusal_of("store", REFUSED_DATABASE, err->text);\n'
     "        if (batch_refuse(item + i, &all) < 0)\n            return ERR_NOMEM;\n    }\n    if (item->refusal)",
     REFUSALS + "test_what_postgres_refuses_is_bisected_out[23514]"),
    ("receipts known from before are stored again", "services/aggregator/applier.c",
     "event->event_id, EVENT_ID_SIZE) == 0)\n            return true;",
     "event->event_id, EVENT_ID_SIZE) == 0)\n            return false;",
     AGGREGATOR + "test_delivered_again_changes_nothing"),
    ("the old contribution is added once more", "services/aggregator/applier.c",
     "target->unit_id, -1) < 0)", "target->unit_id, 1) < 0)", AGGREGATOR + "test_from_acceptance_to_the_end"),
    ("the old contribution is taken from no unit", "services/aggregator/applier.c",
     "target->unit_id, -1) < 0)", "0, -1) < 0)", AGGREGATOR + "test_news_that_come_late_move_the_rollups_by_the_difference"),
    ("an erased dossier keeps its history", "services/aggregator/store.c",
     "AND kind <> 'erased'\"", "AND kind = 'erased'\"", AGGREGATOR + "test_an_erased_dossier_is_forgotten_for_ever"),
    ("a record from another partition is written", "services/aggregator/applier.c",
     "item->misplaced = item->record.partition != target->partition;", "item->misplaced = target->partition < 0;",
     REFUSALS + "test_a_dossier_stays_in_its_partition"),
    ("the key of a record is not looked at", "services/aggregator/intake.c",
     "if (!str_eq(record->key, ret_event->dossier_code))", "if (!record->key.data)", "test_aggregator_intake"),
    ("what was committed last is written again", "services/aggregator/batch.c",
     "item->record.offset < below", "item->record.offset + 1 < below", "test_aggregator_batch"),
    ("a cell that loses as much as it wins is not written", "services/aggregator/rollup.c",
     "    for (int m = 0; m < MEASURE_COUNT; m++) {\n        if (cell->measures[m] != 0)\n            return true;\n    }\n    return false;",
     "    int64_t sum = 0;\n    for (int m = 0; m < MEASURE_COUNT; m++)\n        sum += cell->measures[m];\n    return sum != 0;",
     "test_aggregator_rollup"),
    ("the length of a header is written backwards", "services/aggregator/dlq.c",
     "(length >> (8 * (3 - i)))", "(length >> (8 * i))", "test_aggregator_dlq"),

    # the pure core
    ("events of one instant stand in the order of arrival", "lib/domain/event.c",
     "    if (rank_a != rank_b)\n        return rank_a < rank_b ? -1 : 1;", "    (void)(rank_a < rank_b);",
     "test_event"),
    ("receipts stay as they arrived", "lib/domain/fold.c",
     "    FOLD_SORT(fold->receipts, count, receipt_compare);", "    (void)receipt_compare;", "test_fold_permutations"),
    ("statuses follow one another as they were heard of", "lib/domain/fold_timeline.c",
     "    FOLD_SORT(fold->transitions, fold->transition_count, transition_compare);", "    (void)transition_compare;",
     "test_fold_timeline"),
    ("newly registered reopens what has ended", "lib/domain/fold_timeline.c",
     "return last->status != STATUS_REFUSED || t->role == ROLE_START;", "return false;", "test_fold_timeline"),
    ("done on the due day is late", "lib/domain/overdue.c",
     "    if (ended_day == due_day)\n        return VERDICT_ON_TIME;", "", "test_overdue"),
    ("a refused dossier counts as accepted", "lib/domain/contribution.c",
     "!(dossier->phase == PHASE_ENDED && dossier->status == STATUS_REFUSED)", "true", "test_contribution"),
    ("the days of a measure are those of UTC", "lib/domain/contribution.c",
     "int32_t day = day_of(at);", "int32_t day = day_of(at - 7 * 3600000);", "test_contribution"),

    # the alerter
    ("a deadline fires while the record that settles it is unread", "services/alerter/firing.c",
     "partition->lag = alerter->ends[i].offset - position(partition);", "partition->lag = 0 * position(partition);",
     "test_alerter.py::test_held_while_the_settling_event_is_unread"),
    ("lateness begins on the due day itself", "lib/domain/overdue.c",
     "day_start(day_of(due_at) + 1)", "day_start(day_of(due_at))", "test_alerter.py::test_midnight_without_traffic"),

    # ingest
    ("the moment of receipt enters the event id", "services/ingest/identity.c",
     "memcpy(event->event_id, digest, EVENT_ID_SIZE);",
     "memcpy(event->event_id, digest, EVENT_ID_SIZE);\n    memcpy(event->event_id, &event->ingested_at, 8);",
     "test_ingest.py::test_a_row_sent_again_keeps_its_id"),
    ("the officer's name stands where its hash should", "services/ingest/identity.c",
     "memcpy(out, digest, EVENT_ID_SIZE);",
     "memcpy(out, name.data, name.len < EVENT_ID_SIZE ? name.len : EVENT_ID_SIZE);",
     "test_canary.py::test_marked_words_end_at_ingest"),

    # reports, who may read them, and what retention moves
    ("a commune's reader sees all communes", ANALYTICS,
     "'(unit_id = ANY ((SELECT hoso.readable_units())::integer[])%s)'", "'(unit_id IS NOT NULL%s)'",
     ANALYSTS + "test_rows_are_those_of_the_readers_communes[commune]"),
    ("a commune's reader sees the past of what has come to it", ANALYTICS,
     "WHERE hoso.is_commune_reader() AND NOT u.unit_id = ANY", "WHERE false AND NOT u.unit_id = ANY",
     ANALYSTS + "test_a_dossier_that_went_to_another_commune_is_not_half_seen"),
    ("every reader may look up codes", ANALYTICS, "    REVOKE SELECT ON analytics.dossier_code FROM hoso_reader;\n", "",
     ANALYSTS + "test_role_by_table_by_verb"),
    ("what was accepted before the period is new in it", ANALYTICS, "WHEN accepted = 2 THEN 'new'", "WHEN accepted >= 1 THEN 'new'",
     REPORTS + "test_ii06a[july]"),
    ("a stopped dossier that ended is not withdrawn", ANALYTICS, "WHEN status IN (7, 8) THEN 'withdrawn'", "WHEN status = 7 THEN 'withdrawn'",
     REPORTS + "test_every_dossier_counts_as_worked_out_by_hand[july]"),
    ("paused dossiers become overdue", ANALYTICS, "WHEN phase = 'paused' THEN 'paused'", "WHEN phase = 'paused' AND NOT is_past_due THEN 'paused'",
     REPORTS + "test_every_dossier_counts_as_worked_out_by_hand[july]"),
    ("due on the day that is read is overdue", ANALYTICS, "coalesce(a.due_at < analytics.day_begin(p_read_on), false)",
     "coalesce(a.due_at < analytics.day_begin(p_read_on + 1), false)", REPORTS + "test_every_dossier_counts_as_worked_out_by_hand[july]"),
    ("ended before the period, news of it in between: passed over", ANALYTICS,
     " - interval '2 days' OR d.last_ingested_at > p_known_at)", " - interval '2 days')",
     "test_reports_random.py::test_every_cell_is_the_same[2026-08-01..2026-09-30-known on 13 June]"),
    ("letters of apology are read from another mark", ANALYTICS, "class = 'late' AND flags & 1024 > 0", "class = 'late' AND flags & 512 > 0",
     REPORTS + "test_07a[july]"),
    ("work done later changes the past", AS_OF, "default: kept = event->occurred_at < limit;", "default: break;", "test_as_of"),
    ("the boundary instant belongs to the past", AS_OF, "default: kept = event->occurred_at < limit;",
     "default: kept = event->occurred_at <= limit;", "test_as_of"),
    ("a due date told later reaches back over an earlier one", AS_OF, "    if (after && !reaches_back)\n", "    if (after && limit == 0)\n",
     "test_as_of"),
    ("counts of four are published", "cli/report_public.c", "enum { SMALL_BELOW = 5,", "enum { SMALL_BELOW = 4,",
     REPORTS + "test_nothing_small_is_published_nor_follows_from_what_is[11713-july-07a]"),
    ("hidden counts follow from several sums", "cli/report_public.c", "while (protect_isolated(&system) || protect_sums(&system))",
     "while (protect_sums(&system))", REPORTS + "test_nothing_small_is_published_nor_follows_from_what_is[11713-july-ii06a]"),
    ("an export goes unrecorded", "cli/report_run.c", "if (request->format == FORMAT_TABLE && !request->path && !request->with_codes)",
     "if (request->format != FORMAT_CSV)", REPORTS + "test_every_export_is_recorded"),
    ("open dossiers go into the cold", COLD, "AND phase = 'ended' AND ended_at IS NOT NULL AND quarantine IS NULL", "AND quarantine IS NULL",
     RETAIN + "test_whole_dossiers_move_and_no_figure_changes"),
    ("the history stays where it was", COLD, "DELETE FROM ONLY hoso.dossier_event%s WHERE dossier_id = ANY ($1) RETURNING *",
     "DELETE FROM ONLY hoso.dossier_event%s WHERE dossier_id = ANY ($1) AND false RETURNING *",
     RETAIN + "test_whole_dossiers_move_and_no_figure_changes"),
    ("a move loses what it moves", COLD, "' INSERT INTO hoso.dossier%s SELECT * FROM gone'", "' INSERT INTO hoso.dossier%s SELECT * FROM gone WHERE false'",
     RETAIN + "test_whole_dossiers_move_and_no_figure_changes"),
    ("late news leave a dossier torn between warm and cold", COLD, "WHERE last_ingested_at >= $1'", "WHERE last_ingested_at < $1'",
     RETAIN + "test_late_news_of_a_cold_dossier"),
    # transactions
    ("a session that is stopped in the middle of a COPY keeps its rows", OFFSETS,
     "a.wait_event_type = 'Client'", "a.wait_event_type = 'Lock'",
     OWNERSHIP + "test_a_sleeper_in_a_transaction_does_not_hold_up_the_others"),
]
