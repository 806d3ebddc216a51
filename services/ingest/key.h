/*
 * Who may send: keys, each of one source and with its own limits. Sections [key.ID]:
 *
 *   source = motcua                what its messages are read as ([source.NAME], kind push)
 *   sha256 = …                     of the whole API key, whose text is "hoso_ID_SECRET": the ID finds the section, the hash proves the rest
 *   signing_secret = whsec_…       every request must bear a signature (signature.h)
 *   client_dn = CN=…               every request must come through the proxy with this client certificate
 *   expires = 2027-06-30           the last day on which it is good (Vietnamese time)
 *   units = H24.11713,H24.31       agencies whose dossiers it may send; empty = all
 *   kinds = record,progress        events that it may send; empty = all
 *   rate, burst                    rows per second and at once; 0 = no limit
 *
 * What a section names is required, all of it. Two keys of one source that are good at the same time make a rotation. A source's own
 * key_sha256 is a key without ID, limits or expiry, named like the source.
 */
#ifndef HOSO_INGEST_KEY_H
#define HOSO_INGEST_KEY_H

#include "base/bucket.h"
#include "base/config.h"
#include "base/error.h"
#include "ingest/auth.h"
#include "ingest/seen.h"

#define KEY_ID_MAX 32
#define SIGNING_SECRET_MAX 64

struct key {
    struct str id;
    const struct source *source;
    bool has_hash;
    uint8_t sha256[HASH_SIZE];
    uint8_t signing[SIGNING_SECRET_MAX];
    size_t signing_len;   /* 0 = none */
    struct seen *seen;    /* its webhook-ids; NULL without a signing secret */
    struct str client_dn; /* empty = none */
    int64_t expires_at;   /* NO_TIME = never */
    struct str units;
    unsigned kinds; /* bit 1 << enum event_kind */
    struct bucket bucket;
};

struct keys;

/*
 * Views into config and sources, which must outlive it. ERR_INPUT: a section is wrong or incomplete, two keys are the same, or a
 * push source has none.
 */
int keys_load(const struct config *config, const struct sources *sources, struct keys **ret,
              struct error *err);
struct keys *keys_free(struct keys *keys); /* NULL is fine; returns NULL */

/* Each NULL when there is none. By the whole text of an API key: the hash is compared in constant time. */
struct key *keys_by_text(struct keys *keys, struct str text);
struct key *keys_by_id(struct keys *keys, struct str id);
struct key *keys_by_client_dn(struct keys *keys, struct str dn);

/*
 * Whether an agency code lies within the key's units: it is one of them or below one, where codes are read from the left
 * ("H24.11713" below "H24") or, as before 2020, from the right ("000.00.01.H22" below "H22"). Everything, when units is empty.
 */
bool key_allows_agency(const struct key *key, struct str agency);

#endif
