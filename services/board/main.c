#include "board/board.h"

#include "base/log.h"

int main(int argc, char **argv)
{
    struct service service;
    int code = service_open("hoso-board", "board", argc, argv, &service);
    if (code != EXIT_OK || !service.config)
        return code;

    struct error err = {{0}};
    struct board *board = NULL;
    if (board_new(&service, &board, &err) < 0) {
        char quoted[512];
        log_error("start_failed", "error=\"%s\"", log_quote(err.text, quoted, sizeof quoted));
        code = EXIT_CONFIG;
    } else {
        code = board_run(board);
    }
    service_close(&service); /* ends the streams, which tell the board */
    board_free(board);
    return code;
}
