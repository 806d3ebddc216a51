#include "alerter/channels.h"

#include <stdlib.h>

enum { MINUTE_MS = 60000 };

bool breaker_lets(const struct breaker *breaker, size_t under_way, struct mono now)
{
    if (breaker->failures < BREAKER_FAILURES)
        return true;
    return under_way == 0 && mono_diff_ms(breaker->open_until, now) >= 0;
}

void breaker_note(struct breaker *breaker, bool well, struct mono now)
{
    breaker->failures = well ? 0 : breaker->failures + 1;
    if (breaker->failures >= BREAKER_FAILURES)
        breaker->open_until = (struct mono){now.us + BREAKER_OPEN_MS * INT64_C(1000)};
}

bool channels_lets(struct channel_out *channel, struct mono now)
{
    if (mono_diff_ms(channel->minute_began, now) >= MINUTE_MS) {
        channel->minute_began = now;
        channel->sent_this_minute = 0;
    }
    return channel->sent_this_minute < channel->per_minute &&
           breaker_lets(&channel->breaker, channel->under_way, now);
}

void channels_took(struct channel_out *channel)
{
    channel->sent_this_minute++;
    channel->under_way++;
}

static const char *text(const struct config *config, const char *name, const char *key)
{
    return config_text(config, "channel", name, key);
}

static bool is(const struct config *config, const char *name, const char *key, const char *word)
{
    return strcmp(text(config, name, key), word) == 0;
}

static int load_template(const struct config *config, struct channel_out *channel,
                         struct error *err)
{
    const char *name = channel->name;
    const char *refresh = text(config, name, "token_template");
    int r = template_load(text(config, name, "template"), &channel->template, err);
    if (r == 0 && *refresh)
        r = token_open(refresh, text(config, name, "token_file"), &channel->token, err);
    return r;
}

static int load_one(const struct config *config, struct channel_out *channel, struct error *err)
{
    const char *name = channel->name;
    channel->url = text(config, name, "url");
    channel->codes = config_bool(config, "channel", name, "codes");
    channel->per_minute = (int)config_integer(config, "channel", name, "per_minute");
    if (is(config, name, "type", "template")) {
        channel->type = CHANNEL_TEMPLATE;
        return load_template(config, channel, err);
    }
    if (!*channel->url)
        return error_set(err, ERR_INPUT, "url is missing");
    if (is(config, name, "type", "webhook")) {
        channel->type = CHANNEL_WEBHOOK;
        return 0;
    }
    channel->type = CHANNEL_MAIL;
    channel->mail = (struct transfer_mail){
        .url = channel->url,
        .starttls = is(config, name, "starttls", "required") ? TRANSFER_TLS_REQUIRED
                    : is(config, name, "starttls", "off")    ? TRANSFER_TLS_OFF
                                                             : TRANSFER_TLS_IF_OFFERED,
        .ca_file = text(config, name, "ca_file"),
        .user = text(config, name, "user"),
        .password = text(config, name, "password"),
        .from = text(config, name, "from"),
    };
    if (!*channel->mail.from)
        return error_set(err, ERR_INPUT, "from is missing");
    if (*channel->mail.user && channel->mail.starttls != TRANSFER_TLS_REQUIRED &&
        strncmp(channel->url, "smtps:", 6) != 0)
        return error_set(err, ERR_INPUT, "a password goes only over starttls = required or smtps:");
    return 0;
}

int channels_load(const struct config *config, struct channels *ret, struct error *err)
{
    size_t count = 0;
    while (config_name(config, "channel", count))
        count++;
    struct channels loaded = {calloc(count + 1, sizeof *loaded.channels), count};
    int r = loaded.channels ? 0 : error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < count && r == 0; i++) {
        loaded.channels[i].name = config_name(config, "channel", i);
        loaded.channels[i].minute_began = mono_now();
        r = load_one(config, &loaded.channels[i], err);
        if (r < 0)
            error_prefix(err, r, "[channel.%s]", loaded.channels[i].name);
    }
    if (r < 0) {
        channels_deinit(&loaded);
        return r;
    }
    *ret = loaded;
    return 0;
}

void channels_deinit(struct channels *channels)
{
    for (size_t i = 0; channels->channels && i < channels->count; i++) {
        template_free(channels->channels[i].template);
        token_free(channels->channels[i].token);
    }
    free(channels->channels);
    *channels = (struct channels){0};
}

struct channel_out *channels_find(const struct channels *channels, struct str name)
{
    for (size_t i = 0; i < channels->count; i++) {
        if (str_eq(str_of(channels->channels[i].name), name))
            return &channels->channels[i];
    }
    return NULL;
}
