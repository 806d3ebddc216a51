"""Bugs of what analysts and the board show (plants.py says what a row is)."""

AS_OF = "lib/domain/as_of.c"
ANALYTICS = "schemas/sql/0003_analytics.sql"
COLD = "schemas/sql/0004_cold.sql"
ANALYSTS = "test_analysts.py::"
REPORTS = "test_reports.py::"
RETAIN = "test_retain.py::"
BOARD = "test_board.py::"
ACCESS = "test_board_access.py::"

PLANTS = [
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

    # the board
    ("a commune reads what another's dossiers are", "schemas/sql/0007_board.sql",
     "OR unit_id = (SELECT hoso.board_unit()))', name)", "OR true)', name)", ACCESS + "test_row_level_security_matrix"),
    ("a request of a foreign page is obeyed", "services/board/api.c",
     "if (!get && !access_same_origin(exchange, identity->csrf))", "if (false)", ACCESS + "test_changing_requests_need_our_own_page"),
    ("whoever sends the header of the sign-on proxy is believed", "services/board/access.c",
     "if (*access->sso_header && listed(access->proxies, str_of(http_peer(exchange, peer)))) {",
     "(void)peer;\n    if (*access->sso_header) {", ACCESS + "test_sso_header_only_from_the_proxy"),
    ("wrong passwords are not counted", "services/board/access.c",
     "    throttle_failed(&access->throttle, name, mono_now());\n", "    (void)name;\n", ACCESS + "test_guessing_is_slowed_down_and_written_down"),
    ("a disabled account keeps its stream", "services/board/board.c",
     "r = streams_count(board->streams) ? check_sessions(board, err) : 0;", "r = r ? check_sessions(board, err) : 0;", ACCESS + "test_disabled_accounts_lose_their_streams"),
    ("a delta leaves out what changed first", "services/board/model_json.c",
     "        if (place->revision <= since)", "        if (place->revision <= since + 1)", BOARD + "test_stream_snapshot_then_deltas"),
    ("a stalled client is sent every revision", "services/board/streams.c",
     "            client->revision = scope->model.revision;", "            client->revision += client->revision ? 1 : scope->model.revision;",
     BOARD + "test_a_stalled_client_skips_what_is_old_by_then"),
    ("a revision of another life of the board is resumed", "services/board/model.c",
     "memcmp(text, own, 9) == 0 && *end", "*own && *end", BOARD + "test_resume_gives_what_was_missed_and_nothing_else"),
    ("PostgreSQL is away and nobody is told", "services/board/streams.c",
     "    if (trouble)\n", "    if (false)\n", BOARD + "test_postgres_away_is_told_and_data_ages"),
    ("midnight is noticed with the next event only", "services/board/poll.c",
     "        older(board->updated, QUIET_READ_MS))", "        false)", BOARD + "test_midnight_needs_no_event"),
    ("the holder after a transfer is not told", "services/board/views_dossier.c",
     "i < life->tenure_count; i++", "i < 1; i++", BOARD + "test_a_dossier_says_who_held_it_when"),
    ("replay doubles the history of cold dossiers", "schemas/replay/shadow.sql",
     "'SELECT FROM hoso.dossier_event e WHERE", "'SELECT FROM ONLY hoso.dossier_event e WHERE", "test_replay.py::test_cold_dossiers_too"),
]
