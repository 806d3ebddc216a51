/*
 * Who an event is, and who an officer is: keyed hashes, from the source's own words and never from the moment of receipt. Pure.
 *
 * The parts of an event's id, after source and kind:
 *   record       madonvi and the whole row as sent (order of members and blanks do not count): every change is another record
 *   status       MaHoSo, TrangThai
 *   progress     MaHoSo, ThoiDiemXuLy, TrangThai, NguoiXuLy (the natural key) and NgayKetThucTheoQuyDinh, the only other
 *                field that reaches the event. The row's free text stays out: editing it does not make a second step
 *   due_changed  of a supplement: MaHoSo, HoSoBoSungId, its date, the old and the new due date
 *   alias        of a record: the two codes
 *   native push  dossier_code and the sender's own id
 */
#ifndef HOSO_INGEST_IDENTITY_H
#define HOSO_INGEST_IDENTITY_H

#include "ingest/map.h"

#define IDENTITY_PARTS_MAX 6

/* Sets event->event_id from event->source, event->kind and the parts (at most IDENTITY_PARTS_MAX). */
void identity_set(const struct map_input *input, struct event *event, const struct str *parts,
                  size_t count);

/* The row as text that does not depend on how it was written; valid until the next call. ERR_NOMEM. */
int identity_canonical(struct mapped *mapped, const struct json *row, struct str *ret);

#define IDENTITY_TIME_SIZE 24
/* A time as a part; out has IDENTITY_TIME_SIZE bytes. NO_TIME is empty. */
struct str identity_time(int64_t at, char *out);

/* The officer's keyed hash, EVENT_ID_SIZE bytes in out; empty for an empty name. */
struct str identity_officer(const struct map_input *input, struct str name, char *out);

#endif
