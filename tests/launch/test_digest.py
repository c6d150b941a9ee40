"""What was built from unchanged sources is not built again; any change is seen."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launch.digest import Stamp, digest_of, write_whole


def test_digest_sees_a_changed_byte_a_new_file_and_a_new_name(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.yml").write_text("one")
    seen = {digest_of([folder], base=tmp_path)}
    (folder / "a.yml").write_text("two")
    seen.add(digest_of([folder], base=tmp_path))
    (folder / "b.yml").write_text("")
    seen.add(digest_of([folder], base=tmp_path))
    (folder / "b.yml").rename(folder / "c.yml")
    seen.add(digest_of([folder], base=tmp_path))
    assert len(seen) == 4


def test_digest_passes_over_caches_and_what_editors_leave(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a")
    before = digest_of([tmp_path], base=tmp_path)
    for name in ("__pycache__/a.pyc", "node_modules/x/index.js", "dist/app.js", ".a.py.swp", "a.py~"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("noise")
    assert digest_of([tmp_path], base=tmp_path) == before


def test_digest_does_not_depend_on_the_order_and_takes_absence_for_what_it_is(tmp_path: Path) -> None:
    first, second, absent = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    first.write_text("1")
    second.write_text("2")
    assert digest_of([first, second, absent], base=tmp_path) == digest_of([second, first], base=tmp_path)


@given(left=st.binary(max_size=40), right=st.binary(max_size=40))
def test_digest_is_the_same_exactly_for_the_same_contents(
    tmp_path_factory: pytest.TempPathFactory, left: bytes, right: bytes
) -> None:
    base = tmp_path_factory.mktemp("digest")
    (base / "file").write_bytes(left)
    one = digest_of([base], base=base)
    (base / "file").write_bytes(right)
    assert (digest_of([base], base=base) == one) is (left == right)


def test_stamp_is_fresh_for_what_was_written_only(tmp_path: Path) -> None:
    stamp = Stamp(path=tmp_path / "deep" / ".built")
    assert not stamp.fresh("abc")
    stamp.write("abc")
    assert stamp.fresh("abc")
    assert not stamp.fresh("abd")
    stamp.clear()
    assert not stamp.fresh("abc")


def test_write_whole_sets_the_mode_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "secrets.json", "{}", mode=0o600)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]
