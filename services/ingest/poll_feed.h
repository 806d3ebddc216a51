/*
 * A source that is asked: [source.NAME] with kind = poll. The question and the answer (deploy/runbook/sources.md):
 *
 *   GET URL?since=20260601080000&page=TOKEN      since less the overlap; page from the second page on
 *   200 a document (document.h) with "next": the token of the next page, absent or "" on the last; ETag and Date are used
 *   304 nothing has changed
 *
 * The cursor moves only when every row of a page is persisted or refused; killed at any moment, that page is asked for again and its
 * rows are the same events. An answer that makes no sense moves nothing, and is tried again with back-off.
 */
#ifndef HOSO_INGEST_POLL_FEED_H
#define HOSO_INGEST_POLL_FEED_H

#include "ingest/feed.h"

extern const struct feed_kind poll_feed_kind;

#endif
