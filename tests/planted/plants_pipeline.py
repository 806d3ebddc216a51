"""Bugs of the pure core and of the aggregator (plants.py says what a row is)."""

OFFSETS = "lib/service/offsets.c"
OWNERSHIP = "test_aggregator_ownership.py::"
REFUSALS = "test_aggregator_refusals.py::"
AGGREGATOR = "test_aggregator.py::"

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

    # transactions
    ("a session that is stopped in the middle of a COPY keeps its rows", OFFSETS,
     "a.wait_event_type = 'Client'", "a.wait_event_type = 'Lock'",
     OWNERSHIP + "test_a_sleeper_in_a_transaction_does_not_hold_up_the_others"),
    ("a topic made anew that has grown is read on", OFFSETS,
     "offsets_fingerprint(record) == claim->last_record", "offsets_fingerprint(record) != 0",
     "test_replay.py::test_a_topic_made_anew_that_has_grown_is_noticed"),
    ("what is in memory is believed after a replay was taken over", "schemas/replay/shadow.sql",
     "SET epoch = k.epoch + 1, map_version", "SET map_version", "test_replay.py::test_what_was_in_memory_is_forgotten"),
    ("the second aggregator of a replay sends dead letters too", "schemas/replay/shadow.sql",
     "ALTER TABLE hoso_replay.dlq_outbox ALTER sent_at SET DEFAULT now();", "",
     "test_replay.py::test_both_say_the_same_while_work_goes_on"),
    ("what a replay compares moves on meanwhile", "cli/replay_run.c",
     "ORDER BY partition FOR UPDATE", "ORDER BY partition", "test_replay.py::test_both_say_the_same_while_work_goes_on"),
    ("a replay believes rows that no history accounts for", "schemas/replay/shadow.sql",
     "gen_random_uuid(), 0, -1, last_offset", "gen_random_uuid(), 0, map_version, last_offset",
     "test_replay.py::test_where_the_log_no_longer_reaches_the_history_does"),
    ("rows that a queued statement had to change are not counted", "lib/pg/pg_queue.c",
     "step->wanted == PG_ANY || step->wanted == changed", "step->wanted == PG_ANY || changed >= 0",
     "test_edges.py::test_program[itest_pg_queue]"),
    ("an event's age counts in one bucket only", "services/aggregator/status.c",
     "for (int k = STATUS_AGE_BUCKETS - 1; k >= 0 && ", "for (int k = STATUS_AGE_BUCKETS - 1; k >= STATUS_AGE_BUCKETS - 1 && ",
     AGGREGATOR + "test_where_the_time_goes_and_how_old_events_are"),
]
