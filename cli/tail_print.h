/*
 * How `hoso tail` shows one record: a line for people, a JSON object, or the reader's own format.
 *
 * A format is text with tokens, as kcat has them: %t topic, %p partition, %o offset, %k key, %T time stamp (ms), %S size of the
 * value (-1 = none), %s the decoded value as JSON, %h headers (name=value,…), %{field} a field of the decoded value by its
 * Avro name, %% a per cent sign; and \n \t \r \\ \0. What a record does not have is "-".
 */
#ifndef HOSO_CLI_TAIL_PRINT_H
#define HOSO_CLI_TAIL_PRINT_H

#include "base/error.h"
#include "kafka/kafka.h"

struct tail_printer;

/* format and topic outlive the printer; format NULL = the line, or JSON when json. ERR_INPUT: what is wrong in the format. */
int tail_printer_new(const char *topic, const char *format, bool json, struct tail_printer **ret,
                     struct error *err);
struct tail_printer *tail_printer_free(struct tail_printer *printer); /* NULL is fine */

/* To standard output, which is not flushed. 0 or ERR_NOMEM. */
int tail_print(struct tail_printer *printer, const struct record *record, struct error *err);

#endif
