/* What ingest says of a configuration before it begins, and `hoso config check` for it: secrets, sources, keys, how each source is read. */
#ifndef HOSO_INGEST_CHECK_H
#define HOSO_INGEST_CHECK_H

#include "base/config.h"
#include "base/error.h"

/*
 * 0; ERR_INPUT: the first mistake, with its section; ERR_UNAVAILABLE: a state_file that cannot be read. Asks nobody and changes
 * nothing. A configuration without any [source.NAME] is another program's, and good.
 */
int ingest_check(const struct config *config, struct error *err);

#endif
