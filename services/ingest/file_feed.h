/*
 * A source of files: [source.NAME] with kind = file, folder, rows and agency. Reads one file at a time, row by row; a file moves to done
 * when Kafka has all of it. Killed at any moment it goes on from the checkpoint beside the file: what had been sent behind it goes
 * again and is the same event.
 */
#ifndef HOSO_INGEST_FILE_FEED_H
#define HOSO_INGEST_FILE_FEED_H

#include "ingest/feed.h"

extern const struct feed_kind file_feed_kind;

#endif
