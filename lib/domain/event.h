/*
 * The event: what one source said about one dossier (hồ sơ), without personal data.
 *
 * The in-memory form of schemas/avro/dossier_event.v1.avsc, field for field and in its order. All
 * text is views into memory that somebody else owns (the record's bytes, the request's JSON).
 */
#ifndef HOSO_DOMAIN_EVENT_H
#define HOSO_DOMAIN_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"

/* Which kind says which fields speak; identities as in DESIGN.md, "Events". */
enum event_kind {
    EVENT_RECORD,       /* a whole HoSo: milestones, attributes, due date, status */
    EVENT_PROGRESS,     /* one TienTrinh row: status at occurred_at */
    EVENT_STATUS,       /* an undated status: occurred_at = ingested_at, time_basis = ingest */
    EVENT_DUE_CHANGED,  /* due_before -> due_at, with due_reason */
    EVENT_TRANSFERRED,  /* transfer_from -> transfer_to */
    EVENT_PAID,         /* paid_online says how */
    EVENT_RATED,        /* rating 1..5 */
    EVENT_APOLOGY_SENT, /* written apology (văn bản xin lỗi, form 04) sent */
    EVENT_ALIAS,        /* this code is another name of alias_of */
    EVENT_ERASED,       /* forget this dossier */
    EVENT_KIND_COUNT
};

/* TrangThaiHoSo (domain notes 1.5). 0 = none given. */
enum dossier_status {
    STATUS_NONE = 0,
    STATUS_REGISTERED = 1,       /* Mới đăng ký */
    STATUS_ACCEPTED = 2,         /* Được tiếp nhận */
    STATUS_REFUSED = 3,          /* Không được tiếp nhận */
    STATUS_PROCESSING = 4,       /* Đang xử lý */
    STATUS_SUPPLEMENT = 5,       /* Yêu cầu bổ sung giấy tờ: clock paused */
    STATUS_AWAITING_PAYMENT = 6, /* Yêu cầu thực hiện nghĩa vụ tài chính: clock paused */
    STATUS_WITHDRAWN = 7,        /* Công dân yêu cầu rút hồ sơ */
    STATUS_STOPPED = 8,          /* Dừng xử lý */
    STATUS_DONE = 9,             /* Đã xử lý xong */
    STATUS_RETURNED = 10,        /* Đã trả kết quả */
    STATUS_COUNT
};

/* Whose word it is. While a local stream exists for a dossier, it decides (domain notes 7.4). */
enum event_trust { TRUST_PORTAL, TRUST_LOCAL, TRUST_COUNT };

/* Where occurred_at comes from. */
enum time_basis { BASIS_SOURCE, BASIS_INGEST, BASIS_COUNT };

/* KenhThucHien. */
enum channel {
    CHANNEL_UNKNOWN,
    CHANNEL_COUNTER, /* 1 trực tiếp */
    CHANNEL_ONLINE,  /* 2 trực tuyến */
    CHANNEL_POSTAL,  /* 3 bưu chính công ích */
    CHANNEL_OTHER,   /* ki-ốt and whatever comes */
    CHANNEL_COUNT
};

/* LoaiDoiTuong after the source's own mapping. */
enum subject {
    SUBJECT_UNKNOWN,
    SUBJECT_CITIZEN,
    SUBJECT_BUSINESS,
    SUBJECT_HOUSEHOLD,
    SUBJECT_STATE,
    SUBJECT_OTHER,
    SUBJECT_COUNT
};

/* MucDo. */
enum online_level {
    LEVEL_UNKNOWN,
    LEVEL_INFORMATION, /* 2 cung cấp thông tin */
    LEVEL_PARTIAL,     /* 3 một phần */
    LEVEL_FULL,        /* 4 toàn trình */
    LEVEL_COUNT
};

enum due_reason {
    DUE_UNKNOWN,
    DUE_SUPPLEMENT,    /* after a supplement: lateness is judged by the new date from then on */
    DUE_REAPPOINTMENT, /* hẹn lại: the promise moves, lateness stays with the old date */
    DUE_CORRECTION,    /* a typing error: the new date replaces the old one */
    DUE_REASON_COUNT
};

/* A yes/no that may be unknown. */
enum tri { TRI_UNKNOWN = -1, TRI_NO = 0, TRI_YES = 1 };

#define EVENT_ID_SIZE 16
#define CODE_MAX 64 /* dossier, procedure, agency codes: opaque strings, bytes */
#define SOURCE_MAX 64

struct event {
    uint8_t event_id[EVENT_ID_SIZE];
    enum event_kind kind;
    struct str source; /* name of the configured source, 1..SOURCE_MAX bytes */
    enum event_trust trust;
    struct str dossier_code;     /* 1..CODE_MAX bytes; the Kafka key */
    struct str alternative_code; /* MaHoSoKhac, empty = none */
    int64_t occurred_at;         /* source's time, or ingested_at where time_basis says so */
    int64_t
        occurred_original_at; /* what the source said when it lay 5 min..24 h ahead of us, else NO_TIME */
    enum time_basis time_basis;
    int64_t ingested_at;       /* ours, stamped once per request */
    int32_t status;            /* 0..10 */
    struct str procedure_code; /* national code, suffix stripped */
    struct str field_code;
    struct str deciding_agency; /* agency code; the unit is resolved later, by the map */
    struct str receiving_agency;
    struct str deciding_unit; /* commune code, only where the source itself names it (MaXa) */
    enum channel channel;
    enum subject subject;
    enum online_level online_level;
    enum tri non_territorial;
    int64_t submitted_at;  /* NgayNopHoSo */
    int64_t accepted_at;   /* NgayTiepNhan */
    int64_t due_at;        /* NgayHenTra; the new date in due_changed */
    int64_t due_before_at; /* the date that due_changed replaces */
    enum due_reason due_reason;
    int64_t ended_at;    /* NgayKetThucXuLy */
    int64_t returned_at; /* NgayTra */
    int64_t refused_at;  /* NgayTuChoi */
    int64_t step_due_at; /* NgayKetThucTheoQuyDinh of the step */
    enum tri fee_due;
    enum tri paid;
    enum tri paid_online;
    enum tri digitised;
    enum tri apology_sent;
    struct str late_reason;   /* code, empty = none */
    int32_t rating;           /* 1..5, 0 = none */
    struct str transfer_from; /* agency codes */
    struct str transfer_to;
    struct str alias_of; /* canonical dossier code */
    struct str officer;  /* keyed hash, 16 bytes, or empty */
};

/* An event with nothing in it: times NO_TIME, tri-states unknown, everything else 0 or empty. */
struct event event_empty(void);

/*
 * Checks what the schema cannot say: lengths, ranges (times within TIME_MIN_AT..TIME_MAX_AT, status
 * 0..10, rating 0..5), enumerations in range, no control characters in text, and that the kind carries what it needs (progress and
 * status a status 1..10; due_changed a due_at; transferred a transfer_to; rated a rating; alias an
 * alias_of other than its own code; officer empty or 16 bytes).
 * 0, or ERR_INPUT with a text that names the field and never its content.
 */
int event_validate(const struct event *event, struct error *err);

/*
 * Place of a status in the life of a dossier for events of one instant: 1,2,4,5,6,8,3,7,9,10
 * (domain notes 7.1) -> 1..10; 0 for STATUS_NONE. Status in 0..10.
 */
int status_rank(int32_t status);

/*
 * The total order of a dossier's events: occurred_at, life-cycle rank, ingested_at, event_id, then
 * kind (domain notes 7.1). <0, 0, >0.
 */
int event_compare(const struct event *a, const struct event *b);

/* The Avro names of the enumerators ("record", "online", …), in their order and ended by NULL … */
extern const char *const event_kind_names[EVENT_KIND_COUNT + 1];
extern const char *const event_trust_names[TRUST_COUNT + 1];
extern const char *const time_basis_names[BASIS_COUNT + 1];
extern const char *const channel_names[CHANNEL_COUNT + 1];
extern const char *const subject_names[SUBJECT_COUNT + 1];
extern const char *const online_level_names[LEVEL_COUNT + 1];
extern const char *const due_reason_names[DUE_REASON_COUNT + 1];
/* … and of one enumerator; NULL when out of range. */
const char *event_kind_name(enum event_kind kind);
const char *event_trust_name(enum event_trust trust);
const char *time_basis_name(enum time_basis basis);
const char *channel_name(enum channel channel);
const char *subject_name(enum subject subject);
const char *online_level_name(enum online_level level);
const char *due_reason_name(enum due_reason reason);
/* "Đang xử lý" and so on, for people; NULL when out of 1..10. */
const char *status_label(int32_t status);

#endif
