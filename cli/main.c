#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* Ended by a row without name. */
static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *example; /* arguments of a typical call */
    const char *help_vi;
    const char *help_en;
} commands[] = {
    {"due", cmd_due, "--from 2026-04-24T09:00 --days 5",
     "tính hạn trả kết quả và nêu những ngày không tính",
     "compute when a result is due and name the days that do not count"},
    {"gen", cmd_gen, "--profile nghi-duong --out year.ndjson",
     "sinh thông điệp giả lập như hệ thống một cửa gửi",
     "make synthetic messages as a one-stop system sends them"},
    {"config", cmd_config, "check -c hoso.conf", "kiểm tra hoặc hiển thị cấu hình",
     "check or show the configuration"},
    {"db", cmd_db, "migrate -c hoso.conf", "tạo hoặc nâng cấp bảng và danh mục trong PostgreSQL",
     "make or upgrade tables and reference data in PostgreSQL"},
    {"topics", cmd_topics, "apply -c hoso.conf", "tạo các topic Kafka còn thiếu",
     "make the Kafka topics that are missing"},
    {"tail", cmd_tail, "-c hoso.conf --topic alerts",
     "hiện sự kiện hoặc cảnh báo đã giải mã, ngay khi đến",
     "show decoded events or alerts as they come"},
    {"alerts", cmd_alerts, "list -c hoso.conf --unit 11713",
     "xem, xác nhận, hoãn cảnh báo; thử gửi", "see, acknowledge and snooze alerts; test sending"},
    {"people", cmd_people, "list -c hoso.conf",
     "ai được báo về cảnh báo nào, từ ngày nào đến ngày nào",
     "who is told of which alerts, from when to when"},
    {"report", cmd_report, "-c hoso.conf --unit 11713 --from 2025-07-01 --to 2026-06-30",
     "tổng hợp tình hình giải quyết hồ sơ của một xã trong kỳ",
     "summary of one commune's dossiers in a period"},
    {"board", cmd_board, "user add --name truc.ban --role city -c hoso.conf",
     "tài khoản của bảng theo dõi trực tiếp", "accounts of the live board"},
    {"dlq", cmd_dlq, "list -c hoso.conf", "những bản ghi lỗi: liệt kê, xem, gửi lại",
     "records that could not be used: list, show, send again"},
    {"backfill", cmd_backfill, "-c hoso.conf --source history year-2025.csv",
     "nạp tệp dữ liệu cũ, có thanh tiến độ", "load files of old data, with a progress bar"},
    {"portal", cmd_portal, "--url http://127.0.0.1:8480 --user motcua --key KEY",
     "đóng vai hệ thống một cửa thế hệ A, B, kể cả lỗi thực tế",
     "play a one-stop system of generation A or B, with the faults of the field"},
    {"doctor", cmd_doctor, "-c hoso.conf", "khám hệ thống: cái gì ổn, cái gì không, phải làm gì",
     "examine the installation: what is well, what is not, what to do"},
    {"replay", cmd_replay, "-c hoso.conf",
     "tính lại toàn bộ bên cạnh hệ thống đang chạy, so từng dòng, thay khi được yêu cầu",
     "work everything out again beside the running system, compare row by row, take over on wish"},
    {"quarantine", cmd_quarantine, "-c hoso.conf", "hồ sơ chưa xếp được vào xã nào, và vì sao",
     "dossiers that no commune answers for, and why"},
    {"timeline", cmd_timeline, "-c hoso.conf H24.11713-260601-0001",
     "một hồ sơ từ đầu đến nay: ai giữ, lúc nào", "one dossier's life: who held it, and when"},
    {"units", cmd_units, "import -c hoso.conf agencies.csv --dry-run",
     "nạp bảng mã cơ quan, danh mục đơn vị", "load the agency map, the units"},
    {0},
};

static void print_help(void)
{
    fputs(cli_text("Ví dụ:\n", "Examples:\n"), stdout);
    for (const struct command *command = commands; command->name; command++)
        printf("  hoso %s %s\n", command->name, command->example);
    fputs(cli_text("\nLệnh:\n", "\nCommands:\n"), stdout);
    for (const struct command *command = commands; command->name; command++)
        printf("  hoso %-10s %s\n", command->name, cli_text(command->help_vi, command->help_en));
    fputs(cli_text("\nhoso LỆNH --help: chi tiết từng lệnh. hoso --version: phiên bản.\n"
                   "Mã thoát: 0 xong, 1 kiểm tra không đạt, 2 dùng sai, 65 dữ liệu sai, "
                   "69 không kết nối được, 70 lỗi phần mềm, 78 cấu hình sai.\n",
                   "\nhoso COMMAND --help: each in detail. hoso --version: the version.\n"
                   "Exit codes: 0 done, 1 a check said no, 2 wrong usage, 65 wrong data, "
                   "69 unreachable, 70 our fault, 78 wrong configuration.\n"),
          stdout);
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein's distance; only words shorter than the row are compared. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[32];
    size_t length = strlen(b);
    if (length >= sizeof row / sizeof *row)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= length; j++) {
            size_t above = row[j];
            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[length];
}

static int unknown_command(const char *word)
{
    const char *nearest = NULL;
    size_t nearest_distance = 3; /* further off is not a slip of the finger */
    for (const struct command *command = commands; command->name; command++) {
        size_t distance = edit_distance(word, command->name);
        if (distance < nearest_distance) {
            nearest = command->name;
            nearest_distance = distance;
        }
    }
    fprintf(stderr, cli_text("hoso: không có lệnh \"%s\".", "hoso: no command \"%s\"."), word);
    if (nearest)
        fprintf(stderr, cli_text(" Ý bạn là \"hoso %s\"?", " Did you mean \"hoso %s\"?"), nearest);
    fputs(cli_text("\nXem: hoso --help\n", "\nSee: hoso --help\n"), stderr);
    return EXIT_USAGE;
}

/* A result that did not reach its reader (a full disk) is no success. */
static int check_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, cli_text("hoso: không ghi được kết quả: %s\n", "hoso: cannot write: %s\n"),
            strerror(errno));
    return code == EXIT_OK ? EXIT_SOFTWARE : code;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("hoso " HOSO_VERSION);
        return EXIT_OK;
    }
    for (const struct command *command = commands; command->name; command++) {
        if (strcmp(argv[1], command->name) != 0)
            continue;
        char program[32];
        snprintf(program, sizeof program, "hoso %s", command->name);
        argv[1] = program;
        opterr = 0;
        return check_output(command->run(argc - 1, argv + 1));
    }
    return unknown_command(argv[1]);
}
