"""`hoso timeline`: who held a dossier when, from what its sources sent."""

import json

CODE = "H24.11713-260601-0001"


def native(kind, number, at, **members):
    return {"id": f"{kind}-{number}", "kind": kind, "dossier_code": CODE, "occurred_at": f"{at}+07:00", **members}


def test_who_held_it_when(site):
    site.start("ingest")
    site.push("DongBoHoSoMC", [{"MaHoSo": CODE, "MaTTHC": "1.005129", "NgayTiepNhan": "20260601090000", "TrangThaiHoSo": "4",
                                "ChuHoSo": "NGUOI THU NGHIEM 1"}])
    transfers = [native("transferred", 1, "2026-06-02T08:00:00", transfer_from="H24.11713", transfer_to="H24.31"),
                 native("transferred", 2, "2026-06-05T10:00:00", transfer_to="H24.11713")]
    assert site.push_events(transfers).status == 200
    assert site.push_events(transfers[:1]).status == 200  # a second receipt changes nothing
    site.start("aggregator")
    site.wait_caught_up("aggregator")
    life = json.loads(site.hoso("timeline", CODE, "--json"))
    assert [(held["agency"], held["from"], held["to"]) for held in life["held"]] == [
        ("H24.11713", "2026-06-01T09:00:00.000+07:00", "2026-06-02T08:00:00.000+07:00"),
        ("H24.31", "2026-06-02T08:00:00.000+07:00", "2026-06-05T10:00:00.000+07:00"),
        ("H24.11713", "2026-06-05T10:00:00.000+07:00", None)]
    assert [event["kind"] for event in life["events"]] == ["record", "transferred", "transferred", "transferred"]
    assert site.sql("SELECT deciding_agency FROM dossier WHERE code = %s", CODE) == [("H24.11713",)]
    text = site.hoso("timeline", CODE)
    assert "Held by:" in text and "H24.31" in text and "08:00 02/06/2026 – 10:00 05/06/2026" in text and "now" in text
    assert "THU NGHIEM" not in text
    site.hoso("timeline", "H24.11713-260601-0002", code=1)
    site.hoso("timeline", code=2)
