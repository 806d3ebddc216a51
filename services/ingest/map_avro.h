/*
 * One of our own events as framed Avro (codec.h), from a sender that has it already -> the same event as ours: event_id is made anew
 * from the sender's, source, trust and ingested_at are ours, the officer's hash is hashed again. Every kind may come. All of its text
 * are codes and is checked as such, so that nobody's name travels in one.
 */
#ifndef HOSO_INGEST_MAP_AVRO_H
#define HOSO_INGEST_MAP_AVRO_H

#include "codec/codec.h"
#include "ingest/map.h"

/* As map_row; the events are views into body. codec is for codec_event_layout. */
int map_avro(const struct map_input *input, const struct codec *codec, struct str body,
             struct mapped *out, struct refusal *ret);

#endif
