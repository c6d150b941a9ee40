"""The brain's encoder and model: made when what they are made from changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from launch.digest import Stamp, digest_of
from launch.failure import LaunchFailure
from launch.layout import Layout
from launch.settings import own_environment
from launch.steps import Watch, run_step

# What Rasa learns from. Components are code: a changed one needs a new model as much as a changed example does.
_INPUTS = ("config.yml", "domain.yml", "domain", "data", "brain", "locks/brain.txt")

# Rasa and TensorFlow of 2022 speak of their own innards; what they say of the project still comes through.
QUIET = {
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "PYTHONWARNINGS": "ignore::DeprecationWarning,ignore::FutureWarning",
}


def brain_variables(layout: Layout, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of every command of the brain."""
    env = dict(own_environment() if base is None else base)
    env.update(QUIET)
    env.setdefault("CANDOUR_CACHE_DIR", str(layout.cache))
    # credentials.yml and endpoints.yml name these; a command that only reads the project needs no real ones.
    env.setdefault("CANDOUR_BRAIN_TOKEN", "unused")
    env.setdefault("CANDOUR_ACTIONS_PORT", "5055")
    return env


def model_digest(layout: Layout) -> str:
    return digest_of([layout.root / name for name in _INPUTS], base=layout.root)


def model_stamp(layout: Layout) -> Stamp:
    return Stamp(path=layout.model.with_name("candour.inputs"))


def model_is_fresh(layout: Layout) -> bool:
    return layout.model.is_file() and model_stamp(layout).fresh(model_digest(layout))


def set_up_encoder(layout: Layout, *, watch: Watch | None = None) -> bool:
    """Convert the sentence encoders unless they were. True when something was done."""
    sources = sorted((layout.root / "brain").glob("encoder*.py"))
    others = [layout.root / "brain" / "adapters", layout.root / "config.yml", layout.locks / "brain.txt"]
    digest = digest_of([*sources, *others], base=layout.root)
    env = brain_variables(layout)
    cache = Path(env["CANDOUR_CACHE_DIR"])
    stamp = Stamp(path=cache / "encoder.ready")
    if stamp.fresh(digest) and any((cache / "encoder").glob("*/*.onnx")):
        return False
    run_step(
        [str(layout.brain_environment / "bin" / "python"), "-m", "brain.encoder_setup"],
        what="Setting up the sentence encoders",
        cwd=layout.root,
        env=env,
        log=layout.setup_logs / "encoder.log",
        advice="Removing .venv-brain and starting again installs its weights anew.",
        watch=watch,
    )
    stamp.write(digest)
    return True


def train(layout: Layout, *, watch: Watch | None = None, force: bool = False) -> bool:
    """Train if what the model is made from changed. True when it was trained."""
    digest = model_digest(layout)
    if model_is_fresh(layout) and not force:
        return False
    command = [
        str(layout.brain_environment / "bin" / "rasa"), "train",
        "--fixed-model-name", layout.model.name.removesuffix(".tar.gz"),
        "--out", str(layout.model.parent),
    ]  # fmt: skip
    model_stamp(layout).clear()
    log = layout.setup_logs / "train.log"
    run_step(
        [*command, "--force"] if force else command,
        what="Training the model",
        cwd=layout.root,
        env=brain_variables(layout),
        log=log,
        advice="`.venv-brain/bin/rasa data validate` tells more about a fault in data/ or domain.yml.",
        watch=watch,
    )
    if not layout.model.is_file():
        raise LaunchFailure(f"Training ended without a model at {layout.model}. The log is {log}.")
    model_stamp(layout).write(digest)
    return True


def training_stage(line: str) -> str | None:
    """What a line of Rasa's training log says about how far it is, for the progress display."""
    found = re.search(r"Starting to train component '(\w+)'", line)
    if found:
        return f"training {found[1]}"
    found = re.search(r"Finished training component '(\w+)'", line)
    if found:
        return f"{found[1]} trained"
    found = re.search(r"Restored component '(\w+)' from cache", line)
    if found:
        return f"{found[1]} unchanged"
    found = re.search(r"(Epochs:\s*\d+%|Your Rasa model is trained)", line)
    return found[1] if found else None
