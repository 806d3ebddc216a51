/*
 * TienTrinh (CapNhatTienDoHoSoMC; domain notes 1.3) -> one `progress`. The fields that are read: MaHoSo ThoiDiemXuLy TrangThai
 * (4 when blank) NgayKetThucTheoQuyDinh MaTTHC DoMat, and NguoiXuLy into the keyed hash of the officer.
 */
#ifndef HOSO_INGEST_MAP_PROGRESS_H
#define HOSO_INGEST_MAP_PROGRESS_H

#include "ingest/map.h"

map_row map_progress;

#endif
