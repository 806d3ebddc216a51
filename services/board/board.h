/*
 * hoso-board: what the pipeline knows, live in browsers. One thread reads PostgreSQL and serves HTTP; a second one does what would
 * make it wait (password hashes, connecting, the other services' metrics).
 */
#ifndef HOSO_BOARD_BOARD_H
#define HOSO_BOARD_BOARD_H

#include "service/service.h"

struct board;

/* Reads [board] and takes over the service's listener. service must outlive the board. ERR_INPUT names a bad option. */
int board_new(struct service *service, struct board **ret, struct error *err);
/* Until a stopping signal. An exit code; what was wrong is in the log. */
int board_run(struct board *board);
/* After service_close: no stream may be left. NULL is fine; returns NULL. */
struct board *board_free(struct board *board);

#endif
