/* Shared by the files that answer the API's questions. */
#ifndef HOSO_BOARD_VIEWS_H
#define HOSO_BOARD_VIEWS_H

#include "board/internal.h"
#include "board/sheet.h"

/* One request for a view. */
struct viewing {
    struct board *board;
    struct http_exchange *exchange;
    const struct identity *identity;
    struct scope *scope;
    struct json_out *out;
    bool csv;
    struct str rest; /* of the path, after the view's name */
};

/* Each answers the exchange and returns 0, or is negative without having answered. */
int view_commune(const struct viewing *viewing, struct error *err);
int view_dossier(const struct viewing *viewing, struct error *err);

/* Ends the sheet and sends it as a file; who took it is written down. */
void view_answer_csv(const struct viewing *viewing, struct sheet *sheet, const char *name);

#endif
