/*
 * A dossier as it stood at an instant in the past: the fold of its history up to there. What period reports are read by (domain notes
 * 7.7). Pure.
 *
 * Two clocks. `before_at` cuts by when things happened: work done later does not change a past figure. `known_at` cuts by when we were told:
 * infinite (TIME_MAX_AT), it lets late news correct a past figure; as it was at some moment, it gives the figure of that moment again.
 *
 * This text is the specification, as exact as fold.h. T = before_at.
 *
 *  1. Only receipts with ingested_at <= known_at count. None: AS_OF_NOTHING.
 *  2. `whole` = the fold of these. Aliased or erased: it is the result (it contributes nothing, at any time: what is another
 *     name of a dossier always was).
 *  3. Filing and acceptance happen once, so a later word corrects them: they are those of `whole`, and where they are not before T they had
 *     not happened yet. Neither before T, and no rating before T: AS_OF_NOTHING.
 *  4. Of the receipts, in receipt order (fold.h):
 *     a. progress, status, transferred, paid, rated, apology_sent: those with occurred_at < T. due_changed: those with
 *        min(occurred_at, ingested_at) < T. alias, erased: all.
 *     b. records: all, but
 *        - submitted_at, accepted_at, ended_at, returned_at and refused_at that are not before T are taken out of each;
 *        - status: a stated one of 3, 7, 8, 9, 10 whose own date (3: refused_at, else ended_at; 7, 8, 9: ended_at; 10: ended_at, else
 *          returned_at, as the record gave them) is not before T becomes 0; a 10 whose ended_at is before T and whose returned_at is
 *          not becomes 9; one without such a date, or any other status, becomes 0 in a record with ingested_at >= T;
 *        - what a record with ingested_at >= T says without a date: texts, channel, subject, online level, non_territorial, fee_due,
 *          digitised and late_reason stay only where no record before T (ingested_at < T) gives that field, and then only in the first record
 *          that does; paid, paid_online and apology_sent only where there is no record before T at all, and then only in the first
 *          that gives it (they are things that happen; the others describe); deciding_unit only where no
 *          record before gives it or a deciding_agency; due_at by c.
 *     c. The due date: a statement is a due_changed, or a record with a due_at. When no statement is before T (due_changed as in a, records
 *        by ingested_at), the first one counts all the same (among the local ones, if any is local; order: `at`, due_changed before
 *        records, then receipt order); if it is a due_changed that gives due_before_at, it is that date which it states.
 *     A later word without a date thus says how things were before only where nothing else does: a dossier that is synchronised late has
 *     a procedure, an office and a due date at T.
 *  5. The result is the fold of what 4 left, with submitted_at and accepted_at of 3, and first_ingested_at and last_ingested_at of
 *     `whole`.
 *
 * For T after everything that the receipts say, the result is `whole`.
 */
#ifndef HOSO_DOMAIN_AS_OF_H
#define HOSO_DOMAIN_AS_OF_H

#include "domain/fold.h"

struct as_of;                  /* working memory, reused from dossier to dossier; one thread */
struct as_of *as_of_new(void); /* NULL when memory is short */
struct as_of *as_of_free(struct as_of *as_of); /* NULL is fine; returns NULL */

enum as_of_answer { AS_OF_FOUND, AS_OF_NOTHING };

/*
 * events[0..count) as for fold_run. *ret as fold_run leaves it, valid until the events go or the next run; untouched on AS_OF_NOTHING. An
 * as_of_answer, or ERR_NOMEM.
 */
int as_of_run(struct as_of *as_of, const struct fold_rules *rules,
              const struct event *const *events, size_t count, int64_t before_at, int64_t known_at,
              struct dossier *ret);

#endif
