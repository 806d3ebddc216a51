/*
 * A message to one recipient: what is new, what is still late, what is over; as a mail, as JSON in the shape of Alertmanager's webhook
 * (version 4), and as the values of a template for chat and SMS. Pure. A dossier's code is in a mail to the staff of its unit, and in a
 * webhook only where its channel says so; never in the values of a template.
 */
#ifndef HOSO_NOTICE_MESSAGE_H
#define HOSO_NOTICE_MESSAGE_H

#include "notice/wording.h"

enum section { SECTION_NEW, SECTION_STILL, SECTION_OVER, SECTION_COUNT };
/* "MỚI", "VẪN QUÁ HẠN", "ĐÃ XỬ LÝ". */
const char *message_label(enum section section);

struct message_item {
    enum section section;
    struct told_alert alert;
};
/* How many of one section, unit and rule. */
struct message_group {
    enum section section;
    struct str unit_code;
    struct str unit_name;
    enum alert_rule rule;
    int64_t count;
};

struct message {
    uint8_t id[EVENT_ID_SIZE]; /* of the delivery: the same for every attempt */
    struct str recipient;      /* the office */
    struct str to;             /* address */
    struct str from;           /* of mail */
    struct str link;           /* acknowledges; empty = none */
    bool digest;
    int64_t now_at;
    const struct message_group *groups; /* all there is, by section */
    size_t group_count;
    const struct message_item
        *items; /* by section; a section without items is told in counts only (a storm) */
    size_t item_count;
    struct str notice_subject; /* given = a plain notice to an operator, without sections */
    struct str notice;
};
int64_t message_total(const struct message *message, enum section section);

/* "[hoso] Nghi Dương: 2 mới, 5 vẫn quá hạn, 1 đã xử lý". All: malloc'd, ended by NUL; NULL when memory is short. */
char *message_subject(const struct message *message);
/* A whole mail, MIME, lines ended by CRLF: text and HTML, UTF-8. */
char *message_mail(const struct message *message);
/* codes: with dossier codes; otherwise one alert per unit and rule, with a count. link: as externalURL. */
char *message_webhook(const struct message *message, const char *receiver, bool codes);
/* {"id", "address", "unit", "new", "still", "over", "link", "subject", "text"}: what a template may use. */
char *message_values(const struct message *message);

/* The two halves of the mail by themselves, to look at. */
char *message_html(const struct message *message);
char *message_text(const struct message *message);

#endif
