"""Settings and their faults."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from switchboard.settings import SettingsInvalid, read_settings


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CANDOUR_DATA_DIR", str(tmp_path))


def test_defaults_serve_on_loopback(tmp_path: Path) -> None:
    """SQLite in the data folder, the brain on its usual port."""
    settings = read_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.database == f"sqlite:///{tmp_path / 'switchboard.db'}"
    assert settings.brain == "http://127.0.0.1:5005"


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable begins with CANDOUR_; origins are separated by commas."""
    monkeypatch.setenv("CANDOUR_PORT", "9000")
    monkeypatch.setenv("CANDOUR_BRAIN_PORT", "5099")
    monkeypatch.setenv("CANDOUR_ALLOWED_ORIGINS", "https://a.example, https://b.example")
    settings = read_settings()
    assert settings.port == 9000
    assert settings.brain == "http://127.0.0.1:5099"
    assert settings.allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CANDOUR_PORT", "many"),
        ("CANDOUR_PORT", "70000"),
        ("CANDOUR_BRAIN_TURN_S", "-1"),
        ("CANDOUR_HOST_SECRET", "short"),
        ("CANDOUR_LOG_LEVEL", "LOUD"),
        ("CANDOUR_DEMO", "perhaps"),
    ],
)
def test_faulty_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """By the variable that holds it, and without repeating a secret."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=name) as caught:
        read_settings()
    assert "short" not in str(caught.value)


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line each."""
    monkeypatch.setenv("CANDOUR_PORT", "many")
    monkeypatch.setenv("CANDOUR_AGENT_GRACE_S", "long")
    with pytest.raises(SettingsInvalid) as caught:
        read_settings()
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "bank.example"])
def test_demo_refuses_to_leave_loopback(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """It would sign in anybody as anybody."""
    monkeypatch.setenv("CANDOUR_DEMO", "1")
    monkeypatch.setenv("CANDOUR_HOST", host)
    with pytest.raises(SettingsInvalid, match="loopback only"):
        read_settings()


def test_secrets_are_made_once_and_for_this_user_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same after a restart; nobody else may read them."""
    monkeypatch.setenv("CANDOUR_DEMO", "1")
    first, second = read_settings(), read_settings()
    assert first.desk_secret == second.desk_secret
    assert first.host_secret == second.host_secret != first.desk_secret
    for name in ("desk.secret", "host.secret"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_without_a_host_secret_nobody_is_identified() -> None:
    """Outside the demo it is the operator's to give."""
    assert read_settings().host_secret == ""
