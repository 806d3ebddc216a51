/* links: alerter */
/* What people and machines are sent: three parts, both clocks, no dossier code where it may not go; templates and their tokens. */
#include "notice/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "alerter/file.h"
#include "alerter/people.h"
#include "base/text.h"

#define CODE "H24.11713-260302-0001"

static const uint8_t alert_id[EVENT_ID_SIZE] = {0xab, 0xcd};

static int64_t at(const char *text)
{
    int64_t time;
    assert_true(vn_time_parse(str_of(text), &time));
    return time;
}

static struct message example(void)
{
    static struct message_group groups[3];
    static struct message_item items[3];
    const struct told_alert alert = {.id = alert_id,
                                     .rule = RULE_OVERDUE,
                                     .reason = STR("deadline_passed"),
                                     .unit_code = STR("11713"),
                                     .unit_name = STR("Nghi Dương"),
                                     .dossier_code = STR(CODE),
                                     .due_at = at("2026-03-12 16:00:00"),
                                     .deadline_at = at("2026-03-13 00:00:00"),
                                     .began_at = at("2026-03-13 00:00:00"),
                                     .ended_at = NO_TIME,
                                     .last_event_at = at("2026-03-12 09:00:00"),
                                     .last_ingested_at = at("2026-03-12 09:01:00")};
    for (int s = 0; s < SECTION_COUNT; s++) {
        groups[s] = (struct message_group){(enum section)s, STR("11713"), STR("Nghi Dương"),
                                           RULE_OVERDUE, s + 1};
        items[s] = (struct message_item){(enum section)s, alert};
    }
    items[SECTION_STILL].alert.acked_by = STR("Trực <ban>");
    items[SECTION_OVER].alert.state = ALERT_RESOLVED;
    items[SECTION_OVER].alert.reason = STR("done");
    return (struct message){.id = {1, 2, 3},
                            .recipient = STR("Chủ tịch & UBND"),
                            .to = STR("a@example.vn"),
                            .from = STR("hoso@example.vn"),
                            .link = STR("https://hoso.example.vn/xac-nhan/00"),
                            .now_at = at("2026-03-13 07:30:00"),
                            .groups = groups,
                            .group_count = 3,
                            .items = items,
                            .item_count = 3};
}

static void check_has(const char *text, const char *part, bool want)
{
    if ((strstr(text, part) != NULL) != want)
        fail_msg("%s \"%s\" in:\n%s", want ? "no" : "there is", part, text);
}

static void test_subject_and_text(void **state)
{
    (void)state;
    struct message message = example();
    char *subject = message_subject(&message), *text = message_text(&message);
    assert_string_equal(subject, "[hoso] Nghi Dương: 1 mới, 2 vẫn quá hạn, 3 đã xử lý");
    check_has(text, "MỚI (1)", true);
    check_has(text, "VẪN QUÁ HẠN (2)", true);
    check_has(text, "ĐÃ XỬ LÝ (3)", true);
    check_has(text, "Việc gần nhất: 09:00 12/03/2026 · Hệ thống nhận tin: 09:01 12/03/2026", true);
    check_has(text, "Dữ liệu về kịp thời: chậm ở khâu xử lý.", true);
    check_has(text, message.link.data, true);
    free(subject);
    free(text);
}

static void test_html_escapes(void **state)
{
    (void)state;
    struct message message = example();
    char *html = message_html(&message);
    check_has(html, "Chủ tịch &amp; UBND", true);
    check_has(html, "Trực &lt;ban&gt;", true);
    check_has(html, "<ban>", false);
    free(html);
}

static void test_which_clock_speaks(void **state)
{
    (void)state;
    struct told_alert alert = example().items[0].alert;
    int64_t now_at = at("2026-03-13 07:30:00");
    assert_int_equal(wording_verdict(&alert, now_at), CLOCK_WORK);
    alert.last_event_at -= 2 * MS_PER_DAY;
    assert_int_equal(wording_verdict(&alert, now_at), CLOCK_DATA);
    assert_int_equal(wording_verdict(&alert, now_at + 4 * MS_PER_DAY), CLOCK_SILENT);
    alert.portal_status = STATUS_DONE;
    assert_int_equal(wording_verdict(&alert, now_at), CLOCK_PORTAL);
}

static void test_a_storm_in_counts(void **state)
{
    (void)state;
    struct message message = example();
    message.item_count = 0;
    char *text = message_text(&message), *html = message_html(&message);
    check_has(text, "- Nghi Dương · Quá hạn trả kết quả: 3", true);
    check_has(text, CODE, false);
    check_has(html, CODE, false);
    free(text);
    free(html);
}

static void test_mail_lines(void **state)
{
    (void)state;
    struct message message = example();
    char *mail = message_mail(&message);
    check_has(mail, "Message-ID: <01020300000000000000000000000000@hoso>\r\n", true);
    check_has(mail, "Date: Fri, 13 Mar 2026 07:30:00 +0700\r\n", true);
    for (const char *line = mail, *end; *line; line = end + 2) {
        end = strstr(line, "\r\n");
        assert_non_null(end);
        assert_true(end - line <= 78); /* RFC 5322 */
        for (const char *c = line; c < end; c++)
            assert_true((unsigned char)*c < 128 && *c != '\n' && *c != '\r');
    }
    free(mail);
}

static void test_codes_stay_inside(void **state)
{
    (void)state;
    struct message message = example();
    char *with = message_webhook(&message, "ioc", true);
    char *without = message_webhook(&message, "ioc", false);
    char *values = message_values(&message);
    check_has(with, CODE, true);
    check_has(without, CODE, false);
    check_has(values, CODE, false);
    check_has(without, "\"count\":\"3\"", true);
    check_has(with, "\"last_event_at\":\"2026-03-12T09:00:00",
              true); /* both clocks, and which speaks */
    check_has(with, "\"last_ingested_at\":\"2026-03-12T09:01:00", true);
    check_has(with, "\"description\":\"Dữ liệu về kịp thời", true);
    check_has(values, "\"unit\":\"Nghi Dương\"", true);
    check_has(values, "\"still\":\"2\"", true);
    free(with);
    free(without);
    free(values);
}

/* ---- templates ---- */

static char folder[] = "/tmp/hoso-template-XXXXXX";
static char path[64];

static void write_file(const char *name, const char *text)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(file_replace(path, str_of(text), NULL), 0);
}

static void test_a_template_is_filled(void **state)
{
    (void)state;
    struct template *template = NULL;
    struct template_request *request = NULL;
    struct json_doc *doc = NULL;
    struct error err;
    write_file("t", "# success: error = 0\n# token_expired: error = -216\n"
                    "POST https://example.vn/{{a}}\nContent-Type: application/json\nX: {{a}}\n\n"
                    "{\"x\": \"{{ b }}\"}\n");
    assert_int_equal(template_load(path, &template, &err), 0);
    assert_int_equal(
        json_parse(STR("{\"a\":\"1\\r\\nEvil: 2\",\"b\":\"say \\\"x\\\"\\n\\\\\"}"), &doc, &err),
        0);
    const struct json *values[] = {NULL, json_root(doc)};
    assert_int_equal(template_fill(template, values, 2, &request, &err), 0);
    assert_string_equal(request->http.url, "https://example.vn/1  Evil: 2");
    assert_string_equal(request->headers[1], "X: 1  Evil: 2");
    assert_string_equal(request->parts[1], "{\"x\": \"say \\\"x\\\"\\n\\\\\"}\n");
    template_request_free(request);
    const struct json *none[] = {NULL};
    assert_int_equal(template_fill(template, none, 1, &request, &err), ERR_INPUT);
    check_has(err.text, "{{a}}", true);
    assert_int_equal(template_judge(template, 200, STR("{\"error\":0}")), ANSWER_GOOD);
    assert_int_equal(template_judge(template, 200, STR("{\"error\":-1}")), ANSWER_BAD);
    assert_int_equal(template_judge(template, 200, STR("{\"error\":-216}")), ANSWER_TOKEN_EXPIRED);
    assert_int_equal(template_judge(template, 500, STR("{\"error\":0}")), ANSWER_BAD);
    assert_int_equal(template_judge(template, 200, STR("oops")), ANSWER_BAD);
    json_doc_free(doc);
    template_free(template);
}

static void test_templates_that_cannot_be(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "POST\n", "POST ftp://x\n\n",
                                        "POST http://x\nno header\n\n",
                                        "# success: error\nPOST http://x\n\n"};
    struct template *template = NULL;
    struct error err;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_file("w", wrong[i]);
        assert_int_equal(template_load(path, &template, &err), ERR_INPUT);
        check_has(err.text, path, true);
    }
    assert_int_equal(template_load("/nowhere", &template, &err), ERR_INPUT);
}

static void test_a_token_is_replaced_whole(void **state)
{
    (void)state;
    struct token *token = NULL;
    struct error err;
    char template_path[64], *kept;
    write_file(
        "r",
        "POST http://x\nContent-Type: application/x-www-form-urlencoded\n\nr={{refresh_token}}");
    memcpy(template_path, path, sizeof path);
    write_file("token", "{\"refresh_token\":\"r&1\",\"app_id\":\"7\"}");
    assert_int_equal(token_open(template_path, path, &token, &err), 0);
    struct template_request *request = NULL;
    const struct json *values[] = {token_values(token)};
    assert_int_equal(template_fill(token_template(token), values, 1, &request, &err), 0);
    assert_string_equal(request->parts[1], "r=r%261");
    template_request_free(request);
    assert_int_equal(token_take(token, STR("{\"error\":-14014}"), &err), ERR_INPUT);
    assert_int_equal(
        token_take(token, STR("{\"access_token\":\"a2\",\"refresh_token\":\"r2\"}"), &err), 0);
    assert_int_equal(file_read(path, &kept, &err), 0);
    assert_string_equal(kept, "{\"token\":\"a2\",\"refresh_token\":\"r2\",\"app_id\":\"7\"}");
    free(kept);
    token_free(token);
    write_file("token", "{}");
    assert_int_equal(token_open(template_path, path, &token, &err), ERR_INPUT);
}

static void test_links_are_signed(void **state)
{
    (void)state;
    struct str key = STR("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk");
    char text[LINK_SIZE];
    uint8_t id[EVENT_ID_SIZE];
    struct str link = str_of(link_path(key, alert_id, text));
    assert_true(link_read(key, link, id));
    assert_memory_equal(id, alert_id, EVENT_ID_SIZE);
    assert_false(link_read(STR("jkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"), link, id));
    for (size_t i = strlen("/xac-nhan/"); i < link.len; i++) {
        char was = text[i];
        text[i] = was == '0' ? '1' : '0';
        assert_false(link_read(key, link, id));
        text[i] = was;
    }
    assert_false(link_read(key, (struct str){text, link.len - 1}, id));
    assert_false(link_read(key, STR("/readyz"), id));
}

static void test_base64(void **state)
{
    (void)state;
    char out[16];
    assert_string_equal(text_base64(STR(""), out), "");
    assert_string_equal(text_base64(STR("f"), out), "Zg==");
    assert_string_equal(text_base64(STR("fo"), out), "Zm8=");
    assert_string_equal(text_base64(STR("foo"), out), "Zm9v");
    assert_string_equal(text_base64(STR("\xff\xfe\xfd\xfc"), out), "//79/A==");
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"t", "w", "r", "token"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subject_and_text),
        cmocka_unit_test(test_html_escapes),
        cmocka_unit_test(test_which_clock_speaks),
        cmocka_unit_test(test_a_storm_in_counts),
        cmocka_unit_test(test_mail_lines),
        cmocka_unit_test(test_codes_stay_inside),
        cmocka_unit_test(test_a_template_is_filled),
        cmocka_unit_test(test_templates_that_cannot_be),
        cmocka_unit_test(test_a_token_is_replaced_whole),
        cmocka_unit_test(test_links_are_signed),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
