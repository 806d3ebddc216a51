/*
 * HoSo (DongBoHoSoMC, and generation B's NoiHoSo; domain notes 1.2, 1.4) -> one `record`, an `alias` where it carries two codes, a `due_changed` for each
 * supplement that set a new date. The fields that are read: MaHoSo MaHoSoKhac MaTTHC MaLinhVuc KenhThucHien LoaiDoiTuong MucDo
 * PhiDiaGioi NgayNopHoSo (NgayNop) NgayTiepNhan NgayHenTra NgayKetThucXuLy NgayTra NgayTuChoi TrangThaiHoSo DonViXuLy MaDonViTiepNhan MaXa
 * HoSoCoThanhPhanSoHoa DuocThanhToanTrucTuyen TrangThaiThanhToan DanhSachLePhi[].Gia DoMat, and of DanhSachHoSoBoSung[]
 * HoSoBoSungId NgayBoSung NgayTiepNhanBoSung NgayHenTraTruoc NgayHenTraMoi.
 */
#ifndef HOSO_INGEST_MAP_HOSO_H
#define HOSO_INGEST_MAP_HOSO_H

#include "ingest/map.h"

map_row map_hoso;

#endif
