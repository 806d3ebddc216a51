/*
 * Native events, our own form: {"id","kind","dossier_code","occurred_at", …}, all four required. By kind:
 *   due_changed   due_at, due_before_at?, due_reason? (supplement, reappointment, correction)
 *   transferred   transfer_to, transfer_from? (agency codes)
 *   paid          paid_online? (true/false)
 *   rated         rating 1..5
 *   apology_sent  late_reason? (code)
 *   alias         alias_of
 *   erased        nothing
 * Times as the portal's, or ISO 8601 with a zone; without one they are Việt Nam's. Other members are not read.
 */
#ifndef HOSO_INGEST_MAP_NATIVE_H
#define HOSO_INGEST_MAP_NATIVE_H

#include "ingest/map.h"

map_row map_native;

#endif
