"""The command group `piecework payouts`: what finance does at a terminal. Each command is one transaction."""

import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import orjson
import typer
from rich.console import Console
from rich.table import Table

from piecework.platform.errors import SetupError

T = TypeVar("T")
Run = Callable[[Path | None, Callable[[], Awaitable[T]]], T]
"""Runs work on the connected database of an installation."""

Period = Annotated[str, typer.Option("--period", help="Its name, as 2026-W47, 2026-11-H1 or 2026-11; or its id.")]
Currency = Annotated[str, typer.Option("--currency", help="Of which currency.")]
As = Annotated[str, typer.Option("--as", help="E-mail of the account that does it.")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of the embedded servers.", show_default="piecework-data")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]

console = Console(highlight=False)


def _print(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(orjson.dumps(facts, default=str).decode() + "\n")
        return
    for name, value in facts.items():
        if isinstance(value, list):
            _table(name, value)
        else:
            console.print(f"{name}: {value}", markup=False, soft_wrap=True)


def _table(name: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        console.print(f"{name}: none", markup=False)
        return
    table = Table(title=name, title_justify="left")
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)


commands = typer.Typer(no_args_is_help=True, help="Pay periods, payouts, the bank, the audit.")
"""The context's `obj` connects a command to an installation: platform/cli.py sets it."""


def _in_transaction(
    ctx: typer.Context, data: Path | None, work: Callable[[], Coroutine[Any, Any, dict[str, Any]]]
) -> dict[str, Any]:
    async def inside() -> dict[str, Any]:
        from piecework.platform import db  # noqa: PLC0415 - keeps help quick

        async with db.transaction():
            return await work()

    run: Run[dict[str, Any]] = ctx.obj
    return run(data, inside)


@commands.command()
def report(
    ctx: typer.Context,
    period: Annotated[str, typer.Argument(help="Name or id of the period.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for people.csv and tickets.csv.")] = Path(),
    currency: Currency = "RUB",
    data: Data = None,
) -> None:
    """Write a period's payout report per person and per ticket as CSV."""
    from piecework.payouts import commandline  # noqa: PLC0415 - keeps the other commands quick to start

    console.print_json(data=ctx.obj(data, lambda: commandline.write_reports(period, currency, out)), default=str)


@commands.command()
def preview(ctx: typer.Context, period: Period, currency: Currency = "RUB", as_json: Json = False, data: Data = None) -> None:
    """Show what a period comes to so far, and what would be wrong if it were closed now."""
    from piecework.payouts import commandline  # noqa: PLC0415 - as above

    _print(_in_transaction(ctx, data, lambda: commandline.preview(period, currency)), as_json=as_json)


@commands.command()
def close(
    ctx: typer.Context,
    period: Period,
    as_: As,
    cut_off: Annotated[bool, typer.Option("--cut-off", help="End a period that still runs now.")] = False,
    currency: Currency = "RUB",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Close a period, once: deductions, rounding, tax, statements, the total."""
    from piecework.payouts import commandline  # noqa: PLC0415 - as above

    _print(_in_transaction(ctx, data, lambda: commandline.close(period, currency, as_, cut_off=cut_off)), as_json=as_json)


@commands.command()
def export(
    ctx: typer.Context,
    as_: As,
    payout: Annotated[
        int | None, typer.Option("--payout", help="Number of a payout; without one, all that is due is drafted.")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Approve the draft.")] = False,
    file_format: Annotated[str | None, typer.Option("--format", help="csv, xlsx, jsonl, pain001 or 1c.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the file.")] = Path(),
    on: Annotated[str | None, typer.Option("--on", help="Day on which the bank shall pay, as 2026-11-30.")] = None,
    currency: Currency = "RUB",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Draft a payout, approve it, write its file for the bank: as much of this as is asked for."""
    from piecework.payouts import commandline  # noqa: PLC0415 - as above

    day = _day(on)
    asked = commandline.Export(currency, payout, day, approve, file_format, out)
    _print(_in_transaction(ctx, data, lambda: commandline.export(asked, as_)), as_json=as_json)


@commands.command("import-bank")
def import_bank(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="camt.053 or 1CClientBankExchange.")],
    as_: As,
    currency: Currency = "RUB",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Take a bank's statement: what it confirms is paid, what it returns is payable again; a file taken twice adds nothing."""
    from piecework.payouts import commandline  # noqa: PLC0415 - as above

    content = file.read_bytes()
    _print(_in_transaction(ctx, data, lambda: commandline.import_bank(content, currency, as_)), as_json=as_json)


@commands.command()
def audit(
    ctx: typer.Context,
    period: Annotated[str | None, typer.Option("--period", help="Reckon again what this one says only.")] = None,
    currency: Currency = "RUB",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Verify the sealed chain and the books, and reckon every statement again from its evidence. Exit code 1 if anything differs."""
    from piecework.payouts import commandline  # noqa: PLC0415 - as above

    findings = ctx.obj(data, lambda: commandline.audit(period, currency))
    if as_json:
        _print({"ok": all(one.ok for one in findings), "findings": [asdict(one) for one in findings]}, as_json=True)
    else:
        for one in findings:
            console.print(f"{'holds' if one.ok else 'BROKEN'}  {one.name}: {one.says}", markup=False, soft_wrap=True)
            for row in one.rows:
                console.print(f"        {row}", markup=False, soft_wrap=True)
    if not all(one.ok for one in findings):
        raise typer.Exit(1)


@commands.command()
def statement(
    ctx: typer.Context,
    period: Period,
    person: Annotated[str, typer.Option("--person", help="E-mail of the freelancer.")],
    file_format: Annotated[str, typer.Option("--format", help="html, pdf or json.")] = "pdf",
    language: Annotated[str, typer.Option("--language", help="en or ru.")] = "en",
    out: Annotated[Path | None, typer.Option("--out", help="Where to write it.", show_default="statement-PERIOD.FORMAT")] = None,
    currency: Currency = "RUB",
    data: Data = None,
) -> None:
    """Write a person's statement of a closed period."""
    from piecework.payouts import commandline  # noqa: PLC0415 - as above

    content = ctx.obj(data, lambda: commandline.statement(period, currency, person, file_format, language))
    path = out or Path(f"statement-{period}.{file_format}")
    path.write_bytes(content)
    console.print(str(path), markup=False, soft_wrap=True)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SetupError(f"{text} is not a day: write it as 2026-11-30.") from None
