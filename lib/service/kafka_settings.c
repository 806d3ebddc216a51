#include "service/kafka_settings.h"

#include <stdlib.h>

int kafka_settings_load(const struct config *config, const char *client_id,
                        struct kafka_settings *ret, struct error *err)
{
    const char *name;
    const char *value;
    const char *why;
    size_t count = 0;
    while (config_kafka_property(config, count, &name, &value))
        count++;
    struct kafka_property *properties = calloc(count + 1, sizeof *properties);
    *ret = (struct kafka_settings){.brokers = config_text(config, "kafka", NULL, "brokers"),
                                   .client_id = client_id,
                                   .properties = properties,
                                   .property_count = properties ? count : 0};
    if (!properties)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; config_kafka_property(config, i, &name, &value); i++) {
        if (!kafka_property_allowed(name, &why))
            return error_set(err, ERR_INPUT, "kafka.%s may not be set: %s", name, why);
        properties[i] = (struct kafka_property){name, value};
    }
    return 0;
}

void kafka_settings_unload(struct kafka_settings *settings)
{
    free((void *)settings->properties);
    *settings = (struct kafka_settings){0};
}
