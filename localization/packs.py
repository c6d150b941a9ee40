"""Locale packs: what is said to a customer outside the assistant's answers, one file for each locale.

A pack is data that designers and compliance officers own. Everything that can be wrong with it is found when it is
loaded, all of it at once, so that a customer never meets a half-filled sentence.
"""

from __future__ import annotations

import os
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Final, get_type_hints

import yaml
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import list_currencies

DEFAULT_TAG: Final = "en-GB"


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """What the AI says of itself before anything else."""

    start: str  #: a session begins; `{bank}`
    returned: str  #: a person has handed back to the AI; `{bank}`


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What the switchboard says between the AI and a person."""

    joined: str  #: `{position}`, `{wait}`
    joined_no_agents: str  #: nobody is available now; `{position}`, `{hours}`
    position_changed: str  #: `{position}`, `{wait}`
    cancelled: str
    timed_out: str  #: nobody came in time; `{hours}`
    agent_joined: str  #: `{agent}`, `{bank}`
    agent_lost: str  #: `{agent}`
    transferred: str  #: `{agent}`, who passes the customer on
    returned: str  #: `{agent}`, who hands back to the AI


@dataclass(frozen=True, kw_only=True)
class Unavailable:
    """The AI cannot answer."""

    handoff: str  #: a person takes over instead
    retry: str  #: the message was not accepted and may be sent again


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """The people in charge have stopped the AI."""

    handoff: str


@dataclass(frozen=True, kw_only=True)
class Session:
    """How a session ends and begins."""

    ended: str
    ended_by_agent: str  #: `{agent}`
    expired: str
    new_session: str


@dataclass(frozen=True, kw_only=True)
class Feedback:
    ask: str
    thanks: str


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Words for a waiting time; each fits where `{wait}` stands."""

    range: str  #: `{low}`, `{high}` in whole minutes
    under_a_minute: str
    unknown: str


@dataclass(frozen=True, kw_only=True)
class CrisisWording:
    """How one crisis line is written out."""

    call: str  #: `{name}`, `{number}`
    text: str  #: `{name}`, `{text}`
    call_or_text: str  #: `{name}`, `{number}`, `{text}`


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Who speaks, and the button that is always there."""

    ai: str
    agent: str
    system: str
    talk_to_person: str


@dataclass(frozen=True, kw_only=True)
class Style:
    """How this region is spoken to; `avoid` holds words that the wording of the locale must not contain."""

    honorific: str
    name_order: str  #: `given_first` or `family_first`
    directness: int  #: 1 to 5
    formality: int  #: 1 to 5
    warmth: int  #: 1 to 5
    emoji: bool
    avoid: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CrisisLine:
    """A line for people whose life is at risk: a number to call, a number to text, or both."""

    name: str
    number: str | None
    text: str | None


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Everything of one locale. Sentences are filled with `fill(pack.queue.joined, position=2, wait=…)`."""

    tag: str  #: BCP-47, also the file's name
    language: str
    region: str
    version: int
    reviewer: str  #: the role that answers for the wording
    address_form: str
    currency: str  #: ISO 4217
    identity: str  #: the answer to "are you a person?"; `{bank}`
    language_limits: str  #: empty where the AI is trained in the language
    recording: str  #: `{bank}`
    human_hours: str  #: fits where `{hours}` stands
    disclosure: Disclosure
    queue: Queue
    unavailable: Unavailable
    stopped: Stopped
    session: Session
    feedback: Feedback
    wait: Wait
    labels: Labels
    style: Style
    crisis_wording: CrisisWording
    ordinals: Mapping[str, str]  #: CLDR ordinal category → pattern with `{number}`
    crisis_lines: tuple[CrisisLine, ...]


#: Placeholders each sentence must hold, no more and no fewer. Sentences that are not listed hold none.
PLACEHOLDERS: Final[Mapping[str, frozenset[str]]] = {
    key: frozenset(names.split())
    for key, names in {
        "identity": "bank",
        "recording": "bank",
        "disclosure.start": "bank",
        "disclosure.returned": "bank",
        "queue.joined": "position wait",
        "queue.joined_no_agents": "position hours",
        "queue.position_changed": "position wait",
        "queue.timed_out": "hours",
        "queue.agent_joined": "agent bank",
        "queue.agent_lost": "agent",
        "queue.transferred": "agent",
        "queue.returned": "agent",
        "session.ended_by_agent": "agent",
        "wait.range": "low high",
        "crisis_wording.call": "name number",
        "crisis_wording.text": "name text",
        "crisis_wording.call_or_text": "name number text",
    }.items()
}

_MAY_BE_EMPTY: Final = frozenset({"language_limits", "style.honorific"})
_NAME_ORDERS: Final = frozenset({"given_first", "family_first"})
_SCALES: Final = frozenset({"style.directness", "style.formality", "style.warmth"})


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with one file."""

    file: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.file} [{self.path}] {self.message}"


class PacksInvalid(ValueError):
    """The locale packs have faults."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


def fill(sentence: str, **values: object) -> str:
    """Put values in the places of a sentence; values that the sentence has no place for are left out."""
    return sentence.format(**values)


def default_directory() -> Path:
    """Where the packs are: `locales/` under CANDOUR_POLICY_DIR, or under the project's own policy folder."""
    configured = os.environ.get("CANDOUR_POLICY_DIR")
    policy = Path(configured) if configured else Path(__file__).resolve().parent.parent / "policy"
    return policy / "locales"


class Packs(Mapping[str, Pack]):
    """All packs by tag, and the nearest pack to any tag."""

    def __init__(self, packs: Mapping[str, Pack], *, default: str = DEFAULT_TAG) -> None:
        self._packs = dict(packs)
        self.default = self._packs[default]

    def __getitem__(self, tag: str) -> Pack:
        return self._packs[tag]

    def __iter__(self) -> Iterator[str]:
        return iter(self._packs)

    def __len__(self) -> int:
        return len(self._packs)

    def resolve(self, tag: str | None) -> Pack:
        """The pack nearest to a BCP-47 tag: the same, its language alone, another region of the language, the default.

        Among regions of a language, one under the same CLDR parent locale is nearest (es-AR → es-MX, en-AU → en-GB).
        """
        language, region = _split(tag)
        if not language:
            return self.default
        exact = f"{language}-{region}" if region else language
        for candidate in (exact, language):
            if candidate in self._packs:
                return self._packs[candidate]
        siblings = [pack for pack in self._packs.values() if pack.language == language]
        if not siblings:
            return self.default
        parents: Mapping[str, str] = get_global("parent_exceptions")
        if region:
            parent = parents.get(f"{language}_{region}", language)
            for pack in siblings:
                if parents.get(pack.tag.replace("-", "_"), language) == parent:
                    return pack
        return self.default if self.default in siblings else siblings[0]

    def crisis_lines(self, *, locale: str | None, region: str | None) -> tuple[CrisisLine, ...]:
        """Lines of the region in which the customer is; where no pack knows it, those of her locale."""
        nearest = self.resolve(locale)
        if region and nearest.region != region.upper():
            for pack in self._packs.values():
                if pack.region == region.upper():
                    return pack.crisis_lines
        return nearest.crisis_lines


def _split(tag: str | None) -> tuple[str, str]:
    """Language (with superseded codes replaced) and region of a tag; empty strings for what is missing."""
    parts = [part for part in (tag or "").strip().replace("_", "-").split("-") if part]
    if not parts:
        return "", ""
    aliases: Mapping[str, str] = get_global("language_aliases")
    language = parts[0].lower()
    region = next((p for p in parts[1:] if (len(p) == 2 and p.isalpha()) or (len(p) == 3 and p.isdigit())), "")
    return aliases.get(language, language), region.upper()


def load_packs(directory: Path | str | None = None) -> Packs:
    """Load and check every `*.yml` of a directory; raises `PacksInvalid` with all faults of all files."""
    folder = Path(directory) if directory is not None else default_directory()
    faults: list[Fault] = []
    packs: dict[str, Pack] = {}
    files = sorted(folder.glob("*.yml"))
    for file in files:
        pack = _load(file, faults)
        if pack is not None:
            packs[pack.tag] = pack
    if f"{DEFAULT_TAG}.yml" not in {file.name for file in files}:
        faults.append(Fault(str(folder), "", f"the default pack {DEFAULT_TAG}.yml is missing"))
    if faults:
        raise PacksInvalid(tuple(faults))
    return Packs(packs)


def _load(file: Path, faults: list[Fault]) -> Pack | None:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        faults.append(Fault(file.name, "", f"is not readable YAML: {' '.join(str(error).split())}"))
        return None
    before = len(faults)
    reader = _Reader(file.name, faults)
    pack = reader.build(Pack, content, "")
    if isinstance(pack, Pack):
        reader.check(pack)
        if pack.tag != file.stem:
            reader.fault("tag", f"is {pack.tag!r}, but the file is named {file.stem!r}")
    return pack if isinstance(pack, Pack) and len(faults) == before else None


class _Reader:
    """Builds the dataclasses from YAML and notes every fault on the way instead of stopping at the first."""

    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.file = file
        self.faults = faults

    def fault(self, path: str, message: str) -> None:
        self.faults.append(Fault(self.file, path, message))

    def build(self, kind: type, content: object, path: str) -> object | None:
        """An instance of a dataclass, or None when a part of it is missing or of the wrong kind."""
        if not isinstance(content, dict):
            self.fault(path, f"must be a mapping, got {_kind(content)}")
            return None
        hints = get_type_hints(kind)
        names = [field.name for field in fields(kind)]
        for key in content:
            if key not in names:
                self.fault(_join(path, str(key)), "is not a known key")
        values: dict[str, object] = {}
        complete = True
        for name in names:
            where = _join(path, name)
            if name not in content:
                self.fault(where, "is missing")
                complete = False
                continue
            before = len(self.faults)
            values[name] = self._value(hints[name], content[name], where)
            if len(self.faults) > before and values[name] is None:
                complete = False
        return kind(**values) if complete else None

    def _value(self, hint: object, content: object, path: str) -> object:
        if isinstance(hint, type) and is_dataclass(hint):
            return self.build(hint, content, path)
        if hint is str:
            return self._sentence(content, path)
        if hint is bool or hint is int:
            if type(content) is not hint:
                wanted = "true or false" if hint is bool else "a whole number"
                self.fault(path, f"must be {wanted}, got {_kind(content)}")
                return None
            return content
        if path == "crisis_lines":
            return self._crisis_lines(content)
        if path == "ordinals":
            return self._ordinals(content)
        if path == "style.avoid":
            if not isinstance(content, list) or not all(isinstance(word, str) and word for word in content):
                self.fault(path, "must be a list of words")
                return None
            return tuple(content)
        raise TypeError(f"no rule reads {path}")

    def _sentence(self, content: object, path: str) -> str | None:
        if not isinstance(content, str):
            hint = "; put it in quotes" if isinstance(content, (bool, int, float)) else ""
            self.fault(path, f"must be text, got {_kind(content)}{hint}")
            return None
        if not content.strip() and path not in _MAY_BE_EMPTY:
            self.fault(path, "is empty")
        self._placeholders(content, path, PLACEHOLDERS.get(path, frozenset()) if content.strip() else None)
        return content.strip()

    def _placeholders(self, sentence: str, path: str, wanted: frozenset[str] | None) -> None:
        if wanted is None:
            return
        try:
            found = {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}
        except ValueError as error:
            self.fault(path, f"has a faulty placeholder: {error}")
            return
        for name in sorted(found - wanted):
            self.fault(path, f"placeholder {{{name}}} is not known here")
        for name in sorted(wanted - found):
            self.fault(path, f"placeholder {{{name}}} is missing")

    def _crisis_lines(self, content: object) -> tuple[CrisisLine, ...] | None:
        if not isinstance(content, list) or not content:
            self.fault("crisis_lines", "must be a list of at least one line")
            return None
        lines: list[CrisisLine] = []
        for index, entry in enumerate(content):
            path = f"crisis_lines.{index}"
            if not isinstance(entry, dict) or not set(entry) <= {"name", "number", "text"}:
                self.fault(path, "must be a mapping with the keys name, number, text and no others")
                continue
            values = {key: entry.get(key) for key in ("name", "number", "text")}
            for key, value in values.items():
                if not (value is None or (isinstance(value, str) and value.strip())):
                    self.fault(f"{path}.{key}", f"must be text in quotes, got {_kind(value)}")
            if values["name"] is None:
                self.fault(f"{path}.name", "is missing")
            if values["number"] is None and values["text"] is None:
                self.fault(path, "needs a number to call or to text")
            lines.append(CrisisLine(name=str(values["name"]), number=values["number"], text=values["text"]))
        return tuple(lines)

    def _ordinals(self, content: object) -> dict[str, str] | None:
        if not isinstance(content, dict) or not all(isinstance(v, str) for v in content.values()):
            self.fault("ordinals", "must map CLDR ordinal categories to text")
            return None
        for category, pattern in content.items():
            self._placeholders(pattern, f"ordinals.{category}", frozenset({"number"}))
        return {str(category): pattern for category, pattern in content.items()}

    def check(self, pack: Pack) -> None:
        """Faults that need more than one value to see."""
        try:
            locale = Locale.parse(pack.tag, sep="-")
        except (UnknownLocaleError, ValueError):
            self.fault("tag", f"{pack.tag!r} is not a locale that CLDR knows")
            return
        if pack.language != locale.language:
            self.fault("language", f"must be {locale.language!r} as in the tag, got {pack.language!r}")
        if pack.region != locale.territory:
            self.fault("region", f"must be {locale.territory!r} as in the tag, got {pack.region!r}")
        if pack.currency not in list_currencies():
            self.fault("currency", f"{pack.currency!r} is not an ISO 4217 code")
        categories = {*locale.ordinal_form.rules, "other"}
        if set(pack.ordinals) != categories:
            self.fault("ordinals", f"needs exactly the categories {', '.join(sorted(categories))}")
        if pack.style.name_order not in _NAME_ORDERS:
            self.fault("style.name_order", f"must be one of {', '.join(sorted(_NAME_ORDERS))}")
        for path in sorted(_SCALES):
            value = getattr(pack.style, path.partition(".")[2])
            if not 1 <= value <= 5:
                self.fault(path, f"must be from 1 to 5, got {value}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _kind(content: object) -> str:
    return "nothing" if content is None else type(content).__name__
