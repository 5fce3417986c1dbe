import json
import pickle
import secrets
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st

from fapproc import description
from fapproc.archive import Archive
from fapproc.description import Description
from fapproc.errors import Damaged, PasswordProblem
from fapproc.lock import Lock
from fapproc.unlocking import Unlocked
from fapproc.vault.keys import SUITE, Cost, Keys, Purpose, Slot
from fapproc.vault.layouts import SealedLayout

ID = "0123456789abcdef0123456789abcdef"
OTHER_ID = "0123456789abcdef0123456789abcde0"
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys.new(ID)


@pytest.fixture(scope="module")
def slot(keys: Keys) -> Slot:
    return keys.slot("password", PASSWORD)


def subkeys(keys: Keys) -> list[bytes]:
    return [keys.subkey(purpose) for purpose in Purpose]


def test_a_slot_opens_with_its_password_and_gives_the_same_keys(keys: Keys, slot: Slot) -> None:
    opened, used = Keys.unlock(ID, [slot], PASSWORD)
    assert used is slot
    assert subkeys(opened) == subkeys(keys)


@pytest.mark.parametrize("wrong", ["", "correct horse ", "Correct horse"])
def test_a_slot_opens_with_no_other_password(slot: Slot, wrong: str) -> None:
    with pytest.raises(PasswordProblem, match="The password is wrong"):
        Keys.unlock(ID, [slot], wrong)


def test_each_of_several_passwords_opens_its_own_slot(keys: Keys, slot: Slot) -> None:
    second = keys.slot("second", "battery staple")
    opened, used = Keys.unlock(ID, [slot, second], "battery staple")
    assert used == second
    assert subkeys(opened) == subkeys(keys)


def test_a_password_is_the_same_on_every_keyboard(keys: Keys) -> None:
    slot = keys.slot("password", "cafe\u0301")
    assert Keys.unlock(ID, [slot], "caf\u00e9")[1] == slot


def test_two_slots_of_one_password_have_nothing_in_common(
    keys: Keys, slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fapproc.vault.keys.secrets", secrets)  # most tests have one salt
    again = keys.slot("password", PASSWORD)
    for name in ("salt", "nonce", "wrapped"):
        assert getattr(again, name) != getattr(slot, name)


def test_a_slot_of_another_archive_does_not_open(slot: Slot) -> None:
    with pytest.raises(PasswordProblem):
        Keys.unlock(OTHER_ID, [slot], PASSWORD)


def _flipped(text: str) -> str:
    return f"{int(text[0], 16) ^ 1:x}{text[1:]}"


@pytest.mark.parametrize("name", list(Slot.__slots__))
def test_a_slot_with_any_field_changed_does_not_open(slot: Slot, name: str) -> None:
    value = getattr(slot, name)
    if name == "name":
        changed: Any = "another"
    else:
        changed = value + 1 if isinstance(value, int) else _flipped(value)
    with pytest.raises(PasswordProblem):
        Keys.unlock(ID, [replace(slot, **{name: changed})], PASSWORD)


def wrapped_by_hand(master: bytes, password: str, suite: str) -> Slot:
    """A slot made as docs/security.md has it, with another program's hands."""
    salt, nonce = bytes(16), bytes(12)
    kdf = Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=65536)
    said = {
        "archive": ID,
        "lanes": 4,
        "memory": 65536,
        "name": "password",
        "nonce": nonce.hex(),
        "passes": 3,
        "salt": salt.hex(),
        "suite": suite,
        "wrapped": "",
    }
    bound = json.dumps(said, separators=(",", ":")).encode()
    wrapped = AESGCM(kdf.derive(password.encode())).encrypt(nonce, master, bound)
    return Slot("password", 65536, 3, 4, salt.hex(), nonce.hex(), wrapped.hex())


def test_a_slot_written_by_another_program_opens_and_one_of_another_suite_does_not() -> None:
    master = bytes(range(32))
    opened, _ = Keys.unlock(ID, [wrapped_by_hand(master, PASSWORD, SUITE)], PASSWORD)
    assert subkeys(opened) == subkeys(Keys(ID, master))
    with pytest.raises(PasswordProblem):
        Keys.unlock(ID, [wrapped_by_hand(master, PASSWORD, SUITE + "!")], PASSWORD)


OUT_OF_BOUNDS = [
    ("memory", 64 * 1024 - 1),
    ("memory", 0),
    ("memory", -1),
    ("memory", 2 * 1024 * 1024 + 1),
    ("memory", 2**62),
    ("passes", 2),
    ("passes", 21),
    ("passes", 2**62),
    ("lanes", 0),
    ("lanes", 17),
]


@pytest.mark.parametrize(("name", "value"), OUT_OF_BOUNDS)
def test_parameters_out_of_bounds_are_refused_before_a_password_is_asked_for(
    slot: Slot, name: str, value: int, tmp_path: Path
) -> None:
    # There is no terminal and no password here: whoever asked for one would end with 12.
    said = {**asdict(slot), name: value}
    with pytest.raises(Damaged, match="never wrote"):
        Slot.read(said)
    sealed = Description(ID, SUITE, (slot,), mac="00")
    sealed.write(tmp_path)
    values = json.loads((tmp_path / description.FILE).read_text())
    (tmp_path / description.FILE).write_text(json.dumps({**values, "slots": [said]}))
    with pytest.raises(Damaged, match=r"never wrote .*Put back its copy archive\.json\.bak\."):
        Archive.open(tmp_path)
    (tmp_path / description.BACKUP).unlink()
    with pytest.raises(Damaged, match=r"never wrote .*Put back archive\.json of a backup\."):
        Archive.open(tmp_path)


def test_the_bounds_themselves_are_taken(slot: Slot) -> None:
    for cost in (Cost(64 * 1024, 3, 1), Cost(2 * 1024 * 1024, 20, 16)):
        changed = replace(slot, memory=cost.memory, passes=cost.passes, lanes=cost.lanes)
        assert Slot.read(asdict(changed)).cost == cost


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(Slot.__slots__, JSON)))
def test_no_json_value_raises_anything_but_a_sentence(value: Any) -> None:
    with pytest.raises(Damaged):
        Slot.read(value)


def test_subkeys_differ_by_purpose_by_archive_and_from_the_master_key() -> None:
    master = bytes(range(32))
    every = [*subkeys(Keys(ID, master)), *subkeys(Keys(OTHER_ID, master)), master]
    assert len(set(every)) == len(every)
    assert {len(key) for key in every} == {32}


def test_a_new_master_key_is_a_new_one() -> None:
    assert subkeys(Keys.new(ID))[0] != subkeys(Keys.new(ID))[0]


def test_the_derivations_stay_what_they_were() -> None:
    keys = Keys(ID, bytes(range(32)))
    stored = json.loads((Path(__file__).parent / "vectors" / "keys.json").read_text())
    assert {purpose.name: keys.subkey(purpose).hex() for purpose in Purpose} == stored["subkeys"]
    opened, _ = Keys.unlock(ID, [Slot.read(stored["slot"])], stored["password"])
    assert subkeys(opened) == subkeys(keys)


def test_no_key_shows_in_a_representation(tmp_path: Path) -> None:
    master = bytes(range(100, 132))
    keys = Keys(ID, master)
    made = Description(ID, SUITE)
    unlocked = Unlocked(tmp_path, made, keys)
    archive = Archive(unlocked, Lock(tmp_path))
    parts = (keys, unlocked, SealedLayout(keys), archive, archive.vault, archive._database)
    shown = " ".join(f"{part!r} {part!s}" for part in parts)
    archive.close()
    for key in (master, *subkeys(keys)):
        for text in (key.hex(), repr(key), repr(list(key))[1:-1]):
            assert text not in shown


def test_an_opened_archive_can_not_be_pickled_into_another_process(tmp_path: Path) -> None:
    archive = Archive(Unlocked(tmp_path, Description(ID), Keys.new(ID)), Lock(tmp_path))
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(archive)
    archive.close()
