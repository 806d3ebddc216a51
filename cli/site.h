/* What the commands share that work on an installation: -c FILE, --set SECTION.KEY=VALUE, and the configuration they give. */
#ifndef HOSO_CLI_SITE_H
#define HOSO_CLI_SITE_H

#include "base/config.h"
#include "pg/pg.h"

enum { SITE_OVERRIDES_MAX = 64 };

/* Zero it, give it -c and -s as they come (site_option), then site_load. */
struct site {
    const char *path;
    const char *overrides[SITE_OVERRIDES_MAX];
    size_t override_count;
    struct config *config;
};

#define SITE_SHORT "c:s:h"
#define SITE_LONG                                                                                  \
    {"config", required_argument, NULL, 'c'}, {"set", required_argument, NULL, 's'},               \
    {                                                                                              \
        "help", no_argument, NULL, 'h'                                                             \
    }

/* Takes -c and -s (getopt's `optarg`). false = another option. */
bool site_option(struct site *site, int option, const char *value);
/* Loads the configuration and sets the simulated clock. 0, or an exit code already explained on stderr (EXIT_CONFIG). */
int site_load(struct site *site, char *const *argv);
void site_unload(struct site *site);

/* Connects to [postgres] conninfo. 0, or an exit code already explained. */
int site_connect(const struct site *site, char *const *argv, struct pg **ret);
/* site_load, then site_connect. *ret stays as it was when either fails; site_close in any case. */
int site_open(struct site *site, char *const *argv, struct pg **ret);
void site_close(struct site *site, struct pg *pg); /* pg NULL is fine */

/*
 * For commands whose only options are the shared ones, with one word before them ("migrate"): parses, checks the word against
 * `word`, loads. 0 = go on; else *ret_exit is the exit code (EXIT_OK after --help).
 */
int site_begin(int argc, char **argv, const char *word, const char *help_vi, const char *help_en,
               struct site *site, int *ret_exit);

#endif
