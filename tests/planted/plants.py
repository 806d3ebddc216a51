"""Bugs for tests/planted/run: each is planted by itself, and the test named beside it must fail.

(what is wrong, file, the text that is replaced (once in the file), by what, the test). A test is a program of tests/unit or
tests/property, or FILE::NAME of tests/integration."""

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

    # ingest
    ("the moment of receipt enters the event id", "services/ingest/identity.c",
     "memcpy(event->event_id, digest, EVENT_ID_SIZE);",
     "memcpy(event->event_id, digest, EVENT_ID_SIZE);\n    memcpy(event->event_id, &event->ingested_at, 8);",
     "test_ingest.py::test_a_row_sent_again_keeps_its_id"),
    ("the officer's name stands where its hash should", "services/ingest/identity.c",
     "memcpy(out, digest, EVENT_ID_SIZE);",
     "memcpy(out, name.data, name.len < EVENT_ID_SIZE ? name.len : EVENT_ID_SIZE);",
     "test_canary.py::test_marked_words_end_at_ingest"),

    # transactions
    ("a session that is stopped in the middle of a COPY keeps its rows", OFFSETS,
     "a.wait_event_type = 'Client'", "a.wait_event_type = 'Lock'",
     OWNERSHIP + "test_a_sleeper_in_a_transaction_does_not_hold_up_the_others"),

    # ingest: over HTTP
    ("a request is answered before its records are persisted", "services/ingest/request.c",
     "if (request->exchange && request->sealed && request->in_flight == 0) {",
     "if (request->exchange && request->sealed) {", "test_request"),
    ("a request whose records were dropped is answered well", "services/ingest/request.c",
     "    fail(owner);\n    one_less(owner);", "    one_less(owner);", "test_request"),
    ("the time of a signature is not looked at", "services/ingest/signature.c",
     "if (seconds < now_s - SIGNATURE_TOLERANCE_S || seconds > now_s + SIGNATURE_TOLERANCE_S)", "if (seconds < now_s - (1 << 30))",
     "test_auth"),
    ("only the first bytes of a signature are compared", "services/ingest/signature.c",
     "hash_equal(given, mac, HASH_SIZE)", "hash_equal(given, mac, HASH_SIZE - 1)", "test_auth"),
    ("one signature has several texts", "lib/base/hash.c",
     "if (last && (bits & ((1u << (8 * padding)) - 1)))", "if (last && padding > 2)", "test_auth"),
    ("a signed request that comes again is taken again", "services/ingest/seen.c",
     "if (item->state == STATE_FREE) {", "if (item->state != STATE_UNDER_WAY) {", "test_seen"),
    ("a webhook-id that was forgotten may come again", "services/ingest/seen.c",
     "        seen->forgotten_s = forgotten.at;", "        seen->forgotten_s = 0;", "test_seen"),
    ("an answer does not reach the memory of webhook-ids", "services/ingest/push.c",
     "    request_signed(request, &ticket);", "",
     "test_generations.py::test_a_signed_request_that_comes_again_has_no_effect"),
    ("a key is not over after its last day", "services/ingest/identify.c",
     "if (key->expires_at != NO_TIME && now_at >= key->expires_at)", "if (key->expires_at != NO_TIME && now_at < 0)", "test_auth"),
    ("the agency in a dossier's code is not held against the key", "services/ingest/permit.c",
     "if (str_given(in_code) && !key_allows_agency(key, in_code))", "if (false)", "test_permit"),
    ("a key may send any kind", "services/ingest/permit.c",
     "if (!(key->kinds & 1u << event->kind))", "if (false)", "test_permit"),
    ("of two members with one name the last one counts", "lib/json/json.c",
     "JSON_REJECT_DUPLICATES | JSON_DECODE_ANY", "JSON_DECODE_ANY", "test_json"),
    ("a body with both lengths is taken", "lib/http/server_strict.c",
     " || (findings.length && findings.transfer_coding))", ")", "test_http_strict"),
    ("a name goes into the log", "services/ingest/push.c",
     "    crash_point(\"ingest.sent\");",
     "    crash_point(\"ingest.sent\");\n    for (const struct json *x = row; x; x = NULL)\n        log_info(\"row\", \"who=%.*s\", "
     "STR_ARG(json_text(json_get(x, \"ChuHoSo\"))));", "test_canary.py::test_marked_words_end_at_ingest"),

    # ingest: files and polls
    ("what lies behind a gap is forgotten", "lib/domain/ring.c",
     "if (!item->sealed || item->outstanding > 0)", "if (!item->sealed)", "test_ring"),
    ("a checkpoint stands where was read, not where was acknowledged", "services/ingest/file_job.c",
     "checkpoint_format(&job->acknowledged, text)", "checkpoint_format(&job->read, text)",
     "test_file_drop.py::test_killed_again_and_again_loses_and_doubles_nothing[ndjson]"),
    ("a cursor is kept before its page is acknowledged", "services/ingest/poll_feed.c",
     "    feed->offered = !feed->full;\n    feed->position += feed->offered;",
     "    feed->offered = !feed->full;\n    feed->position += feed->offered;\n    char text[POLL_CURSOR_SIZE];\n"
     "    file_replace(feed->state_path, poll_cursor_format(&feed->after, text), 0640, NULL);",
     "test_poll.py::test_the_cursor_waits_for_kafka"),
    ("a redirect is followed to another host", "services/ingest/poll_feed.c",
     "if (!*answer->location || !fetch_same_origin(feed->url, answer->location))", "if (!*answer->location)",
     "test_poll.py::test_answers_that_make_no_sense_move_nothing"),
    ("the overlap is not asked for", "lib/domain/poll_cursor.c",
     "vn_time_of(cursor->since_at - overlap_ms)", "vn_time_of(cursor->since_at + 0 * overlap_ms)", "test_poll_cursor"),
    ("a state that comes back within the overlap is passed over", "services/ingest/seen_rows.c",
     "if (map == map_hoso && str_given(dossier[0]))", "if (map == map_hoso && !dossier[0].data)", "test_seen"),
    ("a cursor may hold a NUL", "lib/domain/poll_cursor.c",
     "return str_eq(text, str_of(again)) &&", "return strcmp(copy, again) == 0 &&", "test_poll_cursor"),

    # who held a dossier
    ("who handed a dossier over is not looked at", "lib/domain/tenure.c",
     "if (str_given(from) && !holds(list, from) && !str_eq(from, transfer->transfer_to))", "if (false)", "test_tenure"),
]
