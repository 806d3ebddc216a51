/* `hoso alerts`: shared by alerts.c (words, options, acts), alerts_show.c (tables), alerts_mute.c and alerts_preview.c. */
#ifndef HOSO_CLI_ALERTS_H
#define HOSO_CLI_ALERTS_H

#include "pg/pg.h"
#include "site.h"

struct alerts_request {
    struct site site;
    const char *word; /* list, show, … */
    const char *id;   /* of an alert, as printed; or its dossier's code */
    const char *unit;
    const char *from;
    const char *until;
    const char *to;
    const char *actor;
    const char *reason;
    const char *procedure;
    const char *rule;
    bool all;
    bool dead;
    bool json;
    bool accept;
    bool html;
};

/* All: 0, or an exit code already explained. */
int alerts_list(const struct alerts_request *request, struct pg *pg, char *const *argv);
int alerts_dead(const struct alerts_request *request, struct pg *pg, char *const *argv);
int alerts_show(const struct alerts_request *request, struct pg *pg, char *const *argv);
/* Silences: begin one (recorded in the audit by the table itself), end one, list those in force or to come. */
int alerts_mute(const struct alerts_request *request, int64_t until_at, struct pg *pg,
                char *const *argv);
int alerts_unmute(const struct alerts_request *request, struct pg *pg, char *const *argv);
int alerts_mutes(const struct alerts_request *request, struct pg *pg, char *const *argv);
/* The message that each recipient would get next, as it would be sent; sends nothing, notes nothing. */
int alerts_preview(const struct alerts_request *request, struct pg *pg, char *const *argv);

#endif
