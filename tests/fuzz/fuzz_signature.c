/* links: ingest */
/*
 * Any bytes as the headers of a signed request (id, timestamp, values; one line each) and its body. Seeds: tests/fuzz/signature.
 *
 * What is taken for right bears the MAC computed here a second time; the same bytes signed here are taken, and no more once their body
 * or their time is another.
 */
#include "base/hash.h"
#include "base/text.h"
#include "ingest/signature.h"

#include "fuzz.h"

#define NOW_S INT64_C(1782882000)
#define SECRET STR("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")

static void sign(const struct signature *signature, struct str body, char out[48])
{
    const struct str parts[] = {signature->id, STR("."), signature->timestamp, STR("."), body};
    uint8_t mac[HASH_SIZE];
    hash_hmac(SECRET, parts, sizeof parts / sizeof *parts, mac);
    memcpy(out, "v1,", 3);
    text_base64((struct str){(const char *)mac, sizeof mac}, out + 3);
}

static bool holds(struct str text, struct str part)
{
    return memmem(text.data, text.len, part.data, part.len) != NULL;
}

static void check_signed_here(struct signature signature, struct str body)
{
    char value[48];
    signature.timestamp = STR("1782882000");
    sign(&signature, body, value);
    signature.values = str_of(value);
    enum signature_check right = signature_check(&signature, SECRET, body, NOW_S * 1000);
    must(right == SIGNATURE_OK || right == SIGNATURE_MALFORMED);
    if (right == SIGNATURE_MALFORMED)
        return;
    must(signature_check(&signature, SECRET, STR("another body"), NOW_S * 1000) ==
             SIGNATURE_WRONG ||
         str_eq(body, STR("another body")));
    signature.timestamp = STR("1782882001");
    must(signature_check(&signature, SECRET, body, NOW_S * 1000) == SIGNATURE_WRONG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct signature signature;
    char value[48];
    signature.id = next_line(&rest);
    signature.timestamp = next_line(&rest);
    signature.values = next_line(&rest);
    enum signature_check given = signature_check(&signature, SECRET, rest, NOW_S * 1000);
    if (given == SIGNATURE_OK) {
        sign(&signature, rest, value);
        must(holds(signature.values, str_of(value)));
    }
    if (given == SIGNATURE_WRONG || given == SIGNATURE_OK)
        check_signed_here(signature, rest);
    return 0;
}
