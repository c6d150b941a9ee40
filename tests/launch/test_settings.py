"""The environment is read once; a faulty value is named; secrets are kept where only their owner reads."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from launch.failure import LaunchFailure
from launch.ports import free_port
from launch.settings import LaunchSettings, choose_ports, load_secrets, read_settings


def settings_of(tmp_path: Path, **environment: str) -> LaunchSettings:
    return read_settings({"CANDOUR_DATA_DIR": str(tmp_path), **environment}, root=tmp_path)


def test_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    settings = read_settings({}, root=tmp_path)
    assert settings.port == 8080
    assert settings.data_dir == tmp_path / "var"
    assert settings.demo is True


@pytest.mark.parametrize("value", ["eighty", "-1", "65536", "8080.0", "٨٠", " 80"])
def test_faulty_port_is_named_in_the_failure(tmp_path: Path, value: str) -> None:
    with pytest.raises(LaunchFailure, match="CANDOUR_PORT"):
        settings_of(tmp_path, CANDOUR_PORT=value)


def test_faulty_flag_is_named_in_the_failure(tmp_path: Path) -> None:
    with pytest.raises(LaunchFailure, match="CANDOUR_DEMO"):
        settings_of(tmp_path, CANDOUR_DEMO="perhaps")


def test_relative_data_directory_is_taken_from_the_checkout(tmp_path: Path) -> None:
    assert read_settings({"CANDOUR_DATA_DIR": "here"}, root=tmp_path).data_dir == tmp_path / "here"


def test_port_zero_takes_any_that_is_free_and_no_two_parts_share_one(tmp_path: Path) -> None:
    ports = choose_ports(
        settings_of(tmp_path, CANDOUR_PORT="0", CANDOUR_BRAIN_PORT="0", CANDOUR_ACTIONS_PORT="0"),
    )
    assert len({ports.switchboard, ports.brain, ports.actions}) == 3


def test_inner_port_asked_for_and_taken_is_a_failure(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(LaunchFailure, match="CANDOUR_BRAIN_PORT"):
            choose_ports(settings_of(tmp_path, CANDOUR_PORT="0", CANDOUR_BRAIN_PORT=str(port)))


def test_one_port_for_two_parts_is_a_failure(tmp_path: Path) -> None:
    port = str(free_port())
    with pytest.raises(LaunchFailure, match="port of its own"):
        choose_ports(settings_of(tmp_path, CANDOUR_PORT=port, CANDOUR_BRAIN_PORT=port))


def test_usual_inner_port_in_use_is_replaced_by_a_free_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launch.settings.taken", lambda port: port == 5005)
    ports = choose_ports(settings_of(tmp_path, CANDOUR_PORT="0"))
    assert ports.brain != 5005


def test_secrets_are_private_and_kept_except_for_the_token(tmp_path: Path) -> None:
    first = load_secrets(settings_of(tmp_path))
    second = load_secrets(settings_of(tmp_path))
    assert (first.host_secret, first.demo_password) == (second.host_secret, second.demo_password)
    assert first.brain_token != second.brain_token
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_secrets_given_from_outside_are_used_and_not_written_down(tmp_path: Path) -> None:
    secrets = load_secrets(settings_of(tmp_path, CANDOUR_DEMO_PASSWORD="of-my-own", CANDOUR_HOST_SECRET="s" * 40))
    assert secrets.demo_password == "of-my-own"
    assert secrets.host_secret == "s" * 40
    assert not (tmp_path / "secrets.json").exists()
