"""tests/avro_compat tells evolution that holds from evolution that does not."""

import copy
import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
V1 = json.loads((ROOT / "schemas" / "avro" / "dossier_event.v1.avsc").read_text(encoding="utf-8"))


def field(schema, name):
    return next(item for item in schema["fields"] if item["name"] == name)


def check(folder, *options):
    done = subprocess.run([ROOT / "tests" / "avro_compat", *options, folder], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def write(folder, name, schema):
    (folder / name).write_text(json.dumps(schema, ensure_ascii=False), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "dossier_event.v1.avsc", V1)
    assert check(tmp_path, "--accept")[0] == 0
    path = tmp_path / "fingerprints"
    path.write_text(path.read_text(encoding="utf-8").replace("unreleased", "0.1.0"), encoding="utf-8")
    return tmp_path


def add_field(schema):
    schema["fields"].insert(3, {"name": "priority", "type": ["null", "int"], "default": None})


def add_enum_field(schema):
    schema["fields"].append({"name": "queue", "type": {"type": "enum", "name": "Queue", "symbols": ["a"]}, "default": "a"})


def remove_optional(schema):
    schema["fields"].remove(field(schema, "late_reason"))


def reverse(schema):
    schema["fields"].reverse()
    field(schema, "kind")["type"]["symbols"].reverse()


def explain(schema):
    schema["doc"] = field(schema, "kind")["doc"] = "Otherwise put."


@pytest.mark.parametrize("change", [add_field, add_enum_field, remove_optional, reverse, explain])
def test_evolution_that_holds(folder, change):
    schema = copy.deepcopy(V1)
    change(schema)
    write(folder, "dossier_event.v2.avsc", schema)
    assert check(folder, "--accept") == (0, check(folder)[1])


def add_without_default(schema):
    schema["fields"].append({"name": "priority", "type": "int"})


def remove_required(schema):
    schema["fields"].remove(field(schema, "trust"))


def add_symbol(schema):
    field(schema, "channel")["type"]["symbols"].append("kiosk")


def remove_symbol(schema):
    field(schema, "channel")["type"]["symbols"].remove("postal")


def widen(schema):
    field(schema, "rating")["type"] = "long"  # the older reader has 32 bits


def change_type(schema):
    field(schema, "officer")["type"] = ["null", "string"]


def resize(schema):
    field(schema, "event_id")["type"]["size"] = 20


def rename(schema):
    field(schema, "source")["name"] = "origin"


@pytest.mark.parametrize("change, said", [
    (add_without_default, "field priority is missing and has no default"), (remove_required, "field trust is missing"),
    (add_symbol, "no kiosk"), (remove_symbol, "no postal"), (widen, "long cannot become int"),
    (change_type, "field officer"), (resize, "field event_id"), (rename, "field source is missing")])
def test_evolution_that_does_not(folder, change, said):
    schema = copy.deepcopy(V1)
    change(schema)
    write(folder, "dossier_event.v2.avsc", schema)
    code, text = check(folder, "--accept")
    assert code == 1 and said in text and "not ok 2" in text and "not ok 1" not in text


def test_a_released_schema_may_not_change(folder):
    schema = copy.deepcopy(V1)
    add_field(schema)
    write(folder, "dossier_event.v1.avsc", schema)
    for options in ((), ("--accept",)):  # not to be accepted either
        code, text = check(folder, *options)
        assert code == 1 and "was released with 0.1.0 and has changed" in text
    (folder / "dossier_event.v1.avsc").unlink()
    write(folder, "dossier_event.v2.avsc", V1)
    code, text = check(folder)
    assert code == 1 and "v1.avsc is gone" in text and "have a gap" in text


def test_what_only_explains_may_change(folder):
    schema = copy.deepcopy(V1)
    explain(schema)
    write(folder, "dossier_event.v1.avsc", schema)
    assert check(folder)[0] == 0


def test_an_empty_folder_is_no_success(tmp_path):
    assert check(tmp_path)[0] == 1
