"""The configuration store against a real Consul."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from deployments import keys
from deployments.consul import (
    Change,
    Conflict,
    ConsulConflict,
    ConsulStore,
    ConsulTooLarge,
    Entry,
    Snapshot,
)
from tests.consul.agent import start_consul, stop_consul

pytestmark = pytest.mark.consul


def values(snapshot: Snapshot) -> dict[str, str]:
    return {entry.key: entry.value for entry in snapshot.entries}


def index_of(store: ConsulStore, prefix: str, key: str) -> int:
    entry = store.read(prefix).get(key)
    assert entry is not None
    return entry.modify_index


def create(store: ConsulStore, prefix: str, **pairs: str) -> None:
    store.save(prefix, [Change(key, value, 0) for key, value in pairs.items()])


def test_a_service_without_keys_reads_as_empty(store: ConsulStore, service_prefix: str) -> None:
    assert store.read(service_prefix).entries == ()


def test_added_keys_are_listed_by_name_relative_to_the_service(store: ConsulStore, service_prefix: str) -> None:
    store.save(service_prefix, [Change("level", "info", 0), Change("database/host", "db.internal", 0)])

    assert values(store.read(service_prefix)) == {"database/host": "db.internal", "level": "info"}
    assert [entry.key for entry in store.read(service_prefix).entries] == ["database/host", "level"]


def test_one_save_adds_changes_and_deletes(store: ConsulStore, service_prefix: str) -> None:
    create(store, service_prefix, level="info", old="x", kept="same")
    seen = index_of(store, service_prefix, "level")

    store.save(service_prefix, [Change("level", "debug", seen), Change("old", None, seen), Change("new", "1", 0)])

    assert values(store.read(service_prefix)) == {"kept": "same", "level": "debug", "new": "1"}


def test_every_allowed_character_survives_the_way_there_and_back(store: ConsulStore, service_prefix: str) -> None:
    names = ["-", "...", "A/b.c/d-e_f", "_", "a..b/.env", "k" * (512 - len(service_prefix))]

    store.save(service_prefix, [Change(name, f"é✓\n {name}", 0) for name in names])

    assert values(store.read(service_prefix)) == {name: f"é✓\n {name}" for name in names}


def test_nothing_to_save_is_no_change(store: ConsulStore, service_prefix: str) -> None:
    store.save(service_prefix, [])

    assert store.read(service_prefix).entries == ()


def test_an_empty_value_is_a_value(store: ConsulStore, service_prefix: str) -> None:
    create(store, service_prefix, empty="")

    assert values(store.read(service_prefix)) == {"empty": ""}


def test_a_value_that_is_not_text_is_shown_as_base64(store: ConsulStore, consul_url: str, service_prefix: str) -> None:
    requests.put(f"{consul_url}/v1/kv/{service_prefix}logo", data=b"\xff\xfe\x00", timeout=3).raise_for_status()

    (entry,) = store.read(service_prefix).entries

    assert (entry.key, entry.value, entry.base64) == ("logo", "//4A", True)


def test_folders_made_in_consuls_own_pages_are_no_keys(
    store: ConsulStore, consul_url: str, service_prefix: str
) -> None:
    for folder in (service_prefix, f"{service_prefix}database/"):
        requests.put(f"{consul_url}/v1/kv/{folder}", timeout=3).raise_for_status()

    assert store.read(service_prefix).entries == ()


def test_the_second_editor_of_a_key_sees_theirs_and_overwrites_nothing(store: ConsulStore, service_prefix: str) -> None:
    create(store, service_prefix, level="info")
    seen_by_both = index_of(store, service_prefix, "level")
    store.save(service_prefix, [Change("level", "debug", seen_by_both)])

    with pytest.raises(ConsulConflict) as refused:
        store.save(service_prefix, [Change("level", "error", seen_by_both)])

    theirs = Entry("level", "debug", base64=False, modify_index=index_of(store, service_prefix, "level"))
    assert refused.value.conflicting == (Conflict("level", theirs),)
    assert str(refused.value) == (
        "Someone else changed level since you opened this page, so nothing was saved. "
        "Compare their values with yours and save again."
    )
    assert values(store.read(service_prefix)) == {"level": "debug"}


def test_of_many_editors_at_once_one_wins(store: ConsulStore, consul_url: str, service_prefix: str) -> None:
    create(store, service_prefix, level="info")
    seen = index_of(store, service_prefix, "level")

    def save(value: str) -> str | None:
        try:
            ConsulStore(consul_url).save(service_prefix, [Change("level", value, seen)])
        except ConsulConflict:
            return None
        return value

    with ThreadPoolExecutor(8) as editors:
        winners = [value for value in editors.map(save, "abcdefgh") if value]

    assert len(winners) == 1
    assert values(store.read(service_prefix)) == {"level": winners[0]}


def test_a_save_with_one_conflict_saves_none_of_its_keys(store: ConsulStore, service_prefix: str) -> None:
    create(store, service_prefix, level="info", size="1", gone="x")
    seen = index_of(store, service_prefix, "level")
    store.save(service_prefix, [Change("size", "2", seen)])

    with pytest.raises(ConsulConflict) as refused:
        store.save(
            service_prefix,
            [
                Change("level", "debug", seen),
                Change("gone", None, seen),
                Change("new", "1", 0),
                Change("size", "3", seen),
            ],
        )

    assert [conflict.key for conflict in refused.value.conflicting] == ["size"]
    assert values(store.read(service_prefix)) == {"gone": "x", "level": "info", "size": "2"}


def test_every_conflicting_key_is_named(store: ConsulStore, service_prefix: str) -> None:
    create(store, service_prefix, a="1", b="1")

    with pytest.raises(ConsulConflict) as refused:
        store.save(
            service_prefix,
            [Change("a", "2", 0), Change("b", None, 1), Change("c", None, 1), Change("d", "2", 0)],
        )

    theirs = {conflict.key: conflict.theirs and conflict.theirs.value for conflict in refused.value.conflicting}
    assert theirs == {"a": "1", "b": "1", "c": None}


def test_creating_a_key_that_somebody_created_meanwhile_is_refused(store: ConsulStore, service_prefix: str) -> None:
    create(store, service_prefix, level="theirs")

    with pytest.raises(ConsulConflict):
        create(store, service_prefix, level="mine")

    assert values(store.read(service_prefix)) == {"level": "theirs"}


def test_changing_a_key_that_somebody_deleted_meanwhile_is_refused(store: ConsulStore, service_prefix: str) -> None:
    create(store, service_prefix, level="info")
    seen = index_of(store, service_prefix, "level")
    store.save(service_prefix, [Change("level", None, seen)])

    with pytest.raises(ConsulConflict) as refused:
        store.save(service_prefix, [Change("level", "debug", seen)])

    assert refused.value.conflicting == (Conflict("level", None),)
    assert store.read(service_prefix).entries == ()


def test_deleting_a_key_that_somebody_changed_meanwhile_is_refused(store: ConsulStore, service_prefix: str) -> None:
    create(store, service_prefix, level="info")
    seen = index_of(store, service_prefix, "level")
    store.save(service_prefix, [Change("level", "debug", seen)])

    with pytest.raises(ConsulConflict) as refused:
        store.save(service_prefix, [Change("level", None, seen)])

    (conflict,) = refused.value.conflicting
    assert conflict.theirs is not None
    assert conflict.theirs.value == "debug"
    assert values(store.read(service_prefix)) == {"level": "debug"}


@pytest.mark.parametrize("base_index", [0, 7])
def test_deleting_a_key_that_is_not_there_is_refused(store: ConsulStore, service_prefix: str, base_index: int) -> None:
    with pytest.raises(ConsulConflict) as refused:
        store.save(service_prefix, [Change("absent", None, base_index)])

    assert refused.value.conflicting == (Conflict("absent", None),)


def test_the_same_key_twice_in_a_save_is_refused(store: ConsulStore, service_prefix: str) -> None:
    with pytest.raises(keys.InvalidKey, match="given twice"):
        store.save(service_prefix, [Change("a", "1", 0), Change("a", "2", 0)])


def test_a_service_sees_nothing_of_one_whose_name_begins_alike(store: ConsulStore, service_prefix: str) -> None:
    app1, app10 = (f"{service_prefix}{name}/" for name in ("app1", "app10"))
    create(store, app1, level="one")
    create(store, app10, level="ten")

    store.save(app1, [Change("level", None, index_of(store, app1, "level"))])

    assert store.read(app1).entries == ()
    assert values(store.read(app10)) == {"level": "ten"}


def test_a_key_that_climbs_out_is_refused_and_harms_nobody(
    store: ConsulStore, consul_url: str, service_prefix: str
) -> None:
    agent = f"{consul_url}/v1/agent"
    requests.put(f"{agent}/service/register", json={"Name": "victim"}, timeout=3).raise_for_status()

    for way in ("../../../../agent/service/deregister/victim", "..%2f..%2fagent/service/deregister/victim"):
        with pytest.raises(keys.InvalidKey):
            store.save(service_prefix, [Change(way, "", 0)])
    with pytest.raises(ValueError):
        store.read("acme/../../agent/services/")

    assert "victim" in requests.get(f"{agent}/services", timeout=3).json()


def test_a_save_takes_64_additions_and_refuses_65(store: ConsulStore, service_prefix: str) -> None:
    many = [Change(f"key{number}", "x", 0) for number in range(65)]

    with pytest.raises(ConsulTooLarge, match=r"a save holds 64 steps, and these need 65"):
        store.save(service_prefix, many)
    assert store.read(service_prefix).entries == ()

    store.save(service_prefix, many[:64])
    assert len(store.read(service_prefix).entries) == 64


def test_a_save_takes_32_deletions_and_refuses_33(store: ConsulStore, service_prefix: str) -> None:
    create(store, service_prefix, **{f"key{number}": "x" for number in range(33)})
    deletions = [Change(entry.key, None, entry.modify_index) for entry in store.read(service_prefix).entries]

    with pytest.raises(ConsulTooLarge, match=r"these need 66 \(a deletion counts twice\)"):
        store.save(service_prefix, deletions)
    store.save(service_prefix, deletions[:32])

    assert len(store.read(service_prefix).entries) == 1


def test_a_save_of_393_000_bytes_passes_and_of_400_000_is_refused(store: ConsulStore, service_prefix: str) -> None:
    with pytest.raises(ConsulTooLarge, match=r"too large to save together: 533,\d{3} bytes as sent"):
        create(store, service_prefix, big="x" * 400_000)
    with pytest.raises(ConsulTooLarge, match=r"too large to save together"):
        create(store, service_prefix, big="x" * 200_000, other="y" * 200_000)
    assert store.read(service_prefix).entries == ()

    create(store, service_prefix, big="x" * 393_000)
    assert values(store.read(service_prefix)) == {"big": "x" * 393_000}


def test_a_value_over_512_kib_is_named(store: ConsulStore, service_prefix: str) -> None:
    with pytest.raises(ConsulTooLarge) as refused:
        create(store, service_prefix, big="é" * 262_145)

    assert str(refused.value) == "The value of big is too large: 524,290 bytes, and Consul holds 524,288."


def test_a_consul_with_smaller_limits_of_its_own_is_believed(has_consul: None, tmp_path: Path) -> None:
    limits = {"kv_max_value_size": 1024, "txn_max_req_len": 1024}
    process, url = start_consul(tmp_path, {"limits": limits})
    try:
        small = ConsulStore(url)
        with pytest.raises(ConsulTooLarge, match="larger than this Consul takes at once"):
            create(small, "acme/dev/shop/", big="x" * 2000)
        assert small.read("acme/dev/shop/").entries == ()
    finally:
        stop_consul(process)
