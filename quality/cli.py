"""The command group `piecework quality`: what works on files alone, without a server."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from piecework.platform.errors import SetupError

commands = typer.Typer(no_args_is_help=True, help="Consensus and accuracy from files, without a server.")


class Method(StrEnum):
    """The names of `statistics.methods.METHODS`, here so that help is shown without numpy; a test compares the two."""

    AUTO = "auto"
    MAJORITY = "majority"
    WEIGHTED = "weighted"
    ONE_COIN = "one-coin"
    DAWID_SKENE = "dawid-skene"
    EBCC = "ebcc"
    GLAD = "glad"


@commands.command()
def consensus(
    labels: Annotated[Path, typer.Argument(metavar="LABELS.csv", help="Columns task, worker, label; further ones are ignored.")],
    out: Annotated[Path, typer.Option("--out", help="Where to write task, label, confidence.")],
    workers: Annotated[Path, typer.Option("--workers", help="Where to write worker, accuracy, low, high, answers.")],
    gold: Annotated[Path | None, typer.Option("--gold", help="Known answers: columns task, label.")] = None,
    method: Annotated[Method, typer.Option("--method", help="How; auto weighs the others by what the answers bear out.")] = (
        Method.AUTO
    ),
) -> None:
    """Work out the most probable label of every task, and how accurate every worker is, from answers in a CSV file."""
    from piecework.quality.files.batch import consensus_of_files  # noqa: PLC0415 - keeps the other commands quick to start

    targets = [path.resolve() for path in (out, workers)]
    sources = [path.resolve() for path in (labels, gold) if path is not None]
    if len({*targets, *sources}) != len(targets) + len(sources):
        raise SetupError("The files to read and the files to write must all be different ones.")
    done = consensus_of_files(labels, gold, method.value, out, workers)
    typer.echo(f"tasks {done.tasks}, workers {done.workers}, answers {done.answers}, golden {done.golden}, method {done.method}")


@commands.command()
def simulate(
    policy: Annotated[
        list[Path] | None, typer.Option("--policy", help="A policy as JSON; repeat for several. Default: a ladder of overlaps.")
    ] = None,
    people: Annotated[Path | None, typer.Option("--people", help="The people and tasks as JSON. Default: a mixed crowd.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same figures.")] = 1,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for table.txt, figures.json and picture.svg.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Play a simulated crowd against quality policies: accuracy, cost, honest people sanctioned, what cheats earn."""
    from piecework.quality.simulator.command import play_policies  # noqa: PLC0415 - as above

    typer.echo(play_policies(policy or [], people, seed=seed, out=out, as_json=as_json))
