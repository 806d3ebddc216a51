/*
 * CapNhatTrangThai (generation B; domain notes 1.4) -> one `status`, undated: it holds from when we were told. The fields that are
 * read: MaHoSo TrangThai MaTTHC DoMat.
 */
#ifndef HOSO_INGEST_MAP_STATUS_H
#define HOSO_INGEST_MAP_STATUS_H

#include "ingest/map.h"

map_row map_status;

#endif
