"""Every report's sums are the ledger's own; every figure is found again in the reports that its row leads to."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from piecework.payouts.books import periods
from piecework.payouts.reports import engine
from piecework.payouts.reports.earned import AMOUNTS
from piecework.payouts.reports.filters import Filters
from piecework.platform import db, money
from piecework.platform.errors import Invalid, NotFound
from tests.payouts import builders as b
from tests.payouts.reports import everything as e
from tests.traceless import nothing_changes

pytestmark = pytest.mark.usefixtures("database")

CUBE = ("by-person", "by-ticket", "by-project", "by-requester", "by-rule", "by-day")
HEADINGS = [column.name for column in AMOUNTS]


def total(lines: list[dict[str, str]], currency: str = "RUB") -> dict[str, str]:
    (found,) = [line for line in lines if line["row"] == "total" and line["currency"] == currency]
    return found


async def ledger_says(where: str = "true", *params: Any) -> dict[str, int]:
    """By heading, from the postings alone; written apart from the reports."""
    found = await db.rows(
        f"""SELECT e.kind, e.rule_id IS NOT NULL AS ruled, l.kind AS account, -sum(p.amount)::bigint AS amount
            FROM posting p JOIN entry e ON e.id = p.entry_id JOIN ledger_account l ON l.id = p.account_id
            WHERE l.currency = 'RUB' AND {where} GROUP BY 1, 2, 3""",
        *params,
    )
    sums = dict.fromkeys(HEADINGS, 0)
    special = {"bonus": "bonus", "deduct": "deduction", "round": "rounding"}
    for row in found:
        if row["account"] in ("pending", "held"):
            sums[row["account"]] += row["amount"]
        elif row["account"] == "payable" and row["kind"] not in ("tax", "export", "confirm", "return", "remit"):
            sums[special.get(row["kind"], "premium" if row["ruled"] else "work")] += row["amount"]
            sums["gross"] += row["amount"]
    return sums


def figures(line: dict[str, str], names: list[str] = HEADINGS) -> dict[str, int]:
    return {name: money.parse(line[name]) for name in names}


async def test_every_side_of_what_was_earned_has_the_ledgers_sums(subtests: pytest.Subtests) -> None:
    made, early = await e.make(), b.LONG_AGO + timedelta(minutes=30)
    spans: list[tuple[dict[str, Any], str, list[Any]]] = [
        ({}, "true", []),
        ({"until": early.isoformat()}, "e.effective_at < $1", [early]),
        ({"since": "2025-03-04", "until": "2026-01-01"}, "e.effective_at < '2026-01-01 00:00+03'", []),
        ({"period": str(made.period)}, "e.period_id = $1", [made.period]),
        ({"freelancer": str(made.anna)}, "l.owner = $1", [str(made.anna)]),
        ({"project": "disk"}, "e.project_id = $1", [made.disk.id]),
        ({"rule": "night"}, "e.rule_id IN ($1, $2)", [made.rules["night"], made.rules["night2"]]),
        ({"rule": str(made.rules["night2"])}, "e.rule_id = $1", [made.rules["night2"]]),
        ({"ticket": str(made.tickets[0]), "currency": "RUB"}, "e.ticket_id = $1", [made.tickets[0]]),
    ]
    async with nothing_changes():
        for name in CUBE:
            with subtests.test(name=name):
                for filters, where, params in spans:
                    lines = await e.rows(name, **filters)
                    said = await ledger_says(where, *params)
                    assert figures(total(lines)) == said, filters
                    mine = [line for line in lines if line["row"] == "row" and line["currency"] == "RUB"]
                    assert {n: sum(figures(line)[n] for line in mine) for n in HEADINGS} == said
                of_all = figures(total(await e.rows(name)))
                assert sum(of_all[heading] for heading in HEADINGS[2:7]) == of_all["gross"]
                assert money.parse(total(await e.rows(name), "USD")["gross"]) == 5_555


async def test_a_figure_is_traced_in_two_steps() -> None:
    made = await e.make()
    people = {line["person_id"]: line for line in await e.rows("by-person", currency="RUB")}
    for person in (made.anna, made.boris, made.clara):
        work = await e.rows("assignments", freelancer=str(person), currency="RUB")
        assert money.parse(total(work)["work"]) == money.parse(people[str(person)]["work"])
        assert money.parse(total(work)["premium"]) == money.parse(people[str(person)]["premium"])
        for line in work[:-1]:
            entries = await e.rows("entries", assignment=line["assignment_id"])
            assert {one["entry_id"] for one in entries[:-1]} == set(line["entry_ids"].split())
            earned = sum(
                money.parse(one["credit"]) - money.parse(one["debit"])
                for one in entries
                if one["account"] == "payable" and one["kind"] not in ("tax", "export", "return")
            )
            assert earned == money.parse(line["gross"])
    ticket = next(line for line in await e.rows("by-ticket") if line["ticket_id"] == str(made.tickets[0]))
    assert figures(total(await e.rows("assignments", ticket=ticket["ticket_id"]))) == figures(ticket)


async def test_assignments_show_the_terms_and_the_entries() -> None:
    made = await e.make()
    lines = {line["assignment_id"]: line for line in await e.rows("assignments", currency="RUB")}
    part = lines[str(made.assignments[3])]
    assert (part["share"], part["price"], part["work"], part["pending"]) == ("3333", "9.0050", "3.0014", "0.0000")
    night = lines[str(made.assignments[0])]
    assert night["rule_ids"].split() == sorted(str(made.rules[name]) for name in ("night", "night2"))
    assert (night["premium"], night["held"], night["external_id"]) == ("0.2006", "0.0111", "T-1")


async def test_the_journal_has_every_posting_and_is_even() -> None:
    made = await e.make()
    lines = await e.rows("entries")
    assert {line["kind"] for line in lines} >= {
        "pend", "accrue", "premium", "void", "reopen", "release", "clawback", "restore", "bonus", "deduct", "round", "tax", "export",
        "confirm", "return", "remit",
    }  # fmt: skip
    assert len(lines) - 2 == await db.scalar("SELECT count(*) FROM posting")
    for currency in ("RUB", "USD"):
        moved = await db.scalar(
            """SELECT sum(p.amount)::bigint FROM posting p JOIN ledger_account l ON l.id = p.account_id
               WHERE p.amount > 0 AND l.currency = $1""",
            currency,
        )
        assert money.parse(total(lines, currency)["debit"]) == money.parse(total(lines, currency)["credit"]) == moved
    of_anna = await e.rows("entries", freelancer=str(made.anna))
    assert total(of_anna)["debit"] == total(of_anna)["credit"]
    assert {line["account"] for line in of_anna[:-1]} > {"payable", "tax", "bank"}


async def test_liabilities_at_a_moment_by_the_books_and_by_what_is_known_now() -> None:
    made = await e.make()
    lines = await e.rows("liabilities", currency="RUB")
    owed = await db.rows(
        """SELECT l.kind, l.owner, -sum(p.amount)::bigint AS owed FROM posting p JOIN ledger_account l ON l.id = p.account_id
           WHERE l.currency = 'RUB' AND l.kind IN ('pending', 'held', 'payable', 'tax', 'clearing') GROUP BY 1, 2"""
    )
    assert {(line["account"], line["person_id"]): money.parse(line["owed"]) for line in lines[:-1]} == {
        (row["kind"], row["owner"]): row["owed"] for row in owed if row["owed"]
    }
    assert money.parse(total(lines)["owed"]) == sum(row["owed"] for row in owed)
    assert len(await e.rows("liabilities", recorded_until="2025-03-08")) == 1  # everything was recorded today
    then = await e.rows("liabilities", until="2025-03-08", currency="RUB")  # and took effect long ago
    assert {line["account"] for line in then[:-1]} == {"pending", "held", "payable", "tax"}
    assert money.parse(next(x for x in then if (x["account"], x["person_id"]) == ("payable", str(made.anna)))["owed"]) == 40_812


async def test_stages_add_up() -> None:
    made = await e.make()
    lines = {line["person_id"]: figures(line, ["accrued", "tax", "payable", "clearing", "paid"])
             for line in await e.rows("reserved-accrued-paid", currency="RUB")}  # fmt: skip
    for line in lines.values():
        assert line["accrued"] - line["tax"] - line["clearing"] - line["paid"] == line["payable"]
    assert (lines[str(made.anna)]["paid"], lines[str(made.boris)]["paid"]) == (10_000, 0)
    assert (lines[str(made.anna)]["tax"], lines[str(made.boris)]["clearing"]) == (20_000, 17_000)
    balance = await db.scalar("SELECT sum(b.amount)::bigint FROM balance b JOIN ledger_account l ON l.id = b.account_id "
                              "WHERE l.currency = 'RUB'")  # fmt: skip
    assert lines[""]["payable"] == balance


async def test_tax_by_year_regime_and_person() -> None:
    made = await e.make()
    lines = await e.rows("by-tax")
    withheld = await db.scalar(
        """SELECT -sum(p.amount)::bigint FROM posting p JOIN entry e ON e.id = p.entry_id
           JOIN ledger_account l ON l.id = p.account_id WHERE l.kind = 'tax' AND e.kind = 'tax'"""
    )
    assert money.parse(total(lines)["tax"]) == withheld
    assert money.parse(total(lines)["gross"]) == await db.scalar("SELECT total FROM period WHERE id = $1", made.period)
    anna = next(line for line in lines if line["person_id"] == str(made.anna))
    assert (anna["year"], anna["statements"], anna["tax"]) == ("2025", "1", "2.0000")
    assert money.parse(anna["gross"]) - money.parse(anna["tax"]) == money.parse(anna["net"])
    assert len(await e.rows("by-tax", since="2025-03-10", until="2026-01-01")) == 1
    assert len(await e.rows("by-tax", since="2025-03-09", until="2025-03-10")) == 4


async def test_cost_per_resolved_ticket() -> None:
    made = await e.make()
    (disk, _) = await e.rows("cost-per-resolved-ticket", project="disk")
    cost = {}
    for ticket in made.tickets[:2]:
        line = next(x for x in await e.rows("by-ticket", project="disk") if x["ticket_id"] == str(ticket))
        cost[ticket] = money.parse(line["gross"]) + money.parse(line["held"])
    first, second = cost.values()
    assert (disk["resolved"], money.parse(disk["cost"])) == ("2", first + second)
    assert money.parse(disk["mean"]) == (first + second + 1) // 2
    assert (money.parse(disk["median"]), money.parse(disk["highest"])) == (min(first, second), max(first, second))
    assert len(await e.rows("cost-per-resolved-ticket", since="2025-03-06")) == 1


async def test_requesters_have_their_projects() -> None:
    made = await e.make()
    owner = await db.scalar("SELECT requester_id FROM project WHERE id = $1", made.disk.id)
    mine = await e.rows("by-project", requester=str(owner))
    assert [line["project"] for line in mine] == ["disk", ""]
    of_all = next(line for line in await e.rows("by-requester") if line["requester_id"] == str(owner))
    assert figures(of_all) == figures(mine[0])


async def test_a_closed_period_is_split_by_heading() -> None:
    made = await e.make()
    people = await e.rows("people", period=str(made.period))
    statement = await db.row("SELECT * FROM statement WHERE freelancer_id = $1 AND period_id = $2", made.anna, made.period)
    assert statement is not None
    anna = next(line for line in people if line["person_id"] == str(made.anna))
    for name in ("work", "premium", "bonus", "deduction", "rounding", "gross", "tax", "net"):
        assert money.parse(anna[name]) == statement[name], name
    assert anna["payable"] == anna["gross"]
    tickets = await e.rows("tickets", period=str(made.period))
    assert {line["row"] for line in tickets} == {"ticket", "control", "bonus", "deduction", "rounding", "total"}
    sealed = await db.scalar("SELECT total FROM period WHERE id = $1", made.period)
    assert money.parse(people[-1]["payable"]) == money.parse(tickets[-1]["cost"]) == sealed
    assert sum(money.parse(line["cost"]) for line in tickets[:-1]) == sealed


async def test_a_period_may_be_named() -> None:
    made = await e.make()
    named = await e.run("by-person", period="2025-W10", currency="RUB")
    assert named == await e.run("by-person", period=str(made.period))


async def test_a_filter_that_does_not_fit_is_refused(subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for name, filters, field, code in [
            ("by-person", {"project": "nothing"}, "project", "unknown"),
            ("by-person", {"period": "2031-W10"}, "period", "unknown"),
            ("by-person", {"rule": "nothing"}, "rule", "unknown"),
            ("by-person", {"requester": "00000000-0000-7000-8000-000000000000"}, "requester", "unknown"),
            ("people", {}, "period", "missing"),
            ("people", {"currency": "RUB", "period": "2031-W10"}, "currency", "not_taken"),
            ("liabilities", {"project": "disk"}, "project", "not_taken"),
            ("ledger", {"since": "2025-01-01"}, "since", "not_taken"),
        ]:
            with subtests.test(name=name, filters=filters, field=field, code=code):
                with pytest.raises(Invalid) as refused:
                    await e.run(name, "beancount" if name == "ledger" else "csv", **filters)
                assert [(one["field"], one["code"]) for one in refused.value.extra["errors"]] == [(field, code)]


async def test_there_is_no_such_report() -> None:
    for name, form in (("nothing", "csv"), ("by-person", "pdf"), ("ledger", "csv"), ("by-person", "beancount")):
        with pytest.raises(NotFound):
            await e.run(name, form)


async def test_an_empty_ledger_has_its_totals_and_repeats_itself(subtests: pytest.Subtests) -> None:
    await b.project()
    period = str(await b_period())
    async with nothing_changes():
        for name in sorted(engine.REPORTS):
            with subtests.test(name=name):
                filters = {"period": period} if name in ("people", "tickets") else {}
                lines = await e.rows(name, **filters)
                assert [line["row"] for line in lines] == ["total"]
                for form in ("csv", "jsonl", "xlsx"):
                    assert await e.run(name, form, **filters) == await e.run(name, form, **filters)


async def b_period() -> Any:
    return await db.scalar("SELECT period_for('RUB', 'weekly', now(), 'Europe/Moscow')")


async def test_each_column_of_a_report_is_what_its_statement_gives(subtests: pytest.Subtests) -> None:
    made = await e.make()
    async with nothing_changes():
        for name in sorted(engine.REPORTS):
            with subtests.test(name=name):
                report = engine.REPORTS[name]
                filters = {"period": str(made.period)} if report.required else {}
                lines = await e.rows(name, **filters)
                assert list(lines[0]) == [column.name for column in report.columns]
                assert len({column.name for column in report.columns}) == len(report.columns)
                for form in ("csv", "jsonl", "xlsx"):
                    assert await e.run(name, form, **filters) == await e.run(name, form, **filters)


async def test_what_happens_meanwhile_is_not_in_it() -> None:
    made = await e.make()
    before = await e.run("by-person")
    async with engine.snapshot():
        first, second = BytesIO(), BytesIO()
        await engine.write("by-person", "csv", Filters(), first)
        async with db.apart():
            now, week = await periods.now_in("RUB")
            await e.post("bonus", week, 77, e.of("bonus_expense", made.disk.id), e.of("payable", made.anna), at=now)
        await engine.write("by-day", "csv", Filters(), second)
    assert first.getvalue() == before
    assert figures(total(e.read(first.getvalue()))) == figures(total(e.read(second.getvalue())))
    assert money.parse(total(await e.rows("by-day"))["gross"]) == money.parse(total(e.read(before))["gross"]) + 77
