/* Text, HTML and the mail that carries both. */
#include "notice/message.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/text.h"

static const char *const labels[SECTION_COUNT] = {"MỚI", "VẪN QUÁ HẠN", "ĐÃ XỬ LÝ"};
static const char *const words[SECTION_COUNT] = {"mới", "vẫn quá hạn", "đã xử lý"};

const char *message_label(enum section section)
{
    return labels[section];
}

int64_t message_total(const struct message *message, enum section section)
{
    int64_t total = 0;
    for (size_t i = 0; i < message->group_count; i++) {
        if (message->groups[i].section == section)
            total += message->groups[i].count;
    }
    return total;
}

/* The unit where there is only one. */
static struct str only_unit(const struct message *message)
{
    struct str name = STR_NONE;
    for (size_t i = 0; i < message->group_count; i++) {
        if (i > 0 && !str_eq(message->groups[i].unit_name, name))
            return STR("Nhiều đơn vị");
        name = message->groups[i].unit_name;
    }
    return str_given(name) ? name : STR("Chưa rõ đơn vị");
}

/* before and after: around each count. */
static void write_counts(FILE *out, const struct message *message, const char *before,
                         const char *after)
{
    const char *comma = "";
    for (int s = 0; s < SECTION_COUNT; s++) {
        int64_t total = message_total(message, (enum section)s);
        if (total)
            fprintf(out, "%s%s%lld %s%s", comma, before, (long long)total, words[s], after);
        comma = total ? ", " : comma;
    }
}

/* What a writer wrote; NULL when memory was short. */
static char *close_text(FILE *out, char **text)
{
    if (out && fclose(out) == 0)
        return *text;
    free(*text);
    return NULL;
}

char *message_subject(const struct message *message)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    if (str_given(message->notice_subject)) {
        fprintf(out, "[hoso] %.*s", STR_ARG(message->notice_subject));
    } else {
        fprintf(out, "[hoso] %.*s: ", STR_ARG(only_unit(message)));
        write_counts(out, message, "", "");
    }
    if (message->digest)
        fputs(" (tổng hợp ngày)", out);
    return close_text(out, &text);
}

static bool has_items(const struct message *message, enum section section)
{
    for (size_t i = 0; i < message->item_count; i++) {
        if (message->items[i].section == section)
            return true;
    }
    return false;
}

static void write_item_text(FILE *out, const struct message_item *item, int64_t now_at)
{
    const struct told_alert *alert = &item->alert;
    char due[WORDING_TIME_SIZE], when[WORDING_TIME_SIZE], heard[WORDING_TIME_SIZE];
    fprintf(out, "- %s\n  Hồ sơ %.*s · %.*s · hạn %s\n", wording_rule(alert->rule),
            STR_ARG(alert->dossier_code), STR_ARG(alert->unit_name),
            wording_time(alert->due_at, due));
    if (item->section == SECTION_OVER) {
        fprintf(out, "  %s (%s)\n", wording_end(alert->reason, alert->state),
                wording_time(alert->ended_at, when));
        return;
    }
    fprintf(out, "  Việc gần nhất: %s · Hệ thống nhận tin: %s\n  %s\n",
            wording_time(alert->last_event_at, when), wording_time(alert->last_ingested_at, heard),
            wording_of_verdict(wording_verdict(alert, now_at)));
    if (str_given(alert->acked_by))
        fprintf(out, "  Đã nhận: %.*s\n", STR_ARG(alert->acked_by));
}

static void write_text(FILE *out, const struct message *message)
{
    fprintf(out, "Kính gửi: %.*s\n", STR_ARG(message->recipient));
    if (str_given(message->notice))
        fprintf(out, "\n%.*s\n", STR_ARG(message->notice));
    for (int s = 0; s < SECTION_COUNT; s++) {
        int64_t total = message_total(message, (enum section)s);
        if (!total)
            continue;
        fprintf(out, "\n%s (%lld)\n", labels[s], (long long)total);
        bool in_detail = has_items(message, (enum section)s);
        for (size_t i = 0; in_detail && i < message->item_count; i++) {
            if (message->items[i].section == (enum section)s)
                write_item_text(out, &message->items[i], message->now_at);
        }
        for (size_t i = 0; !in_detail && i < message->group_count; i++) {
            const struct message_group *group = &message->groups[i];
            if (group->section == (enum section)s)
                fprintf(out, "- %.*s · %s: %lld\n", STR_ARG(group->unit_name),
                        wording_rule(group->rule), (long long)group->count);
        }
    }
    if (str_given(message->link))
        fprintf(out, "\nXác nhận đã nhận: %.*s\n", STR_ARG(message->link));
    fputs("\nThư tự động của hoso. Không chuyển tiếp ra ngoài cơ quan.\n", out);
}

/* ---- HTML: one column, no style sheet, no picture: what phones and mail readers show alike ---- */

static void put_html(FILE *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc(text.data[i], out);
        }
    }
}

static const char *const colours[SECTION_COUNT] = {"#b3261e", "#8a4b00", "#1b6e3c"};

static void write_item_html(FILE *out, const struct message_item *item, int64_t now_at)
{
    const struct told_alert *alert = &item->alert;
    char due[WORDING_TIME_SIZE], when[WORDING_TIME_SIZE], heard[WORDING_TIME_SIZE];
    fprintf(out,
            "<div style=\"border:1px solid #ddd;border-left:5px solid %s;border-radius:6px;"
            "padding:10px 12px;margin:0 0 10px\"><div style=\"font-weight:bold\">%s</div>"
            "<div style=\"font-family:monospace;font-size:15px;margin:4px 0;"
            "overflow-wrap:anywhere\">",
            colours[item->section], wording_rule(alert->rule));
    put_html(out, alert->dossier_code);
    fputs("</div><div>", out);
    put_html(out, alert->unit_name);
    fprintf(out, "</div><div>Hạn: <b>%s</b></div>", wording_time(alert->due_at, due));
    if (item->section == SECTION_OVER) {
        fprintf(out, "<div style=\"color:#1b6e3c;margin-top:6px\">✓ %s (%s)</div></div>",
                wording_end(alert->reason, alert->state), wording_time(alert->ended_at, when));
        return;
    }
    enum clock_verdict verdict = wording_verdict(alert, now_at);
    fprintf(out,
            "<div style=\"color:#555;font-size:14px;margin-top:6px\">Việc gần nhất: %s<br>"
            "Hệ thống nhận tin: %s</div>"
            "<div style=\"background:%s;border-radius:4px;padding:6px 8px;margin-top:6px;"
            "font-size:14px\">%s</div>",
            wording_time(alert->last_event_at, when), wording_time(alert->last_ingested_at, heard),
            verdict == CLOCK_WORK ? "#f3f3f3" : "#fff4d6", wording_of_verdict(verdict));
    if (str_given(alert->acked_by)) {
        fputs("<div style=\"font-size:14px;margin-top:6px\">Đã nhận: ", out);
        put_html(out, alert->acked_by);
        fputs("</div>", out);
    }
    fputs("</div>", out);
}

static void write_section_html(FILE *out, const struct message *message, enum section section)
{
    bool in_detail = has_items(message, section);
    fprintf(out, "<h2 style=\"font-size:18px;color:%s;margin:20px 0 8px\">%s (%lld)</h2>",
            colours[section], labels[section], (long long)message_total(message, section));
    for (size_t i = 0; in_detail && i < message->item_count; i++) {
        if (message->items[i].section == section)
            write_item_html(out, &message->items[i], message->now_at);
    }
    if (in_detail)
        return;
    fputs("<table style=\"border-collapse:collapse;width:100%\">", out);
    for (size_t i = 0; i < message->group_count; i++) {
        const struct message_group *group = &message->groups[i];
        if (group->section != section)
            continue;
        fputs("<tr><td style=\"padding:6px 4px;border-bottom:1px solid #ddd\">", out);
        put_html(out, group->unit_name);
        fprintf(out,
                "<br><span style=\"color:#555\">%s</span></td><td style=\"padding:6px 4px;"
                "border-bottom:1px solid #ddd;text-align:right;font-weight:bold\">%lld</td></tr>",
                wording_rule(group->rule), (long long)group->count);
    }
    fputs("</table>", out);
}

static void write_html(FILE *out, const struct message *message)
{
    fputs("<!DOCTYPE html><html lang=\"vi\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head>"
          "<body style=\"margin:0;background:#fff;color:#1a1a1a;font-family:Arial,sans-serif;"
          "font-size:16px;line-height:1.45\">"
          "<div style=\"max-width:600px;margin:0 auto;padding:14px\"><div>Kính gửi: <b>",
          out);
    put_html(out, message->recipient);
    fputs("</b></div><div style=\"font-size:20px;font-weight:bold;margin:8px 0\">", out);
    bool notice = str_given(message->notice);
    put_html(out, notice ? message->notice_subject : only_unit(message));
    fputs(notice ? "" : ": ", out);
    write_counts(out, message, "<span style=\"white-space:nowrap\">", "</span>");
    fputs("</div><div>", out);
    put_html(out, message->notice);
    fputs("</div>", out);
    for (int s = 0; s < SECTION_COUNT; s++) {
        if (message_total(message, (enum section)s))
            write_section_html(out, message, (enum section)s);
    }
    if (str_given(message->link)) {
        fputs("<div style=\"margin:20px 0\"><a href=\"", out);
        put_html(out, message->link);
        fputs("\" style=\"display:block;background:#0b57d0;color:#fff;text-decoration:none;"
              "text-align:center;font-weight:bold;padding:14px;border-radius:8px\">"
              "Xác nhận đã nhận</a></div>",
              out);
    }
    fputs("<div style=\"color:#555;font-size:13px\">Thư tự động của hoso. Không chuyển tiếp ra "
          "ngoài cơ quan.</div></div></body></html>\n",
          out);
}

static char *written(const struct message *message, void (*write)(FILE *, const struct message *))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    write(out, message);
    return close_text(out, &text);
}

char *message_html(const struct message *message)
{
    return written(message, write_html);
}

char *message_text(const struct message *message)
{
    return written(message, write_text);
}

/* ---- MIME ---- */

/* Lines of at most 76 characters. */
static bool put_base64_lines(FILE *out, struct str bytes)
{
    enum { LINE_BYTES = 57 };
    char line[LINE_BYTES / 3 * 4 + 1];
    for (size_t at = 0; at < bytes.len; at += LINE_BYTES) {
        size_t len = bytes.len - at < LINE_BYTES ? bytes.len - at : LINE_BYTES;
        fprintf(out, "%s\r\n", text_base64((struct str){bytes.data + at, len}, line));
    }
    return !ferror(out);
}

/* RFC 2047: encoded words of at most 75 characters that begin and end between UTF-8 characters. */
static void put_header_text(FILE *out, struct str text)
{
    enum { WORD_BYTES = 42 };
    char word[WORD_BYTES / 3 * 4 + 1];
    for (size_t at = 0; at < text.len;) {
        size_t len = text.len - at < WORD_BYTES ? text.len - at : WORD_BYTES;
        while (at + len < text.len && len > 1 &&
               ((unsigned char)text.data[at + len] & 0xc0) == 0x80)
            len--;
        fprintf(out, "%s=?UTF-8?B?%s?=", at ? "\r\n " : "",
                text_base64((struct str){text.data + at, len}, word));
        at += len;
    }
}

static void put_part(FILE *out, const char *boundary, const char *type, const char *content)
{
    fprintf(out,
            "--%s\r\nContent-Type: %s; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n",
            boundary, type);
    put_base64_lines(out, str_of(content));
}

static void put_mail(FILE *out, const struct message *message, const char *subject,
                     const char *text, const char *html)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct vn_time t = vn_time_of(message->now_at);
    char id[2 * EVENT_ID_SIZE + 1];
    hex_encode(message->id, EVENT_ID_SIZE, id);
    fprintf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0700\r\nFrom: <%.*s>\r\nTo: <%.*s>\r\n",
            days[weekday_of(day_of(message->now_at))], t.day, months[t.month - 1], t.year, t.hour,
            t.minute, t.second, STR_ARG(message->from), STR_ARG(message->to));
    fputs("Subject: ", out);
    put_header_text(out, str_of(subject));
    fprintf(out,
            "\r\nMessage-ID: <%s@hoso>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/alternative;\r\n boundary=\"=_%s\"\r\n\r\n",
            id, id);
    char boundary[2 * EVENT_ID_SIZE + 4];
    snprintf(boundary, sizeof boundary, "=_%s", id);
    put_part(out, boundary, "text/plain", text);
    put_part(out, boundary, "text/html", html);
    fprintf(out, "--%s--\r\n", boundary);
}

char *message_mail(const struct message *message)
{
    char *subject = message_subject(message), *text = message_text(message),
         *html = message_html(message), *mail = NULL;
    size_t size;
    FILE *out = subject && text && html ? open_memstream(&mail, &size) : NULL;
    if (out)
        put_mail(out, message, subject, text, html);
    free(subject);
    free(text);
    free(html);
    return out ? close_text(out, &mail) : NULL;
}
