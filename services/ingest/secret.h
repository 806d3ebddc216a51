/* State secrets do not travel by these systems (domain notes 6, 7.12): such rows are refused whole, nothing of them is kept. */
#ifndef HOSO_INGEST_SECRET_H
#define HOSO_INGEST_SECRET_H

#include "ingest/row.h"

/*
 * Refuses the row when it bears a mark (DoMat with anything but "", "0" and no) or its procedure is on the source's list
 * (with or without agency suffix). true = refused, for this or an earlier reason.
 */
bool secret_refuse(struct row *row);
/* Whether a procedure is on the source's list. */
bool secret_is_listed(const struct source *source, struct str procedure);

#endif
