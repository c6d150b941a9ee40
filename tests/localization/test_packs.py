"""The locale packs: all valid, all of one shape, and faults reported together."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import yaml

from localization import Pack, Packs, PacksInvalid, default_directory, fill, load_packs
from localization.packs import PLACEHOLDERS

TAGS = ("de-DE", "en-GB", "en-US", "es-ES", "es-MX", "fil-PH", "fr-FR", "pt-BR")
#: Words by which each language says "AI" and "not a person".
SAYS_AI = {
    "en": ("AI assistant", "not a person"),
    "de": ("KI-Assistent", "Mensch"),
    "fr": ("assistant IA", "pas une personne"),
    "es": ("asistente de IA", "no una persona"),
    "pt": ("assistente de IA", "não uma pessoa"),
    "fil": ("AI assistant", "hindi po tao"),
}


@pytest.fixture(scope="module")
def packs() -> Packs:
    return load_packs()


def sentences(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    for field in fields(value):  # type: ignore[arg-type] # narrowed by is_dataclass below
        where, content = f"{path}.{field.name}".lstrip("."), getattr(value, field.name)
        if is_dataclass(content):
            yield from sentences(content, where)
        elif isinstance(content, str):
            yield where, content


def test_there_is_a_pack_for_every_supported_locale(packs: Packs) -> None:
    assert tuple(sorted(packs)) == TAGS


def test_all_packs_have_the_same_sentences(packs: Packs) -> None:
    shapes = {tuple(path for path, _ in sentences(pack)) for pack in packs.values()}
    assert len(shapes) == 1


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", ["start", "returned"])
def test_disclosure_says_ai_person_button_and_record(packs: Packs, tag: str, kind: str) -> None:
    """Both disclosures name the AI, deny being a person, name the button and say where the record is."""
    pack = packs[tag]
    text = fill(getattr(pack.disclosure, kind), bank="Demo Bank")
    for words in SAYS_AI[pack.language]:
        assert words in text
    assert pack.labels.talk_to_person in text
    assert text.count("Demo Bank") >= 2
    assert "{" not in text


@pytest.mark.parametrize("tag", TAGS)
def test_language_limits_are_admitted_where_the_assistant_was_not_trained(packs: Packs, tag: str) -> None:
    """Filipino is trained as Taglish, which is how it is written."""
    language = {"fil": "tl"}.get(packs[tag].language, packs[tag].language)
    trained = (Path(__file__).resolve().parents[2] / "data" / "nlu" / language).is_dir()
    assert bool(packs[tag].language_limits) is not trained


@pytest.mark.parametrize("tag", TAGS)
def test_no_sentence_uses_what_the_locale_avoids(packs: Packs, tag: str) -> None:
    """Wrong address forms and phrases that belittle are listed in `style.avoid`; no sentence holds one."""
    pack = packs[tag]
    for path, text in sentences(pack):
        for word in pack.style.avoid:
            pattern = r"(?<!\w)" + re.escape(word.strip()) + (r"(?!\w)" if word.endswith(" ") else "")
            assert not re.search(pattern, text, re.IGNORECASE), f"{tag} {path}: {word!r}"


@pytest.mark.parametrize("tag", TAGS)
def test_address_form_is_used_throughout_the_disclosure(packs: Packs, tag: str) -> None:
    """The disclosure speaks to the customer in the address form that the pack declares."""
    pack = packs[tag]
    form = {"usted": r"pulse|presione|usted", "po/opo": r"\bpo\b"}.get(pack.address_form, rf"\b{pack.address_form}\b")
    assert re.search(form, pack.disclosure.start, re.IGNORECASE)


@pytest.mark.parametrize("tag", TAGS)
def test_every_sentence_fills_without_leftovers(packs: Packs, tag: str) -> None:
    values = {name: "X" for names in PLACEHOLDERS.values() for name in names}
    for _, text in sentences(packs[tag]):
        assert "{" not in fill(text, **values)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("en-GB", "en-GB"),
        ("EN_us", "en-US"),
        ("en", "en-GB"),
        ("en-AU", "en-GB"),
        ("en-PH", "en-US"),
        ("de-AT", "de-DE"),
        ("de", "de-DE"),
        ("es-AR", "es-MX"),
        ("es", "es-ES"),
        ("fr-CA", "fr-FR"),
        ("pt-PT", "pt-BR"),
        ("tl-PH", "fil-PH"),
        ("zh-Hant-TW", "en-GB"),
        ("", "en-GB"),
        ("!!", "en-GB"),
        (None, "en-GB"),
    ],
)
def test_resolve_finds_the_nearest_pack(packs: Packs, asked: str | None, found: str) -> None:
    assert packs.resolve(asked).tag == found


def test_resolve_prefers_a_pack_of_the_language_alone(packs: Packs) -> None:
    """Exact tag first, then the bare language, then a sibling region."""
    bare = Packs({**packs, "de": packs["de-DE"], "en-GB": packs["en-GB"]})
    assert bare.resolve("de-AT") is bare["de"]


def test_crisis_lines_follow_the_region_and_not_the_language(packs: Packs) -> None:
    """A British customer in the United States is given the line that answers there."""
    assert packs.crisis_lines(locale="en-GB", region="US")[0].number == "988"
    assert packs.crisis_lines(locale="en-GB", region="GB")[0].number == "116 123"
    assert packs.crisis_lines(locale="es-MX", region=None)[0].number == "800 911 2000"
    assert packs.crisis_lines(locale="de-AT", region="AT")[0].number == "0800 1110111"


def spoilt(tmp_path: Path, change: dict[str, object], *, drop: tuple[str, ...] = ()) -> Path:
    for file in default_directory().glob("*.yml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    content = yaml.safe_load((tmp_path / "fr-FR.yml").read_text(encoding="utf-8"))
    for path, value in change.items():
        *parents, last = path.split(".")
        target = content
        for parent in parents:
            target = target[parent]
        target[last] = value
    for path in drop:
        del content[path]
    (tmp_path / "fr-FR.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    folder = spoilt(
        tmp_path,
        {
            "queue.joined": "Vous êtes {position}, {name}",
            "identity": "",
            "moood": "x",
            "style.warmth": "hot",
            "crisis_lines": [{"name": "x"}],
            "ordinals": {"two": "{number}e"},
        },
        drop=("recording",),
    )
    with pytest.raises(PacksInvalid) as caught:
        load_packs(folder)
    found = {(fault.path, fault.message.split(",")[0]) for fault in caught.value.faults}
    assert found >= {
        ("queue.joined", "placeholder {name} is not known here"),
        ("queue.joined", "placeholder {wait} is missing"),
        ("identity", "is empty"),
        ("moood", "is not a known key"),
        ("style.warmth", "must be a whole number"),
        ("crisis_lines.0", "needs a number to call or to text"),
        ("recording", "is missing"),
    }
    assert "fr-FR.yml [queue.joined] placeholder {wait} is missing" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"tag": "fr-BE"}, "tag"),
        ({"language": "de"}, "language"),
        ({"region": "BE"}, "region"),
        ({"currency": "EURO"}, "currency"),
        ({"ordinals": {"other": "{number}e"}}, "ordinals"),
        ({"ordinals": {"one": "er", "other": "{number}e"}}, "ordinals.one"),
        ({"style.warmth": 6}, "style.warmth"),
        ({"style.name_order": "any"}, "style.name_order"),
        ({"style.emoji": "no"}, "style.emoji"),
        ({"style.avoid": "x"}, "style.avoid"),
        ({"recording": "{bank"}, "recording"),
        ({"version": True}, "version"),
        ({"feedback": None}, "feedback"),
        ({"crisis_lines": [{"name": "x", "number": 3114}]}, "crisis_lines.0.number"),
    ],
)
def test_each_kind_of_fault_names_its_place(tmp_path: Path, change: dict[str, object], path: str) -> None:
    with pytest.raises(PacksInvalid) as caught:
        load_packs(spoilt(tmp_path, change))
    assert path in {fault.path for fault in caught.value.faults}
    assert {fault.file for fault in caught.value.faults} == {"fr-FR.yml"}


def test_a_missing_default_and_unreadable_yaml_are_faults(tmp_path: Path) -> None:
    (tmp_path / "de-DE.yml").write_text("tag: [", encoding="utf-8")
    with pytest.raises(PacksInvalid) as caught:
        load_packs(tmp_path)
    messages = [fault.message for fault in caught.value.faults]
    assert any("not readable YAML" in message for message in messages)
    assert any("default pack" in message for message in messages)


def test_packs_are_read_from_the_configured_policy_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locales = tmp_path / "locales"
    locales.mkdir()
    shutil.copy(default_directory() / "en-GB.yml", locales)
    monkeypatch.setenv("CANDOUR_POLICY_DIR", str(tmp_path))
    assert list(load_packs()) == ["en-GB"]


def test_packs_are_frozen(packs: Packs) -> None:
    pack: Pack = packs["en-GB"]
    with pytest.raises(AttributeError):
        pack.tag = "x"  # type: ignore[misc] # the point of the test
