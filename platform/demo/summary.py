"""The demonstration's summary for people."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from piecework.platform.demo.facts import FIXED, Facts, PersonFacts

SCALE = 24


def show(console: Console, facts: Facts, out: Path) -> None:
    """Print what came of it."""
    console.print()
    console.rule("[bold]What happened")
    console.print(
        f"[bold]{facts.tickets}[/] tickets came in ({facts.intake['known']} repeated lines added nothing), were split into [bold]{facts.tasks}[/] "
        f"tasks ({facts.golden_tasks} of them golden), and got [bold]{facts.answers}[/] answers over HTTP."
    )
    console.print(
        f"[bold green]{facts.resolved_tickets}[/] tickets are resolved, {facts.stuck_tickets} wait for a curator. "
        f"Mean confidence of the consensus [bold]{facts.mean_confidence:.1%}[/]; against the truth, {facts.correct_tickets:.1%} "
        "of the classifications and verdicts are right."
    )
    did = facts.curators
    console.print(
        f"{facts.accepted} answers accepted, {facts.rejected} rejected with their reason. Two curators decided {did['disputes']} disputes, "
        f"did {did['audits']} audits, and set {did['keys']} wrong golden keys right."
    )
    console.print(
        f"Dynamic overlap: {facts.overlap['tasks']} tasks were decided with [bold]{facts.overlap['answers']}[/] answers instead of "
        f"{facts.overlap['answers_at_fixed_overlap']} at a fixed overlap of {FIXED}: [bold green]{facts.overlap['price']}[/] RUB instead of "
        f"{facts.overlap['price_at_fixed_overlap']}."
    )
    if facts.appeal is not None:
        console.print(_appeal(facts.appeal))
    console.print()
    console.print(_people(facts.people))
    console.print(_money(facts))
    for line in _finance(facts):
        console.print(line)
    for line in _weeks(facts.weeks):
        console.print(line)
    broken = [one["name"] for one in facts.invariants if not one["ok"]]
    if broken:
        console.print(f"[bold red]{len(broken)} of {len(facts.invariants)} invariants are BROKEN:[/] {', '.join(broken)}")
    else:
        console.print(f"[bold green]All {len(facts.invariants)} invariants hold.[/]")
    console.print(f"Reports: {', '.join(facts.reports)}", soft_wrap=True)
    console.print(f"For the bank and from it: {', '.join(facts.payout['files'])}", soft_wrap=True)
    console.print(f"Statements: {', '.join(facts.statements['files'])}", soft_wrap=True)
    console.print(f"Look around: [bold]piecework up --data {out / 'data'}[/]   ({facts.seconds} s)", soft_wrap=True)


def _appeal(one: dict[str, Any]) -> str:
    return (
        f"{one['name']} appealed against a verdict on “{one['step']}” and was right: accuracy "
        f"[bold]{one['accuracy_before']:.1%} → {one['accuracy_after']:.1%}[/] ({one['evidence_before']} → {one['evidence_after']}), "
        f"earned [bold]{one['earned_before']} → {one['earned_after']}[/] RUB."
    )


def _finance(facts: Facts) -> Iterator[str]:
    night, taxed = facts.statements["night"], facts.statements["taxed"]
    yield (
        f"{night['name']} worked at night (zone {night['zone']}): {night['work']} RUB of work and a night premium of "
        f"[bold green]{night['premium']}[/] RUB. {taxed['name']}: {taxed['gross']} RUB earned, {taxed['tax']} RUB tax withheld, {taxed['net']} RUB due."
    )
    taken = facts.deduction
    yield (
        f"{taken['amount']} RUB were to be deducted from {taken['name']}'s pay; they appealed, and won: [bold green]nothing was taken[/]."
    )
    back = facts.reopened
    yield (
        f"Ticket {back['ticket']} came back while its money was on hold: {back['cost_before']} RUB, less {back['clawed_back']} clawed back, "
        f"plus {back['top_up']} for the new work: [bold]{back['cost_after']}[/] RUB. Its statement:"
    )
    yield from _statement(back["statement"])
    paid = facts.payout
    yield (
        f"Payout {paid['number']}: {paid['lines']} payments, {paid['total']} RUB, drafted by {paid['author']}, approved by {paid['approver']}; the bank "
        f"confirmed {paid['bank']['confirmed']} and returned {paid['bank']['returned']}: {paid['returned']['amount']} RUB of "
        f"{paid['returned']['name']} are payable again."
    )


def _weeks(weeks: list[dict[str, Any]]) -> Iterator[str]:
    yield "Last week's norm of three people:"
    for one in weeks:
        less = f", less {one['gaps']} for asking in vain: {one['effective']}" if one["gaps"] else ""
        appeal = ", and appealed" if one["appeal_state"] == "appealed" else ""
        yield f"  {one['name']:<6} [bold]{one['result']}[/]{appeal}: {one['done']} done, {one['norm']} asked{less}"


def _statement(statement: dict[str, Any]) -> Iterator[str]:
    for line in statement["lines"]:
        money = line["money"]
        rules = "".join(f", {one['rule']} v{one['version']} +{one['amount']}" for one in line["premiums"])
        taken = f", clawed back {money['clawed_back']}" if money["clawed_back"] != "0.0000" else ""
        yield (
            f"  {line['step']} #{line['iteration']}  {line['who']:<16} {line['state']}  {line['price']} (tariff v{line['tariff_version']}){rules}{taken}"
            f"  → {money['cost']}"
        )


def _people(people: list[PersonFacts]) -> Table:
    table = Table(title="People: true accuracy against the estimate (95 % interval)", title_justify="left")
    table.add_column("freelancer", no_wrap=True)
    table.add_column("true", justify="right")
    table.add_column("estimate", justify="right")
    table.add_column("interval", justify="center")
    table.add_column("40 %" + " " * (SCALE - 9) + "100 %", no_wrap=True)
    table.add_column("graded", justify="right")
    table.add_column("earned, RUB", justify="right")
    for one in people:
        inside = one.low <= one.true_accuracy <= one.high
        table.add_row(
            one.name,
            f"{one.true_accuracy:.0%}",
            f"{one.estimated_accuracy:.1%}",
            f"{one.low:.0%} - {one.high:.0%}{'' if inside else ' *'}",
            _strip(one),
            str(one.answers),
            one.earned,
        )
    if any(not one.low <= one.true_accuracy <= one.high for one in people):
        table.caption = "* the truth lies outside, as it should for about one in twenty"
        table.caption_justify = "left"
    return table


def _strip(one: PersonFacts) -> str:
    """The interval as a line from 40 % to 100 %, the estimate as a dot, the truth as a cross."""

    def place(value: float) -> int:
        return max(0, min(SCALE - 1, round((value - 0.4) / 0.6 * (SCALE - 1))))

    cells = [" "] * SCALE
    for i in range(place(one.low), place(one.high) + 1):
        cells[i] = "─"
    cells[place(one.estimated_accuracy)] = "●"
    cells[place(one.true_accuracy)] = "[bold yellow]┼[/]"
    return "".join(cells)


def _money(facts: Facts) -> Table:
    table = Table(title="Money, RUB", title_justify="left")
    names = [name for name in facts.money if name != "unit"]
    for name in names:
        table.add_column(name, justify="right")
    table.add_row(*(facts.money[name] for name in names))
    sums = [facts.sums.get(name, "") for name in ("period", "people", "tickets")]
    match = "[green]match[/]" if len(set(sums)) == 1 else "[red]differ[/]"
    table.caption = f"The closed period: {sums[0]}; per person: {sums[1]}; per ticket: {sums[2]}: {match}"
    table.caption_justify = "left"
    return table
