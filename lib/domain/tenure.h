/*
 * Who held a dossier when: the agencies one after another, as its transfers tell, ended by the one that the fold has (fold.h, rule 7).
 * Pure; thread: any.
 */
#ifndef HOSO_DOMAIN_TENURE_H
#define HOSO_DOMAIN_TENURE_H

#include "domain/fold.h"

struct tenure {
    struct str agency;
    int64_t from_at;  /* NO_TIME = nobody said */
    int64_t to_at;    /* when it was handed on; NO_TIME = still held, or nobody said */
    int64_t known_at; /* ingested_at of what told us; NO_TIME = the transfer that ended it did */
};

/*
 * events[0..count): all of one dossier, valid, in the order of event_compare, each once or more often; folded: what fold_run made of
 * them. Fills out[0..*ret_count); there is room for 2 * count + 2. Text are views into the events'.
 *
 *   the first: the agency of the first record that names one, from the first time that this dossier was accepted or submitted
 *   a transfer: ends the tenure that lasts and begins that of transfer_to at occurred_at. Where transfer_from names another agency than
 *   the one that held it, that one stands between, from a time that nobody said. To the agency that holds it already: nothing
 *   the fold's deciding_agency, where it is another: last, from a time that nobody said (records brought it without a transfer)
 */
void tenures_of(const struct event *const *events, size_t count, const struct dossier *folded,
                struct tenure *out, size_t *ret_count);

#endif
