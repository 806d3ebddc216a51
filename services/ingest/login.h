/*
 * The body of a login, generation A {"username","password"} or generation B {"client_id","client_secret"}, as JSON or as a form
 * (application/x-www-form-urlencoded). Pure.
 */
#ifndef HOSO_INGEST_LOGIN_H
#define HOSO_INGEST_LOGIN_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

#define LOGIN_TEXT_MAX 256
struct login {
    char user_text[LOGIN_TEXT_MAX];
    char secret_text[LOGIN_TEXT_MAX];
    struct str user; /* views into the above; empty = not given */
    struct str secret;
};

/* ERR_INPUT: neither JSON nor a form, or a value longer than LOGIN_TEXT_MAX; never with content. ERR_NOMEM. */
int login_read(struct str body, bool form, struct login *ret, struct error *err);

#endif
