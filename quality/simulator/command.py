"""`piecework quality simulate`: files in, figures out."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.progress import track

from piecework.platform.errors import SetupError
from piecework.quality.simulator.ladder import LADDER
from piecework.quality.simulator.models import Policy, Population
from piecework.quality.simulator.picture import picture
from piecework.quality.simulator.report import run, table

Model = TypeVar("Model", bound=BaseModel)


def play_policies(policies: Sequence[Path], population: Path | None, *, seed: int, out: Path | None, as_json: bool) -> str:
    """Play every policy file, or the ladder, and return what is to be printed: the table, or one JSON object.

    Both and a picture are written to the folder `out` if there is one. Progress goes to a terminal's stderr. A file that is
    unreadable or invalid is a SetupError of one line.
    """
    people = read(population, Population) if population else Population()
    chosen = [read(path, Policy) for path in policies] or list(LADDER)
    for policy in chosen:
        try:
            policy.watching(people.classes)
        except ValueError as error:
            raise SetupError(f"{policy.name}: {error}.") from None
    shown = track(chosen, "Playing", console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    found = [run(policy, people, seed) for policy in shown]
    facts = orjson.dumps({"seed": seed, "policies": [one.model_dump(mode="json") for one in found]}).decode()
    words = table(found)
    if out is not None:
        size = f"{people.tasks} tasks of {people.classes} classes, {sum(group.people for group in people.groups)} people"
        drawn = picture(found, f"Accuracy against cost: {size}, seed {seed}")
        _write(out, {"table.txt": words + "\n", "figures.json": facts + "\n", "picture.svg": drawn})
    return facts if as_json else words


def read(path: Path, model: type[Model]) -> Model:
    """A JSON file as a model; what is wrong with it in one line."""
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SetupError(f"{path}: {where + ': ' if where else ''}{first['msg']}.") from None


def _write(folder: Path, files: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise SetupError(f"{folder} cannot be written to: {error.strerror}.") from None
