#include "domain/alert_notice.h"

const char *alert_state_name(enum alert_state state)
{
    static const char *const names[ALERT_STATE_COUNT] = {"firing", "resolved", "retracted"};
    return (size_t)state < ALERT_STATE_COUNT ? names[state] : NULL;
}
