#include "ingest/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/recent.h"

enum { STATE_FREE, STATE_UNDER_WAY, STATE_TAKEN, STATE_PARTLY };

struct seen {
    struct recent *ids;  /* at: the newest timestamp shown with the id; note: digest of the body */
    int64_t forgotten_s; /* timestamps up to this one are not taken any more */
};

struct seen *seen_new(void)
{
    struct seen *seen = calloc(1, sizeof *seen);
    if (!seen)
        return NULL;
    if (recent_new(SEEN_MAX, &seen->ids) == 0)
        return seen;
    return seen_free(seen);
}

struct seen *seen_free(struct seen *seen)
{
    if (seen)
        recent_free(seen->ids);
    free(seen);
    return NULL;
}

static void digest_of(struct str text, uint8_t out[RECENT_DIGEST_SIZE])
{
    uint8_t digest[HASH_SIZE];
    hash_sha256(text, digest);
    memcpy(out, digest, RECENT_DIGEST_SIZE);
}

/* Of a timestamp that signature_check has read. */
static int64_t seconds_of(struct str timestamp)
{
    int64_t seconds = 0;
    for (size_t i = 0; i < timestamp.len; i++)
        seconds = seconds * 10 + (timestamp.data[i] - '0');
    return seconds;
}

static enum seen_result known(struct recent_item *item, const struct recent_item *shown,
                              size_t *ret_accepted)
{
    if (item->at < shown->at)
        item->at = shown->at;
    bool same = memcmp(item->note, shown->note, sizeof item->note) == 0;
    if (item->state == STATE_FREE) {
        memcpy(item->note, shown->note, sizeof item->note);
        item->state = STATE_UNDER_WAY;
        return SEEN_NEW;
    }
    *ret_accepted = item->count;
    return !same                            ? SEEN_OTHER
           : item->state == STATE_UNDER_WAY ? SEEN_UNDER_WAY
           : item->state == STATE_TAKEN     ? SEEN_TAKEN
                                            : SEEN_PARTLY;
}

enum seen_result seen_begin(struct seen *seen, const struct signature *signature, struct str body,
                            int64_t now_at, struct seen_ticket *ret_ticket, size_t *ret_accepted)
{
    const struct recent_item *oldest;
    struct recent_item forgotten;
    struct recent_item shown = {.at = seconds_of(signature->timestamp), .state = STATE_UNDER_WAY};
    digest_of(signature->id, shown.digest);
    digest_of(body, shown.note);
    enum seen_result result = SEEN_NEW;
    struct recent_item *item = recent_find(seen->ids, shown.digest);
    if (item)
        result = known(item, &shown, ret_accepted);
    else if (shown.at <= seen->forgotten_s)
        return SEEN_OLD;
    if (result == SEEN_NEW) {
        *ret_ticket = (struct seen_ticket){.seen = seen};
        memcpy(ret_ticket->digest, shown.digest, sizeof shown.digest);
    }
    if (item)
        return result;
    /* What is stale cannot come again. */
    while ((oldest = recent_oldest(seen->ids)) &&
           oldest->at < now_at / MS_PER_SECOND - SIGNATURE_TOLERANCE_S)
        recent_forget_oldest(seen->ids);
    if (recent_add(seen->ids, &shown, &forgotten) && forgotten.at > seen->forgotten_s)
        seen->forgotten_s = forgotten.at;
    return result;
}

void seen_end(const struct seen_ticket *ticket, int status, size_t accepted)
{
    struct recent_item *item = ticket->seen ? recent_find(ticket->seen->ids, ticket->digest) : NULL;
    if (!item) /* or forgotten meanwhile: too old to come again */
        return;
    item->state = status == 200 ? STATE_TAKEN : status == 207 ? STATE_PARTLY : STATE_FREE;
    item->count = (uint32_t)accepted;
}
