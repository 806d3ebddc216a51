/* Kafka settings out of the configuration, for services and the command line alike. */
#ifndef HOSO_SERVICE_KAFKA_SETTINGS_H
#define HOSO_SERVICE_KAFKA_SETTINGS_H

#include "base/config.h"
#include "kafka/kafka.h"

/*
 * Fills brokers, client id and pass-through properties; *ret views the configuration's text. ERR_INPUT: a property that
 * carries a guarantee is set (the text says which and why). Released by kafka_settings_unload, also after a failure.
 */
int kafka_settings_load(const struct config *config, const char *client_id,
                        struct kafka_settings *ret, struct error *err);
void kafka_settings_unload(struct kafka_settings *settings);

#endif
