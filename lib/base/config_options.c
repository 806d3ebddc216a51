/* Every option of every hoso program. `hoso config show` and the documentation come from this table. */
#include "base/config.h"

#define MS_MAX (INT64_C(100) * 365 * 86400000)

#define OPTION(sec, k, t, u, lo, hi, def, text)                                                    \
    .section = (sec), .key = (k), .type = (t), .unit = (u), .min = (lo), .max = (hi),              \
    .fallback = (def), .help = (text)
#define TEXT(s, k, lo, hi, def, h)                                                                 \
    {                                                                                              \
        OPTION(s, k, CONFIG_TEXT, "", lo, hi, def, h)                                              \
    }
#define SECRET_TEXT(s, k, lo, hi, def, h)                                                          \
    {                                                                                              \
        OPTION(s, k, CONFIG_TEXT, "", lo, hi, def, h), .secret = true                              \
    }
#define NAMED_TEXT(s, k, lo, hi, def, h)                                                           \
    {                                                                                              \
        OPTION(s, k, CONFIG_TEXT, "", lo, hi, def, h), .named = true                               \
    }
#define NAMED_SECRET(s, k, lo, hi, def, h)                                                         \
    {                                                                                              \
        OPTION(s, k, CONFIG_TEXT, "", lo, hi, def, h), .named = true, .secret = true               \
    }
#define NAMED_DURATION(s, k, lo, hi, def, h)                                                       \
    {                                                                                              \
        OPTION(s, k, CONFIG_DURATION, "ms", lo, hi, def, h), .named = true                         \
    }
#define NAMED_BOOL(s, k, def, h)                                                                   \
    {                                                                                              \
        OPTION(s, k, CONFIG_BOOL, "", 0, 0, def, h), .named = true                                 \
    }
#define INTEGER(s, k, u, lo, hi, def, h)                                                           \
    {                                                                                              \
        OPTION(s, k, CONFIG_INTEGER, u, lo, hi, def, h)                                            \
    }
#define NAMED_INTEGER(s, k, u, lo, hi, def, h)                                                     \
    {                                                                                              \
        OPTION(s, k, CONFIG_INTEGER, u, lo, hi, def, h), .named = true                             \
    }
#define BOOL(s, k, def, h)                                                                         \
    {                                                                                              \
        OPTION(s, k, CONFIG_BOOL, "", 0, 1, def, h)                                                \
    }
#define DURATION(s, k, lo, hi, def, h)                                                             \
    {                                                                                              \
        OPTION(s, k, CONFIG_DURATION, "ms", lo, hi, def, h)                                        \
    }
#define CHOICE(s, k, words, def, h)                                                                \
    {                                                                                              \
        OPTION(s, k, CONFIG_CHOICE, "", 0, 0, def, h), .choices = (words)                          \
    }
#define NAMED_CHOICE(s, k, words, def, h)                                                          \
    {                                                                                              \
        OPTION(s, k, CONFIG_CHOICE, "", 0, 0, def, h), .choices = (words), .named = true           \
    }

/* clang-format off */
const struct config_option config_options[] = {
    CHOICE("log", "level", "debug|info|warn|error", "info",
         "Lines below this level are not written."),
    CHOICE("log", "format", "logfmt|json", "logfmt",
         "Form of the log lines on standard error."),

    DURATION("clock", "offset", -MS_MAX, MS_MAX, "0s",
         "Simulated time: added to the wall clock; logs and readiness name it."),

    TEXT("kafka", "brokers", 1, 1024, "127.0.0.1:9092",
         "Bootstrap servers, host:port separated by commas."),
    TEXT("kafka", "events_topic", 1, 249, "hoso.dossier.events.v1",
         "Topic of the dossier events."),
    TEXT("kafka", "dlq_topic", 1, 249, "hoso.dossier.events.v1.dlq",
         "Topic of the dead letters."),
    TEXT("kafka", "alerts_topic", 1, 249, "hoso.alerts.v1",
         "Topic of the alerts."),
    INTEGER("kafka", "partitions", "", 1, 1000, "12",
         "Partitions of a topic made by `hoso topics apply`; fixed from then on."),
    DURATION("kafka", "retention", 3600000, MS_MAX, "400d",
         "How long a topic made by `hoso topics apply` keeps its records."),

    SECRET_TEXT("postgres", "conninfo", 0, 2048, "dbname=hoso",
         "Connection string as libpq reads it; may hold a password."),
    DURATION("postgres", "cold_after", 86400000, MS_MAX, "400d",
         "`hoso db retain` moves a dossier that ended into its year's table, that long after the last word about it."),

    TEXT("rules", "paused", 0, 32, "5,6,8",
         "Statuses (TrangThaiHoSo) that stop the clock."),
    CHOICE("rules", "due_change", "appointment|correction", "appointment",
         "What an unexplained later due date means: a re-appointment, or a typing error mended."),

    CHOICE("rules", "resume", "issued|extend|restart", "issued",
         "Alerts only (reports go by the date as issued). Back from a pause without a new due date: as issued, moved on by the wait, or the term anew after a supplement."),

    TEXT("calendar", "hours", 23, 23, "07:30-11:30,13:00-17:00",
         "Working hours, morning and afternoon."),

    TEXT("ingest", "listen", 1, 128, "127.0.0.1:8480",
         "Address of the push listener, health and metrics."),
    TEXT("ingest", "port_file", 0, 1024, "",
         "File that receives the port number once the listener is open."),
    INTEGER("ingest", "body_max", "bytes", 1024, 64 << 20, "8388608",
         "Largest request body."),
    INTEGER("ingest", "in_flight_max", "records", 1, 1000000, "20000",
         "Records not yet acknowledged by Kafka; above it requests are answered 503."),
    DURATION("ingest", "answer_within", 100, 600000, "20s",
         "A request whose records Kafka has not acknowledged by then is answered 503."),
    DURATION("ingest", "session_ttl", 60000, 30 * INT64_C(86400000), "8h",
         "How long a sender's log-in lasts."),
    INTEGER("ingest", "sessions_max", "", 1, 100000, "1000",
         "Log-ins at once; the sender's oldest makes room for a new one."),
    TEXT("ingest", "trusted_proxies", 0, 1024, "",
         "Addresses of proxies whose X-Client-Verify and X-Client-DN count, separated by commas."),
    SECRET_TEXT("ingest", "event_key", 32, 256, NULL,
         "Key of the event ids, 32 bytes or more; never change it."),
    SECRET_TEXT("ingest", "officer_key", 32, 256, NULL,
         "Key of the officer hashes, 32 bytes or more; may be changed."),

    NAMED_CHOICE("source", "kind", "push|poll|file", "push",
         "push = it sends to us; poll = we ask it over HTTP; file = files renamed into a folder."),
    NAMED_INTEGER("source", "in_flight_max", "", 1, 1000000, "5000",
         "Rows (push: records) of this source not yet acknowledged by Kafka; above it the source waits."),
    NAMED_TEXT("source", "key_sha256", 64, 64, NULL,
         "SHA-256 of the sender's API key, in hex."),
    NAMED_CHOICE("source", "trust", "local|portal", "local",
         "local = the one-stop system itself; portal = the national portal's copy."),
    NAMED_CHOICE("source", "subject_map", "opencps|td|ministry", "td",
         "Which vendor's LoaiDoiTuong codes this source sends."),
    NAMED_TEXT("source", "folder", 0, 1024, "",
         "file: where whole files are renamed into; work, done and failed are made in it."),
    NAMED_CHOICE("source", "rows", "hoso|progress|events", "events",
         "file, poll: what the rows are where they do not say it themselves (service)."),
    NAMED_TEXT("source", "agency", 0, 64, "",
         "file, poll: agency code of rows that come without one (madonvi)."),
    NAMED_TEXT("source", "url", 0, 2048, "",
         "poll: what is asked, https://…; since and page are added to its query."),
    NAMED_TEXT("source", "state_file", 0, 1024, "",
         "poll: file that keeps the cursor."),
    NAMED_TEXT("source", "from", 0, 32, "",
         "poll: where to begin when there is no cursor yet, yyyy-MM-dd; empty = without since."),
    NAMED_DURATION("source", "every", 100, 86400000, "1m",
         "poll: from one sweep to the next."),
    NAMED_DURATION("source", "overlap", 0, 86400000, "2m",
         "poll: each sweep asks this much further back, for what the source writes late."),
    NAMED_TEXT("source", "since_name", 1, 64, "since",
         "poll: name of the query parameter for the time (yyyyMMddHHmmss, Việt Nam)."),
    NAMED_TEXT("source", "page_name", 1, 64, "page",
         "poll: name of the query parameter for the token of a page."),
    NAMED_INTEGER("source", "pages_max", "", 1, 1000000, "10000",
         "poll: more pages than this in one sweep are a fault of the source."),
    NAMED_SECRET("source", "credential", 0, 500, "",
         "poll: sent as Authorization: Bearer."),
    NAMED_DURATION("source", "timeout", 100, 600000, "30s",
         "poll: one answer, to its last byte."),
    NAMED_INTEGER("source", "answer_max", "bytes", 1024, 64 << 20, "8388608",
         "poll: largest answer."),
    NAMED_TEXT("source", "ca_file", 0, 1024, "",
         "poll: certificates to trust (PEM) instead of the system's."),
    NAMED_TEXT("source", "allow_networks", 0, 1024, "",
         "poll: private networks that may be asked, 10.20.0.0/16 separated by commas; public ones always may."),
    NAMED_BOOL("source", "plain_http", "no",
         "poll: allow http:// without TLS."),
    NAMED_TEXT("source", "secret_procedures", 0, 4096, "",
         "Procedure codes whose dossiers are refused whole (state secrets), separated by commas."),

    NAMED_TEXT("key", "source", 1, 64, NULL,
         "The section [source.NAME] that messages sent with this key are read as."),
    NAMED_TEXT("key", "sha256", 64, 64, NULL,
         "SHA-256 of the API key (hoso_ID_SECRET), in hex."),
    NAMED_SECRET("key", "signing_secret", 0, 128, "",
         "Secret of the signatures that every request must bear (Standard Webhooks, whsec_...)."),
    NAMED_TEXT("key", "client_dn", 0, 1024, "",
         "Subject of the client certificate that every request must come with, as the proxy tells it."),
    NAMED_TEXT("key", "expires", 0, 10, "",
         "Last day on which the key is good, yyyy-MM-dd; empty = for ever."),
    NAMED_TEXT("key", "units", 0, 4096, "",
         "Agency codes whose dossiers (and those below) may be sent, separated by commas; empty = all."),
    NAMED_TEXT("key", "kinds", 0, 256, "",
         "Kinds of events that may be sent, separated by commas; empty = all."),
    NAMED_INTEGER("key", "rate", "rows/s", 0, 1000000, "0",
         "Rows per second on average; 0 = no limit."),
    NAMED_INTEGER("key", "burst", "rows", 1, 100000000, "10000",
         "Rows at once before `rate` holds."),

    TEXT("aggregator", "listen", 1, 128, "127.0.0.1:8481",
         "Address of health and metrics."),
    TEXT("aggregator", "port_file", 0, 1024, "",
         "File that receives the port number once the listener is open."),
    TEXT("aggregator", "group", 1, 128, "hoso-aggregator",
         "Kafka consumer group: processes of one group share the partitions."),
    INTEGER("aggregator", "batch_max", "records", 1, 100000, "10000",
         "Records in one transaction at most."),
    DURATION("aggregator", "batch_age", 0, 60000, "5ms",
         "Longest time a record waits for others."),
    INTEGER("aggregator", "connections", "", 1, 8, "2",
         "PostgreSQL connections that write, each with its own partitions."),
    TEXT("aggregator", "schema", 1, 63, "hoso",
         "Schema with the tables that it writes; only `hoso replay` has another one."),
    INTEGER("aggregator", "cache", "bytes", 1, 64L << 30, "167772160",
         "Memory for the dossiers that are kept at hand."),

    TEXT("alerter", "listen", 1, 128, "127.0.0.1:8482",
         "Address of health and metrics."),
    TEXT("alerter", "port_file", 0, 1024, "",
         "File that receives the port number once the listener is open."),
    CHOICE("alerter", "rule", "date|timestamp", "date",
         "Overdue by calendar date (the report's rule) or by timestamp."),
    TEXT("alerter", "group", 1, 128, "hoso-alerter",
         "Kafka consumer group: processes of one group share the partitions."),
    INTEGER("alerter", "batch_max", "records", 1, 100000, "2000",
         "Records in one transaction at most."),
    DURATION("alerter", "batch_age", 0, 60000, "20ms",
         "Longest time a record waits for others."),
    DURATION("alerter", "hold_recheck", 10, 60000, "1s",
         "How often a held deadline is tried again while the alerter is behind."),
    INTEGER("alerter", "escalate_after", "working hours", 0, 200, "4",
         "An alert that nobody has acknowledged goes to the next level after that; 0 = never."),
    DURATION("alerter", "clock_jump", 1000, 86400000, "60s",
         "A wall clock that moves by more than this against the steady one is not believed until it returns or a person accepts it."),
    DURATION("alerter", "forget_after", 86400000, MS_MAX, "400d",
         "The alerter drops its events of a dossier that ended, that long after the last word about it."),

    TEXT("notify", "public_url", 0, 512, "",
         "Where people's browsers reach the alerter, such as https://hoso.example.vn; empty = messages carry no link."),
    SECRET_TEXT("notify", "link_key", 0, 256, "",
         "Key of the links that acknowledge, 32 bytes or more; empty = no links."),
    DURATION("notify", "group_wait", 0, 86400000, "30s",
         "News waits that long for others to go in the same message."),
    DURATION("notify", "group_interval", 0, 604800000, "10m",
         "Least time between two messages to one recipient."),
    DURATION("notify", "repeat", 0, 2592000000, "0s",
         "What is still late and not acknowledged is said again after that; 0s = in the daily digest only."),
    TEXT("notify", "digest", 0, 5, "07:30",
         "Time of the daily digest on working days; empty = none."),
    TEXT("notify", "quiet", 0, 11, "17:30-07:30",
         "Nothing is sent between these times; it is sent afterwards. Empty = at any time."),
    BOOL("notify", "quiet_days_off", "yes",
         "Nothing is sent on days off; it is sent on the next working day."),
    INTEGER("notify", "detail_max", "alerts", 1, 1000, "30",
         "A section with more alerts is told in counts by unit and rule."),
    INTEGER("notify", "attempts", "", 1, 100, "12",
         "A message that was refused so often becomes a dead letter."),
    DURATION("notify", "timeout", 100, 600000, "30s",
         "Longest time for one attempt."),
    DURATION("notify", "operator_after", 0, 86400000, "5m",
         "Operators are told of trouble of hoso itself that lasts longer."),
    DURATION("notify", "operator_lag", 1000, 86400000, "5m",
         "Operators are told when the alerter has not been at the end of its records for longer."),
    DURATION("notify", "operator_hold", 1000, 86400000, "5m",
         "Operators are told when deadlines that have passed are held for longer."),
    DURATION("notify", "operator_outbox", 1000, 604800000, "15m",
         "Operators are told when a notice or a message waits for longer to leave."),
    TEXT("notify", "heartbeat_url", 0, 1024, "",
         "Asked (GET) regularly while all is well, so that a listener there notices silence."),
    DURATION("notify", "heartbeat_every", 100, 86400000, "60s",
         "How often."),

    NAMED_CHOICE("channel", "type", "email|webhook|template", "email",
         "Mail, a POST in the shape of Alertmanager's webhook, or a request from a template file."),
    NAMED_TEXT("channel", "url", 0, 1024, "",
         "smtp://host:587 or smtps://host of a mail server; http(s):// of a webhook."),
    NAMED_TEXT("channel", "from", 0, 254, "",
         "Sender's address of the mail."),
    NAMED_TEXT("channel", "user", 0, 254, "",
         "Login of the mail server; empty = none."),
    NAMED_SECRET("channel", "password", 0, 1024, "",
         "Password of the mail server."),
    NAMED_CHOICE("channel", "starttls", "required|optional|off", "required",
         "Whether an smtp:// connection is encrypted."),
    NAMED_TEXT("channel", "ca_file", 0, 1024, "",
         "Certificates that sign the mail server's; empty = the system's."),
    NAMED_TEXT("channel", "template", 0, 1024, "",
         "File with the request of a template channel; deploy/templates has examples."),
    NAMED_TEXT("channel", "token_template", 0, 1024, "",
         "File with the request that refreshes the channel's token; empty = it needs none."),
    NAMED_TEXT("channel", "token_file", 0, 1024, "",
         "File that keeps the token; rewritten at every refresh."),
    NAMED_BOOL("channel", "codes", "no",
         "Whether a webhook may carry dossier codes; mail does, templates never do."),
    NAMED_INTEGER("channel", "per_minute", "messages", 1, 100000, "60",
         "Most messages in a minute."),
    TEXT("board", "listen", 1, 128, "127.0.0.1:8483",
         "Address of the live board, health and metrics; a proxy with TLS stands in front of it."),
    TEXT("board", "port_file", 0, 1024, "",
         "File that receives the port number once the listener is open."),
    TEXT("board", "city", 1, 128, "Thành phố Hải Phòng",
         "Whose board it is: stands in its head line."),
    DURATION("board", "poll", 20, 10000, "100ms",
         "How often PostgreSQL is asked whether anything has changed."),
    DURATION("board", "update", 250, 60000, "250ms",
         "Shortest time between two updates of a page."),
    DURATION("board", "session_idle", 60000, MS_MAX, "12h",
         "A session that nobody uses for so long ends; an open page uses it."),
    TEXT("board", "proxies", 0, 1024, "",
         "Addresses of the proxies whose X-Forwarded-For and sso_header are believed, separated by commas."),
    TEXT("board", "map", 0, 1024, "",
         "GeoJSON file of the communes (properties.code), shown beside the tiles; empty = no map."),
    TEXT("board", "sso_header", 0, 64, "",
         "Header in which the SSO proxy names the signed-in account; empty = local accounts only."),
    {.section = NULL},
};
/* clang-format on */
