"""`piecework seed demo`: the demonstration in an installation that people then look at in a browser."""

import asyncio
import secrets
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from piecework.platform import db, opened
from piecework.platform.composition import database_config
from piecework.platform.demo import way_in
from piecework.platform.demo.run import play
from piecework.platform.demo.stage import ADMIN
from piecework.platform.errors import SetupError
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Account
from piecework.platform.settings import Settings

DOMAINS = ("@demo.example", "@staff.example", "@freelancers.example", "@applicant.invalid")


def seed(settings: Settings, console: Console) -> None:
    """Play the demonstration in the installation that `settings` name; then give its people a password and say it.

    An interrupted one is taken up where it stopped.

    Raises:
        SetupError: there is something else in the installation, or a whole demonstration already.
    """
    with opened.with_servers(settings) as complete:
        asyncio.run(_refuse_others(complete))
        with tempfile.TemporaryDirectory(prefix="piecework-seed-") as scratch:
            play(complete.model_copy(update={"host": "127.0.0.1", "port": 0}), Path(scratch), console, way_in.open_)
        password = secrets.token_urlsafe(12)
        people = asyncio.run(_let_in(complete, password))
    table = Table("E-mail", "Name", "Roles")
    for account in people:
        table.add_row(account.email, account.name, ", ".join(account.roles))
    console.print(table)
    console.print(f"Everybody signs in with the password {password}   (shown only now)", soft_wrap=True)


async def _refuse_others(settings: Settings) -> None:
    assert settings.database_url
    await opened.prepare(settings)
    async with db.connected(database_config(settings.database_url)):
        admin = await Account.get_or_none(email=ADMIN)
        if admin is not None and admin.password_hash:
            raise SetupError("The demonstration is here already. Start with an empty folder: --data NEW-FOLDER.")
        if admin is None and await db.scalar("SELECT EXISTS (SELECT FROM project)"):
            raise SetupError("There are projects here already. The demonstration wants an empty installation: --data NEW-FOLDER.")


async def _let_in(settings: Settings, password: str) -> list[Account]:
    """Give everybody of the demonstration the password, all at once: that marks it as whole."""
    assert settings.database_url
    async with db.connected(database_config(settings.database_url)), db.transaction():
        people = [one for one in await Account.all().order_by("id") if one.email.endswith(DOMAINS)]
        for account in people:
            await accounts.set_password(account, password)
        return people
