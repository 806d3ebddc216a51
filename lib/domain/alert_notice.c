#include "domain/alert_notice.h"

const char *const alert_state_names[ALERT_STATE_COUNT + 1] = {"firing", "resolved", "retracted"};

const char *alert_state_name(enum alert_state state)
{
    return (size_t)state < ALERT_STATE_COUNT ? alert_state_names[state] : NULL;
}
