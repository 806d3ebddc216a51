/* How a polled source is asked, as its section [source.NAME] says: certificate, time, size, networks, credential. */
#ifndef HOSO_INGEST_POLL_OPEN_H
#define HOSO_INGEST_POLL_OPEN_H

#include "base/config.h"
#include "base/netlist.h"
#include "http/fetch.h"

/* allowed is filled and must outlive *ret. ERR_INPUT: an option is wrong. */
int poll_open_fetch(const struct config *config, const char *name, struct netlist *allowed,
                    struct fetch **ret, struct error *err);

#endif
