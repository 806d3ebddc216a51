#include "ingest/identify.h"

#include <strings.h>

#include "base/text.h"

const char *identify_advice(enum identify_result result)
{
    static const char *const texts[] = {
        [IDENTIFY_OK] = "",
        [IDENTIFY_NOTHING] = "Thiếu khóa API; gửi khóa trong X-API-Key hoặc Authorization: Bearer, "
                             "hoặc đăng nhập để lấy session",
        [IDENTIFY_UNKNOWN] = "Khóa API hoặc phiên đăng nhập không đúng hoặc đã hết hạn; hãy kiểm "
                             "tra khóa hoặc đăng nhập lại",
        [IDENTIFY_EXPIRED] = "Khóa API đã hết hạn; hãy xin khóa mới",
        [IDENTIFY_SIGNATURE] = "Chữ ký webhook-signature sai hoặc thiếu",
        [IDENTIFY_STALE] = "webhook-timestamp lệch quá 5 phút; hãy chỉnh đồng hồ máy gửi",
        [IDENTIFY_INCOMPLETE] = "Khóa này còn đòi khóa API hoặc chứng thư số của máy gửi",
    };
    return texts[result];
}

static struct str bearer_of(struct str authorization)
{
    static const struct str scheme = {"Bearer ", 7};
    if (authorization.len <= scheme.len ||
        strncasecmp(authorization.data, scheme.data, scheme.len) != 0)
        return STR_NONE;
    return text_trim((struct str){authorization.data + scheme.len, authorization.len - scheme.len});
}

bool identify_shown(const struct credentials *credentials)
{
    return str_given(credentials->api_key) || str_given(bearer_of(credentials->authorization)) ||
           str_given(credentials->signature.values) || str_given(credentials->client_dn);
}

/* What the key's section names beside the API key. */
static enum identify_result check_rest(const struct key *key, const struct credentials *credentials,
                                       int64_t now_at)
{
    if (key->expires_at != NO_TIME && now_at >= key->expires_at)
        return IDENTIFY_EXPIRED;
    if (str_given(key->client_dn) && !str_eq(key->client_dn, credentials->client_dn))
        return IDENTIFY_INCOMPLETE;
    if (key->signing_len == 0)
        return IDENTIFY_OK;
    struct str secret = {(const char *)key->signing, key->signing_len};
    switch (signature_check(&credentials->signature, secret, credentials->body, now_at)) {
    case SIGNATURE_OK: return IDENTIFY_OK;
    case SIGNATURE_STALE: return IDENTIFY_STALE;
    default: return IDENTIFY_SIGNATURE;
    }
}

enum identify_result identify(struct keys *keys, const struct sessions *sessions,
                              const struct credentials *credentials, int64_t now_at,
                              struct mono now, struct key **ret)
{
    struct str bearer = bearer_of(credentials->authorization);
    struct str text = str_given(credentials->api_key) ? credentials->api_key : bearer;
    struct key *key = keys_by_text(keys, text);
    bool proven =
        key != NULL; /* of a key with an API key: that it was shown, now or at the login */
    if (!key && !str_given(credentials->api_key)) {
        key = session_find(sessions, str_given(bearer) ? bearer : credentials->session, now);
        proven = key != NULL;
    }
    if (!key && (str_given(text) || str_given(credentials->session)))
        return IDENTIFY_UNKNOWN;
    if (!key && str_given(credentials->signature.values))
        key = keys_by_id(keys, credentials->key_id);
    else if (!key && str_given(credentials->client_dn))
        key = keys_by_client_dn(keys, credentials->client_dn);
    else if (!key)
        return IDENTIFY_NOTHING;
    if (!key)
        return IDENTIFY_UNKNOWN;
    if (key->has_hash && !proven)
        return IDENTIFY_INCOMPLETE;
    enum identify_result result = check_rest(key, credentials, now_at);
    if (result == IDENTIFY_OK)
        *ret = key;
    return result;
}

enum identify_result identify_login(struct keys *keys, const struct credentials *credentials,
                                    struct str user, struct str secret, int64_t now_at,
                                    struct key **ret)
{
    struct key *key = keys_by_text(keys, secret);
    if (!str_given(user) || !str_given(secret))
        return IDENTIFY_NOTHING;
    if (!key || !str_eq(key->id, user))
        return IDENTIFY_UNKNOWN;
    enum identify_result result = check_rest(key, credentials, now_at);
    if (result == IDENTIFY_OK)
        *ret = key;
    return result;
}
