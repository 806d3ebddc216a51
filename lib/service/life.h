/* One dossier's whole life, as PostgreSQL has it: its events, and who held it when. */
#ifndef HOSO_SERVICE_LIFE_H
#define HOSO_SERVICE_LIFE_H

#include "base/config.h"
#include "domain/tenure.h"
#include "pg/pg.h"

struct life {
    size_t count;
    const struct event **events; /* each that is stored, in the order of event_compare */
    struct tenure *tenures;      /* in their order */
    size_t tenure_count;
    /* What the views above point into. */
    struct pg_result *rows;
    struct event *decoded;
};

enum { LIFE_NONE = 1 };
/*
 * Reads the dossier; what the fold has to say of its holder goes by the rules of the configuration. *ret is to be released by
 * life_deinit whatever comes back, and is valid until then. LIFE_NONE: there is no such dossier, or not for the role of this connection (which needs hoso.dossier code and dossier_id,
 * hoso.dossier_event dossier_id and payload). ERR_FAILED: a stored event cannot be decoded. ERR_INPUT: [rules]. Otherwise as pg_exec.
 */
int life_read(struct pg *pg, const struct config *config, struct str code, struct life *ret,
              struct error *err);
void life_deinit(struct life *life); /* fine on a zeroed one */

#endif
