/* `hoso board user`: the accounts of the live board. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/password.h"
#include "base/text.h"
#include "commands.h"
#include "site.h"

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso board user add --name truc.ban --role city -c hoso.conf\n"
    "  hoso board user add --name nghiduong --role commune --unit 11713 -c hoso.conf\n"
    "  hoso board user list -c hoso.conf\n"
    "  hoso board user disable --name truc.ban -c hoso.conf\n\n"
    "Tài khoản của bảng theo dõi trực tiếp. add hỏi mật khẩu (hoặc đọc một dòng từ đầu vào chuẩn); "
    "với "
    "tên đã có thì\nđổi mật khẩu, vai trò, mở lại tài khoản và chấm dứt các phiên. disable khóa "
    "tài khoản "
    "và chấm dứt các phiên.\n\n"
    "  --name TÊN      chữ thường không dấu, số, . _ - @\n"
    "  --role VAI      city (trung tâm điều hành), commune (cán bộ một xã), analyst, operator\n"
    "  --unit MÃ       mã xã của tài khoản commune\n"
    "  --sso           không có mật khẩu: chỉ đăng nhập qua cổng SSO của thành phố\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso board user add --name duty.officer --role city -c hoso.conf\n"
    "  hoso board user add --name nghiduong --role commune --unit 11713 -c hoso.conf\n"
    "  hoso board user list -c hoso.conf\n"
    "  hoso board user disable --name duty.officer -c hoso.conf\n\n"
    "Accounts of the live board. add asks for a password (or reads one line of standard input); "
    "for a "
    "name that is\nthere it changes password and role, enables the account and ends its sessions. "
    "disable "
    "locks the account and ends\nits sessions.\n\n"
    "  --name NAME     lower-case ASCII letters, digits, . _ - @\n"
    "  --role ROLE     city (operations centre), commune (staff of one), analyst, operator\n"
    "  --unit CODE     the commune of a commune account\n"
    "  --sso           without a password: signs in through the city's SSO proxy only\n";

enum { OPTION_NAME = 256, OPTION_ROLE, OPTION_UNIT, OPTION_SSO };

struct account {
    const char *name;
    const char *role;
    const char *unit;
    bool sso;
};

static bool good_name(const char *name)
{
    return name && *name && strlen(name) <= 64 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-@") == strlen(name);
}

/* A line without its end, not shown while it is typed. false = end of input or too long. */
static bool read_secret(const char *prompt, char *out, size_t size)
{
    struct termios before;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        struct termios silent = before;
        silent.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        fputs(prompt, stderr);
    }
    bool got = fgets(out, (int)size, stdin);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    size_t len = got ? strcspn(out, "\r\n") : 0;
    if (!got || out[len] == '\0')
        return got && len + 1 < size;
    out[len] = '\0';
    return true;
}

/* 0, or an exit code already explained. */
static int ask_password(char *const *argv, char hash[PASSWORD_HASH_SIZE])
{
    char typed[PASSWORD_MAX + 2];
    char composed[PASSWORD_MAX + 1];
    struct str password = STR_NONE;
    bool good = read_secret(cli_text("Mật khẩu: ", "Password: "), typed, sizeof typed) &&
                text_nfc(str_of(typed), composed, PASSWORD_MAX, &password) &&
                password.len >= PASSWORD_MIN && password.len <= PASSWORD_MAX;
    if (good)
        good = password_hash(password, hash);
    else
        cli_wrong_usage(argv, "mật khẩu phải dài từ %d đến %d byte",
                        "a password has %d to %d bytes", PASSWORD_MIN, PASSWORD_MAX);
    explicit_bzero(typed, sizeof typed);
    explicit_bzero(composed, sizeof composed);
    return good ? EXIT_OK : EXIT_USAGE;
}

static int check_account(char *const *argv, const struct account *account)
{
    static const char *const roles[] = {"city", "commune", "analyst", "operator"};
    bool known = false;
    for (size_t i = 0; account->role && i < sizeof roles / sizeof *roles; i++)
        known = known || strcmp(account->role, roles[i]) == 0;
    if (!known)
        return cli_wrong_usage(argv, "--role là city, commune, analyst hoặc operator",
                               "--role is city, commune, analyst or operator");
    if ((strcmp(account->role, "commune") == 0) != (account->unit != NULL))
        return cli_wrong_usage(argv, "--unit đi cùng --role commune, và chỉ vai trò đó",
                               "--unit belongs to --role commune, and to no other");
    return EXIT_OK;
}

static int add(const struct account *account, char *const *argv, struct pg *pg, struct error *err)
{
    char hash[PASSWORD_HASH_SIZE] = "";
    struct pg_result *rows = NULL;
    struct pg_param unit = pg_text(str_of(account->unit));
    if (!account->sso && ask_password(argv, hash))
        return 1;
    int r = pg_exec(pg, "SELECT 1 FROM hoso.unit WHERE $1 IS NULL OR code = $1 LIMIT 1", &unit, 1,
                    &rows, err);
    if (r == 0 && pg_rows(rows) == 0)
        r = error_set(err, ERR_INPUT, cli_text("không có đơn vị %s", "there is no unit %s"),
                      account->unit);
    pg_result_free(rows);
    struct pg_param params[] = {pg_text(str_of(account->name)),
                                account->sso ? pg_text(STR_NONE) : pg_text(str_of(hash)),
                                pg_text(str_of(account->role)), unit};
    if (r == 0)
        r = pg_exec(
            pg,
            "WITH account AS (INSERT INTO hoso.board_user (name, password, role, unit_code) "
            "VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET password = $2, "
            "role = $3, unit_code = $4, disabled = false RETURNING user_id), "
            "ended AS (DELETE FROM hoso.board_session s USING account a "
            "WHERE s.user_id = a.user_id) INSERT INTO hoso.board_audit (actor, address, "
            "action, object) VALUES ('hoso board', '', 'user_add', $1)",
            params, 4, NULL, err);
    if (r == 0)
        printf(cli_text("Đã ghi tài khoản %s\n", "Account %s is set\n"), account->name);
    return r;
}

static int disable(const struct account *account, struct pg *pg, struct error *err)
{
    struct pg_param name = pg_text(str_of(account->name));
    struct pg_result *rows = NULL;
    int r =
        pg_exec(pg,
                "WITH account AS (UPDATE hoso.board_user SET disabled = true WHERE name = $1 "
                "RETURNING user_id), ended AS (DELETE FROM hoso.board_session s USING account a "
                "WHERE s.user_id = a.user_id), noted AS (INSERT INTO hoso.board_audit (actor, "
                "address, action, object) SELECT 'hoso board', '', 'user_disable', $1 "
                "FROM account) SELECT user_id FROM account",
                &name, 1, &rows, err);
    if (r == 0 && pg_rows(rows) == 0)
        r = error_set(err, ERR_INPUT, cli_text("không có tài khoản %s", "there is no account %s"),
                      account->name);
    else if (r == 0)
        printf(cli_text("Đã khóa tài khoản %s\n", "Account %s is locked\n"), account->name);
    pg_result_free(rows);
    return r;
}

static int list(struct pg *pg, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT name, role, coalesce(unit_code, ''), disabled, password IS NULL, "
                    "(SELECT max(seen_at) FROM hoso.board_session s WHERE s.user_id = u.user_id) "
                    "FROM hoso.board_user u ORDER BY name",
                    NULL, 0, &rows, err);
    for (size_t i = 0; r == 0 && i < pg_rows(rows); i++) {
        char seen[CLI_TIME_SIZE] = "";
        if (!pg_is_null(rows, i, 5))
            cli_time(pg_get_time(rows, i, 5), seen);
        printf("%-24.*s %-9.*s %-6.*s %-7s %-4s %s\n", STR_ARG(pg_get_text(rows, i, 0)),
               STR_ARG(pg_get_text(rows, i, 1)), STR_ARG(pg_get_text(rows, i, 2)),
               pg_get_bool(rows, i, 3) ? cli_text("khóa", "locked") : "",
               pg_get_bool(rows, i, 4) ? "sso" : "", seen);
    }
    pg_result_free(rows);
    return r;
}

/* 0 = run `verb`; else *ret_exit. */
static int parse(int argc, char **argv, struct site *site, struct account *account,
                 const char **ret_verb, int *ret_exit)
{
    static const struct option options[] = {SITE_LONG,
                                            {"name", required_argument, NULL, OPTION_NAME},
                                            {"role", required_argument, NULL, OPTION_ROLE},
                                            {"unit", required_argument, NULL, OPTION_UNIT},
                                            {"sso", no_argument, NULL, OPTION_SSO},
                                            {0}};
    *ret_exit = EXIT_OK;
    for (int option; (option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL)) != -1;) {
        switch (option) {
        case OPTION_NAME: account->name = optarg; break;
        case OPTION_ROLE: account->role = optarg; break;
        case OPTION_UNIT: account->unit = optarg; break;
        case OPTION_SSO: account->sso = true; break;
        case 'h': fputs(cli_text(help_vi, help_en), stdout); return 1;
        default:
            if (site_option(site, option, optarg))
                break;
            *ret_exit = cli_bad_option(argv, option);
            return 1;
        }
    }
    const char *verb =
        optind + 2 == argc && strcmp(argv[optind], "user") == 0 ? argv[argc - 1] : "";
    *ret_verb = verb;
    if (strcmp(verb, "add") != 0 && strcmp(verb, "list") != 0 && strcmp(verb, "disable") != 0)
        *ret_exit = cli_wrong_usage(argv, "cần: user add, user list hoặc user disable",
                                    "wants: user add, user list or user disable");
    else if (strcmp(verb, "list") != 0 && !good_name(account->name))
        *ret_exit = cli_wrong_usage(argv, "cần --name: chữ thường không dấu, số, . _ - @",
                                    "wants --name: lower-case ASCII letters, digits, . _ - @");
    else if (strcmp(verb, "add") == 0)
        *ret_exit = check_account(argv, account);
    return *ret_exit != EXIT_OK;
}

int cmd_board(int argc, char **argv)
{
    struct site site = {0};
    struct account account = {0};
    const char *verb;
    struct pg *pg = NULL;
    struct error err = {""};
    int code;
    if (parse(argc, argv, &site, &account, &verb, &code))
        return code;
    code = site_open(&site, argv, &pg);
    if (!code) {
        int r = strcmp(verb, "add") == 0       ? add(&account, argv, pg, &err)
                : strcmp(verb, "disable") == 0 ? disable(&account, pg, &err)
                                               : list(pg, &err);
        code = r < 0 ? cli_fail(argv, r, &err) : r > 0 ? EXIT_USAGE : EXIT_OK;
    }
    site_close(&site, pg);
    return code;
}
