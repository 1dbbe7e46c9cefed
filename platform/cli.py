"""The command line: `piecework`. Every expected failure is one line on stderr and exit code 2."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from piecework.payouts.cli import commands as payouts
from piecework.platform import db, logs, opened, settings, trail
from piecework.platform.errors import NotFound, Problem, SetupError
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Account, Role
from piecework.platform.personal.erasing import erase
from piecework.platform.personal.exporting import text_about
from piecework.platform.settings import Settings
from piecework.quality.cli import commands as quality

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Microtasks for support tickets."
)
imports = typer.Typer(no_args_is_help=True, help="Bring things in from files.")
seeds = typer.Typer(no_args_is_help=True, help="Fill an empty installation with an example.")
people = typer.Typer(no_args_is_help=True, help="Accounts.")
app.add_typer(imports, name="import")
app.add_typer(seeds, name="seed")
app.add_typer(people, name="account")
app.add_typer(payouts, name="payouts")
app.add_typer(quality, name="quality")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the embedded servers.", show_default="piecework-data")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]


def _settings(data: Path | None, **more: object) -> Settings:
    loaded = settings.load(data=data, **more)
    logs.configure(loaded.log_level if more else "WARNING")
    return loaded


def _run(data: Path | None, work: Callable[[], Awaitable[T]]) -> T:
    async def inside() -> T:
        async with opened.connected(_settings(data)):
            return await work()

    return asyncio.run(inside())


@app.callback()
def connect(ctx: typer.Context) -> None:
    """Microtasks for support tickets."""
    ctx.obj = _run


@app.command()
def up(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="8000")] = None,
    web_workers: Annotated[int | None, typer.Option(help="Web processes.", show_default="1")] = None,
) -> None:
    """Serve: web and worker, with embedded servers unless DATABASE_URL and REDIS_URL are set."""
    from piecework.platform.up import up as serve_everything  # noqa: PLC0415 - keeps the other commands quick to start

    loaded = settings.load(data=data, host=host, port=port, web_workers=web_workers)
    logs.configure(loaded.log_level)
    serve_everything(loaded, lambda line: out.print(line, soft_wrap=True))


@app.command()
def demo(
    out_dir: Annotated[Path, typer.Option("--out", help="Where the payout reports and the data go.")] = Path("demo-out"),
    as_json: Json = False,
) -> None:
    """Run the whole chain on the shipped tickets: import, simulated freelancers over HTTP, grading, closing, reports, checks."""
    from piecework.platform.demo.run import run  # noqa: PLC0415

    logs.configure("ERROR")
    if not run(out_dir, as_json=as_json):
        raise typer.Exit(1)


@seeds.command("demo")
def seed_demo(data: Data = None) -> None:
    """Fill an empty installation (running or not) with the demonstration, and print who can sign in."""
    from piecework.platform.demo.seed import seed  # noqa: PLC0415

    loaded = _settings(data)
    logs.configure("ERROR")
    seed(loaded, out)


@app.command()
def verify(data: Data = None, as_json: Json = False) -> None:
    """Check every invariant of the database; say which rows break one. Exit code 1 if any is broken."""
    from piecework.platform.verify import verify as check_all  # noqa: PLC0415

    async def work() -> list[Any]:
        found = []
        async for finding in check_all():
            found.append(finding)
            if not as_json:
                out.print(
                    f"{'[green]holds [/]' if finding.ok else '[bold red]BROKEN[/]'} {finding.name}: {finding.says}",
                    soft_wrap=True,
                )
                for row in finding.rows:
                    out.print("         " + ", ".join(f"{key}={value}" for key, value in row.items()), style="red", markup=False)
        return found

    found = _run(data, work)
    if as_json:
        facts = [{"name": f.name, "ok": f.ok, "broken": f.broken, "rows": f.rows} for f in found]
        sys.stdout.write(orjson.dumps({"ok": all(f.ok for f in found), "invariants": facts}).decode() + "\n")
    if not all(f.ok for f in found):
        raise typer.Exit(1)


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the schema to the newest version. Safe to run from many processes at once."""

    async def nothing_more() -> None:
        return None

    _run(data, nothing_more)
    out.print("The schema is at its newest version.")


async def _account(email: str) -> Account:
    account = await Account.get_or_none(email=email.lower())
    if account is None:
        raise NotFound(f"There is no account {email}.")
    return account


@app.command()
def token(
    email: str,
    scope: Annotated[
        list[str] | None, typer.Option(help="A permission; repeat for several. Default: all the roles allow.")
    ] = None,
    name: str = "command line",
    data: Data = None,
) -> None:
    """Make an API token for an account and print it (only now)."""

    async def work() -> str:
        async with db.transaction():
            account = await _account(email)
            return (await accounts.create_token(None, account.id, name=name, scopes=scope or ["*"]))[1]

    sys.stdout.write(_run(data, work) + "\n")


@people.command("add")
def add_account(
    email: str,
    role: Annotated[list[Role], typer.Option(help="A role; repeat for several.")],
    name: Annotated[str | None, typer.Option(help="Shown name; the e-mail if left out.")] = None,
    data: Data = None,
) -> None:
    """Make an account (without a password: set one with `account password`, or use tokens)."""

    async def work() -> Account:
        async with db.transaction():
            return await accounts.create_account(None, email=email, name=name or email, roles=[one.value for one in role])

    out.print(f"{_run(data, work).id}")


@people.command("password")
def set_password(
    email: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    data: Data = None,
) -> None:
    """Set an account's password; ends its sessions."""

    async def work() -> None:
        if len(password) < 12:
            raise SetupError("A password has at least 12 characters.")
        async with db.transaction():
            await accounts.set_password(await _account(email), password)

    _run(data, work)
    out.print("The password is set.")


@people.command("export")
def export_account(
    email: str,
    file: Annotated[Path, typer.Option("--out", help="Where to write it, as JSON.")],
    data: Data = None,
) -> None:
    """Write everything that is kept about a person into a file."""

    async def work() -> int:
        async with db.transaction():
            account = await _account(email)
            try:
                with file.open("wb") as target:
                    async for text in text_about(account.id):
                        target.write(text)
            except OSError as error:
                raise SetupError(f"Cannot write {file}: {error.strerror}.") from error
            await trail.record(None, "data.exported", "account", account.id)
            return file.stat().st_size

    out.print(f"{_run(data, work)} bytes in {file}", soft_wrap=True)


@people.command("erase")
def erase_account(
    email: str,
    reason: Annotated[str, typer.Option(help="Why: kept in the audit trail.")],
    data: Data = None,
) -> None:
    """Erase a person, for good; what the law wants stays under the account's id. Exit code 2 if something is not settled yet."""

    async def work() -> None:
        async with db.transaction():
            await erase(None, (await _account(email)).id, reason)

    _run(data, work)
    out.print("The account is erased.")


@quality.command("review")
def review_answers(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns assignment_id, verdict (accept, reject), reason.")],
    curator: Annotated[str, typer.Option("--as", help="E-mail of the curator who decides.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Accept and reject answers by a file. Malformed: nothing is done, exit code 2. Exit code 1 if any row was refused."""
    from piecework.quality.auditing.review_files import review_file  # noqa: PLC0415

    async def work() -> list[dict[str, str | None]]:
        account = await _account(curator)
        if Role.CURATOR not in account.roles or account.state != "active":
            raise SetupError(f"{curator} is not a curator.")
        return [
            {
                "assignment_id": str(one.assignment_id),
                "state": one.state,
                "refused": one.refused.code if one.refused else None,
                "why": str(one.refused) if one.refused else None,
            }
            for one in await review_file(account.id, file)
        ]

    rows = _run(data, work)
    refused = [row for row in rows if row["refused"]]
    if as_json:
        sys.stdout.write(orjson.dumps({"rows": rows}).decode() + "\n")
    else:
        for row in refused:
            err.print(f"{row['assignment_id']}: {row['refused']}. {row['why']}", markup=False, soft_wrap=True)
        counts = [sum(row["state"] == state for row in rows) for state in ("accepted", "rejected")]
        out.print(f"accepted {counts[0]}, rejected {counts[1]}, refused {len(refused)}")
    if refused:
        raise typer.Exit(1)


@imports.command("tickets")
def import_tickets(
    file: Path,
    project: Annotated[str, typer.Option(help="Code of the project.")],
    source: Annotated[str, typer.Option(help="Where the tickets come from; ids are unique per source.")] = "file",
    report: Annotated[
        Path | None, typer.Option(help="Where to write the rows that were not taken, with line and reason.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Import tickets from a CSV or JSONL file of any size: all or nothing; importing again adds nothing."""
    from piecework.tasks.importing import import_tickets as bring_in  # noqa: PLC0415

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeRemainingColumn(), console=err
    )
    with bar:
        reading = bar.add_task(f"Reading {file.name}", total=None)
        imported = _run(
            data,
            lambda: bring_in(
                file,
                project_code=project,
                source=source,
                actor=None,
                report=report,
                on_progress=lambda done, total: bar.update(
                    reading, completed=done, total=total, description="Publishing" if done == total else f"Reading {file.name}"
                ),
            ),
        )
    facts = {"received": imported.received, "added": imported.added, "known": imported.known, "rejected": imported.rejected}
    if as_json:
        sys.stdout.write(orjson.dumps(facts | {"report": str(imported.report) if imported.report else None}).decode() + "\n")
    else:
        out.print(", ".join(f"{name} {number}" for name, number in facts.items()))
        if imported.rejected:
            out.print(f"The rows that were not taken are listed in {imported.report}.", soft_wrap=True)


def main() -> None:
    """Entry point."""
    try:
        app()
    except (SetupError, Problem) as problem:
        err.print(f"piecework: {problem}", style="bold red", markup=False, soft_wrap=True)
        sys.exit(2)
    except db.OUTAGE as error:
        err.print(
            f"piecework: The database went away ({type(error).__name__}). Run it again.",
            style="bold red",
            markup=False,
            soft_wrap=True,
        )
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
