/*
 * The `hoso` command: one table of subcommands (main.c), one file per subcommand, and the few helpers they share. Text for
 * people is Vietnamese, English with LANG=en*. Results go to stdout, everything else to stderr.
 */
#ifndef HOSO_CLI_COMMANDS_H
#define HOSO_CLI_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * A subcommand is `int cmd_NAME(int argc, char **argv)` in NAME.c, declared here and entered in the table of main.c. argv[0]
 * is "hoso NAME", so that messages name it; options begin at argv[1] and getopt's own messages are off (cli_bad_option
 * speaks instead). Returns an exit code of base/error.h.
 */
int cmd_backfill(int argc, char **argv);
int cmd_alerts(int argc, char **argv);
int cmd_people(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_db(int argc, char **argv);
int cmd_dlq(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_due(int argc, char **argv);
int cmd_gen(int argc, char **argv);
int cmd_timeline(int argc, char **argv);
int cmd_topics(int argc, char **argv);
int cmd_tail(int argc, char **argv);
int cmd_portal(int argc, char **argv);
int cmd_quarantine(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_board(int argc, char **argv);
int cmd_units(int argc, char **argv);

/* LC_ALL, else LC_MESSAGES, else LANG begins with "en". */
bool cli_english(void);
/* The text in the reader's language. */
const char *cli_text(const char *vietnamese, const char *english)
    __attribute__((format_arg(1), format_arg(2)));

/* Prints the help in the reader's language. EXIT_OK. */
int cli_help(const char *vietnamese, const char *english);

/*
 * Explains what getopt_long refused ('?', or ':' when the short options begin with ':') and points to --help. Returns
 * EXIT_USAGE.
 */
int cli_bad_option(char *const *argv, int answer);
/* "hoso due: text" in the reader's language (both formats take the same arguments), then a pointer to --help. EXIT_USAGE. */
int cli_wrong_usage(char *const *argv, const char *vietnamese, const char *english, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* "hoso due: text" of a library's error; the exit code that belongs to its class. */
int cli_fail(char *const *argv, int result, const struct error *err);

/* A whole decimal number within min..max. false = not that; *ret untouched. */
bool cli_number(const char *text, int64_t min, int64_t max, int64_t *ret);

/*
 * A time as people type it: every form of vn_time_parse, those without seconds, and dd/MM/yyyy, HH:mm dd/MM/yyyy. false = none
 * of them; *ret untouched.
 */
bool cli_parse_time(const char *text, int64_t *ret);

#define CLI_TIME_SIZE 24
/* "26/04/2025" and "14:30 26/04/2025": how people here write dates. out has CLI_TIME_SIZE bytes. Returns out. */
char *cli_date(int32_t day, char *out);
char *cli_time(int64_t at, char *out);

#endif
