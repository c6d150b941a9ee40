"""The public sets: BANKING77 (Casanueva et al. 2020, CC BY 4.0) and CLINC150 (Larson et al. 2019, CC BY 3.0).

They are read from the folder that EVAL_DATA names and never become part of the product.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

Pairs = list[tuple[str, str]]

_WHERE = """\
The public sets are not here. Put them into a folder and name it: EVAL_DATA=/that/folder make evaluate
  banking77_train.csv, banking77_test.csv, banking77_10shot.csv
      from PolyAI-LDN/task-specific-datasets, folder banking_data: train.csv, test.csv, train_10.csv
  clinc_train.csv, clinc_val.csv, clinc_test.csv, clinc_train_oos.csv, clinc_val_oos.csv, clinc_test_oos.csv
      from clinc/oos-eval, data/data_full.json: one file for each of its keys, with the columns text and category"""


class NoPublicSets(Exception):
    """The public sets are not where EVAL_DATA says."""


def folder() -> Path:
    """Raises NoPublicSets with a clear word on where to get them."""
    named = os.environ.get("EVAL_DATA")
    if not named or not (Path(named) / "banking77_test.csv").is_file():
        raise NoPublicSets(_WHERE)
    return Path(named)


def read(name: str) -> Pairs:
    """The texts and categories of one file."""
    path = folder() / f"{name}.csv"
    if not path.is_file():
        raise NoPublicSets(f"{path} is missing.\n{_WHERE}")
    with path.open(encoding="utf-8", newline="") as stream:
        return [(row["text"], row["category"]) for row in csv.DictReader(stream)]
