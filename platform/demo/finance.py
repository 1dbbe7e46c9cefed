"""Finance in the demonstration: rules, tariffs and payees before the work; the week's end, the payout and the bank after it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from piecework.payouts.formats.keys import account_key_holds
from piecework.platform.demo.bank import client_bank
from piecework.platform.demo.cast import ACTORS
from piecework.platform.demo.client import Client
from piecework.platform.demo.stage import Stage

BANK = {"bank_name": "Demo Bank", "bik": "044525225", "correspondent": "30101810400000000225"}
PAYER = {"name": "Piecework Demo", "inn": "7707083893", "kpp": "773601001", "reason": "The account of the demonstration."}
HELD_PROJECT = "moderation"
HELD_STEP = "decide"
NIGHT_OWL, EMPLOYEE, CARELESS = ACTORS[0], ACTORS[1], ACTORS[-1]
"""Who lives where it is night, of whom tax is withheld, and of whose pay somebody wants to take something."""
NIGHT_HOUR, DAY_HOUR = 2, 12

POLICY = {
    "zone": "Europe/Moscow",
    "four_eyes_above": "0.0000",
    "minimum_payout": "0.0000",
    "details_wait_hours": 72,
    "status_check_days": 1,
    "deductions_keep": 8000,
    "notice_days": 0,
    "hourly_floor": "0.0000",
}
NIGHT = {
    "code": "night",
    "title": "Night work",
    "words": "An answer submitted between 22:00 and 06:00 by your own clock earns a fifth more: of 2.00 it is 0.40.",
    "spec": {"kind": "night", "group": "hours", "percent": 2000},
}
CARE = {
    "code": "care",
    "title": "Careless answers",
    "words": "Where answers were given without reading the ticket, up to 20.00 RUB may be taken; you read why, and may appeal first.",
    "spec": {"kind": "deduction", "case_fixed": "20.0000", "evidence_wanted": "Which answers they were, and how one sees it."},
}


def zone_at(hour: int) -> str:
    """A zone in which it is about this hour now, so that the demonstration shows the same by day and by night."""
    offset = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{'-' if offset >= 0 else '+'}{abs(offset)}"


async def prepare(stage: Stage) -> None:
    """What finance sees to before anybody works: rules, a tariff with a hold, who is taxed, payment details."""
    finance, second = stage.staff["finance"], stage.staff["treasurer"]
    await _policy(finance, second)
    stage.zones |= {actor.email: zone_at(NIGHT_HOUR if actor is NIGHT_OWL else DAY_HOUR) for actor in ACTORS}
    for rule in (NIGHT, CARE):
        await _rule(finance, second, rule)
    await _tariff(finance, second)
    await finance.call("PUT", "/payer", {"currency": "RUB", **PAYER, **BANK, "account": _account(0)})
    for number, actor in enumerate(ACTORS, 1):
        client = stage.actors[actor.email]
        if not (await client.call("GET", "/me/payment-details"))["details"]:
            await client.call("PUT", "/me/payment-details", {"name": actor.name, **BANK, "account": _account(number)})
    stage.regimes[EMPLOYEE.email] = "individual"


def _account(number: int) -> str:
    """An account at the demonstration's bank, with the check digit that fits."""
    candidates = (f"40817810{digit}{number:011d}" for digit in range(10))
    return next(one for one in candidates if account_key_holds(one, BANK["bik"]))


async def _policy(finance: Client, second: Client) -> None:
    if (await finance.call("GET", "/pay-policy"))["version"] > 0:
        return
    found = (await finance.call("GET", "/pay-policy/versions"))["versions"]
    reason = "Two people for every payout; and no days to wait, for a demonstration takes a minute."
    made = found[0] if found else await finance.call("PUT", "/pay-policy", {"policy": POLICY, "reason": reason})
    await second.call("POST", f"/pay-policy/versions/{made['version']}/approve")


async def _rule(finance: Client, second: Client, rule: dict[str, Any]) -> None:
    found = [one for one in (await finance.call("GET", "/pay-rules"))["items"] if one["code"] == rule["code"]]
    made = found[0] if found else await finance.call("POST", "/pay-rules", rule)
    if made["state"] == "draft":
        await second.call("POST", f"/pay-rules/{made['id']}/approve")


async def _tariff(finance: Client, second: Client) -> None:
    """Accepted money of one project waits until its ticket is resolved and a day more, so that a ticket may come back."""
    found = (await finance.call("GET", f"/projects/{HELD_PROJECT}/tariffs"))["items"]
    if not found:
        terms = {
            "kind": "per_step",
            "items": [{"step": HELD_STEP, "price": "1.5000"}],
            "hold_until": "resolved",
            "hold_days": 1,
            "reason": "Paid once the listing's case is closed.",
        }
        found = [await finance.call("POST", f"/projects/{HELD_PROJECT}/tariffs", terms)]
    if found[0]["state"] == "draft":
        await second.call("POST", f"/tariffs/{found[0]['id']}/approve")


async def deduction(stage: Stage) -> dict[str, Any]:
    """Somebody wants to take something of a person's pay; the person appeals, and is right."""
    curator, finance, arbiter = stage.staff["curator"], stage.staff["finance"], stage.staff["arbiter"]
    person = stage.actors[CARELESS.email]
    evidence = "Three answers in a row came within two seconds each of being shown the ticket."
    case = await curator.call(
        "POST",
        "/deductions",
        {
            "freelancer_id": stage.ids[CARELESS.email],
            "rule_code": CARE["code"],
            "amount": "15.0000",
            "currency": "RUB",
            "fact_at": datetime.now(UTC).isoformat(),
            "evidence": evidence,
        },
    )
    approval = {"decision": "approve", "reason": "The rule is clear about it."}
    await finance.call("POST", f"/deductions/{case['id']}/decision", approval)
    told = (await person.call("GET", "/me/deductions"))["items"][0]
    words = "These were three copies of one ticket, as the intake shows; I had read the first with care."
    appeal = await person.call("POST", "/appeals", {"subject": "deduction", "id": case["id"], "words": words})
    reply = "You are right: the three tickets were one and the same. Nothing is taken."
    await arbiter.call("POST", f"/appeals/{appeal['id']}/decision", {"decision": "uphold", "reply": reply})
    return {"name": CARELESS.name, "amount": told["amount"], "evidence": evidence, "said": words, "reply": reply}


async def reopen(stage: Stage, rework: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    """A resolved ticket comes back while its money is on hold: what was wrong is taken back, new work is paid."""
    curator, finance = stage.staff["curator"], stage.staff["finance"]
    page = await curator.call("GET", f"/projects/{HELD_PROJECT}/tickets?state=resolved&limit=1")
    ticket = page["items"][0]
    before = await finance.call("GET", f"/tickets/{ticket['id']}/statement")
    if not before["reopenings"]:
        body = {"reason": "The seller sent photographs: the verdict was wrong.", "redo": [HELD_STEP], "claw_back": True}
        await curator.call("POST", f"/tickets/{ticket['id']}/reopen", body)
        await rework()
    after = await finance.call("GET", f"/tickets/{ticket['id']}/statement")
    return {
        "ticket": ticket["external_id"],
        "cost_before": before["total"]["cost"],
        "clawed_back": after["total"]["clawed_back"],
        "top_up": after["reopenings"][-1]["top_up"],
        "cost_after": after["total"]["cost"],
        "statement": after,
    }


async def pay(stage: Stage, out: Path) -> dict[str, Any]:
    """Draft, approve with four eyes, file to the bank, the bank's statement back; one payment is returned and payable again."""
    finance, second = stage.staff["finance"], stage.staff["treasurer"]
    runs = (await finance.call("GET", "/payouts"))["items"]
    tomorrow = (datetime.now(ZoneInfo("Europe/Moscow")) + timedelta(days=1)).date()
    run = runs[0] if runs else await finance.call("POST", "/payouts", {"execution_on": tomorrow.isoformat()})
    if run["state"] == "draft":
        run = await second.call("POST", f"/payouts/{run['id']}/approve")
    files = {}
    for name, path in (("1c", out / "payout-1c.txt"), ("pain001", out / "payout-pain001.xml"), ("csv", out / "payout.csv")):
        files[name] = (await finance.raw("GET", f"/payouts/{run['id']}/files/{name}")).content
        path.write_bytes(files[name])
    answer = client_bank(files["1c"], tomorrow, returned=[_account(ACTORS.index(NIGHT_OWL) + 1)])
    (out / "bank-statement-1c.txt").write_bytes(answer)
    told = await finance.send("/bank-statements?currency=RUB", answer)
    night = stage.actors[NIGHT_OWL.email]
    mine = (await night.call("GET", "/me/payouts"))["items"]
    run = await finance.call("GET", f"/payouts/{run['id']}")
    return {
        "number": run["number"],
        "state": run["state"],
        "total": run["total"],
        "lines": run["lines"],
        "author": "finance",
        "approver": "treasurer",
        "bank": told,
        "returned": {"name": NIGHT_OWL.name, "amount": mine[0]["amount"], "state": mine[0]["state"]},
        "files": [str(out / name) for name in ("payout-1c.txt", "payout-pain001.xml", "payout.csv", "bank-statement-1c.txt")],
    }


async def statements(stage: Stage, out: Path) -> dict[str, Any]:
    """The statement of the person who worked at night, as figures and as PDF; and of the one of whom tax is withheld."""
    found, files = {}, []
    for actor in (NIGHT_OWL, EMPLOYEE):
        client = stage.actors[actor.email]
        listed = (await client.call("GET", "/me/statements"))["items"]
        found[actor.email] = await client.call("GET", f"/statements/{listed[0]['id']}")
        path = out / f"statement-{actor.email.partition('@')[0]}.pdf"
        path.write_bytes((await client.raw("GET", f"/statements/{listed[0]['id']}/page.pdf")).content)
        files.append(str(path))
    night, taxed = found[NIGHT_OWL.email], found[EMPLOYEE.email]
    return {
        "night": {
            "name": NIGHT_OWL.name,
            "zone": stage.zones[NIGHT_OWL.email],
            "work": night["work"],
            "premium": night["premiums"][0]["amount"],
        },
        "taxed": {"name": EMPLOYEE.name, "gross": taxed["gross"], "tax": taxed["tax"]["amount"], "net": taxed["net"]},
        "period": night["period"],
        "files": files,
    }
