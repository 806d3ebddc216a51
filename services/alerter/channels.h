/*
 * The ways out, from the [channel.NAME] sections: mail, a webhook, or an HTTP request from a template file. Each has a limit per minute and a
 * breaker: after BREAKER_FAILURES failures in a row it is left alone for a while, then tried with one message.
 */
#ifndef HOSO_ALERTER_CHANNELS_H
#define HOSO_ALERTER_CHANNELS_H

#include "alerter/template.h"
#include "base/clock.h"
#include "base/config.h"
#include "http/transfer.h"

enum channel_type { CHANNEL_MAIL, CHANNEL_WEBHOOK, CHANNEL_TEMPLATE };

enum { BREAKER_FAILURES = 5, BREAKER_OPEN_MS = 60000 };
struct breaker {
    int failures; /* in a row */
    struct mono open_until;
};
/* Whether something may be sent now; under_way: messages of this channel. Half open: one at a time. */
bool breaker_lets(const struct breaker *breaker, size_t under_way, struct mono now);
void breaker_note(struct breaker *breaker, bool well, struct mono now);

struct channel_out {
    const char *name;
    enum channel_type type;
    const char *url;
    struct transfer_mail mail; /* what the configuration gives of it */
    bool codes;
    int per_minute;
    struct template *template; /* of CHANNEL_TEMPLATE */
    struct token *token;       /* NULL = none needed */
    bool token_stale;
    struct breaker breaker;
    struct mono minute_began;
    int sent_this_minute;
    size_t under_way;
};

struct channels {
    struct channel_out *channels;
    size_t count;
};

/* ERR_INPUT names the section and what is missing or cannot be. */
int channels_load(const struct config *config, struct channels *ret, struct error *err);
void channels_deinit(struct channels *channels);
struct channel_out *channels_find(const struct channels *channels,
                                  struct str name); /* NULL = none */

/* Whether breaker and limit let a message go now; then channels_took. */
bool channels_lets(struct channel_out *channel, struct mono now);
void channels_took(struct channel_out *channel);

#endif
