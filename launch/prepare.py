"""Everything that must exist before something can be started or tested, in the order that takes the least time."""

from __future__ import annotations

from launch.board import Board, Progress
from launch.environments import brain_environment, only_one_setup, sync
from launch.layout import Layout
from launch.model import model_is_fresh, set_up_encoder, train, training_stage
from launch.web_build import build


def prepare(layout: Layout, *, board: Board, web: bool = True, model: bool = True) -> None:
    """The brain's environment and the web pages side by side, then the encoder and the model.

    The switchboard's environment is there already: this code runs in it. Costs well under a second when nothing changed.
    """
    with only_one_setup(layout, tell=board.say), board.shown():
        chains = [lambda: prepare_brain(layout, board=board)]
        if web:
            chains.append(lambda: prepare_web(layout, board=board))
        board.run_beside(*chains)
        if model:
            prepare_model(layout, board=board)


def prepare_model(layout: Layout, *, board: Board, force: bool = False) -> bool:
    """Train if need be, or if told to."""

    def task(at_stage: Progress) -> bool:
        def watch(line: str) -> None:
            stage = training_stage(line)
            if stage:
                at_stage(stage)

        if not model_is_fresh(layout) or force:
            at_stage("reading domain and data")
        return train(layout, watch=watch, force=force)

    return board.run("The model, trained on domain.yml and data/", task)


def prepare_brain(layout: Layout, *, board: Board) -> None:
    """The brain's environment and its encoders."""
    board.run(
        "The brain's environment (.venv-brain)",
        lambda at_stage: sync(brain_environment(layout), layout=layout, watch=at_stage),
    )
    board.run("The sentence encoders", lambda at_stage: set_up_encoder(layout, watch=at_stage))


def prepare_web(layout: Layout, *, board: Board) -> None:
    """The pages that customers and staff open."""
    board.run("The web pages (web/dist)", lambda at_stage: build(layout, watch=at_stage))
