"""What the bank says: statements are read, each movement once, and tell which lines were paid and which came back.

The file itself is kept as evidence. A movement that fits no line is never guessed at: somebody matches it by hand, or sets it aside.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from piecework.payouts.errors import BankLineDecided, BankLineDiffers
from piecework.payouts.formats.bank_lines import BankLine
from piecework.payouts.formats.files import read
from piecework.payouts.paying import settling
from piecework.payouts.paying.matching import Candidates, Decided, Outcome, Why, decide
from piecework.platform import db, trail
from piecework.platform.errors import NotFound

LOCK_BANK = "SELECT pg_advisory_xact_lock(hashtext('piecework.payouts.bank'))"
"""Statements are taken one after the other: what a movement tells depends on what was told before."""

# Best first: the line's own id, the tag of the purpose; and where there is neither, the order's number with its amount and the other
# side's account.
FIND = """
SELECT told.at, l.id, 1 AS rank FROM unnest($1::int[], $2::uuid[]) AS told (at, line_id) JOIN payout_line l ON l.id = told.line_id
UNION ALL
SELECT told.at, l.id, 2 FROM unnest($1::int[], $3::int[], $4::text[]) AS told (at, batch, tail)
JOIN payout_line l ON right(replace(l.id::text, '-', ''), 12) = told.tail
JOIN payout_run r ON r.id = l.run_id AND r.number = told.batch AND r.currency = $5
UNION ALL
SELECT told.at, l.id, 3
FROM unnest($1::int[], $2::uuid[], $4::text[], $6::bigint[], $7::bigint[], $8::text[]) AS told (at, line_id, tail, number, amount, account)
JOIN payout_line l ON l.number = told.number AND l.amount = told.amount AND l.currency = $5 AND l.state IN ('ordered', 'paid', 'returned')
JOIN payment_details d ON d.id = l.details_id AND coalesce(d.account, d.iban) = told.account
WHERE told.line_id IS NULL AND told.tail IS NULL"""

FIND_RUNS = """
SELECT l.run_id, array_agg(l.id ORDER BY l.id) AS lines FROM payout_line l JOIN payout_run r ON r.id = l.run_id
WHERE r.id = ANY ($1::uuid[]) AND r.currency = $2 AND l.state <> 'dropped' GROUP BY l.run_id"""

TOLD = """
SELECT b.line_id, b.direction FROM bank_line b WHERE b.line_id = ANY ($1::uuid[]) AND b.outcome IN ('confirmed', 'returned', 'known')
UNION SELECT l.id, b.direction FROM bank_line b JOIN payout_line l ON l.run_id = b.run_id
WHERE l.id = ANY ($1::uuid[]) AND b.outcome = 'confirmed'"""

# The same movement in another file. A reference alone is not enough: banks number each statement anew, or let a return bear its payment's.
READ_BEFORE = """
SELECT DISTINCT ON (reference, direction, amount, booked_on, account) reference, direction, amount, booked_on, account, line_id
FROM bank_line WHERE reference = ANY ($1::text[]) AND currency = $2 ORDER BY reference, direction, amount, booked_on, account, id"""

ADD_STATEMENT = """
INSERT INTO bank_statement (sha256, currency, content, lines, received_by) VALUES ($1, $2, $3, $4, $5) RETURNING id"""

ADD_LINES = """
INSERT INTO bank_line (statement_id, number, reference, booked_on, amount, currency, direction, is_return, return_reason, account,
                       purpose, raw, line_id, run_id, outcome, why)
SELECT $1, given.number, given.reference, given.booked_on, given.amount, $2, given.direction, given.is_return, given.return_reason,
       given.account, given.purpose, given.raw::jsonb, given.line_id, given.run_id, given.outcome, given.why
FROM unnest($3::text[], $4::date[], $5::bigint[], $6::text[], $7::boolean[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::uuid[], $13::uuid[], $14::text[], $15::text[]) WITH ORDINALITY
     AS given (reference, booked_on, amount, direction, is_return, return_reason, account, purpose, raw, line_id, run_id, outcome, why,
               number)"""


@dataclass(frozen=True, slots=True)
class Received:
    """A statement that is stored. `added` is False if this file was taken before: then nothing was done."""

    id: UUID
    added: bool


async def receive(actor: UUID | None, data: bytes, currency: str) -> Received:
    """Take a bank statement: confirm and return lines by what it says, keep the file and every movement with what it came to.

    The same file again, and the same movements in another file, change nothing.

    Raises:
        BrokenFile: it cannot be read; nothing of it counts.
        OwnPayout: it tells of a payment to the actor; somebody else has to send it.
    """
    moves = read(data, currency)
    digest = sha256(data).digest()
    await db.execute(LOCK_BANK)
    before = await db.scalar("SELECT id FROM bank_statement WHERE sha256 = $1 AND currency = $2", digest, currency)
    if before is not None:
        return Received(before, added=False)
    decided = await _decide_all(actor, moves, currency)
    statement_id: UUID = await db.scalar(ADD_STATEMENT, digest, currency, data, len(moves), actor)
    await _store(statement_id, currency, moves, decided)
    facts: dict[str, Any] = {outcome.value: sum(one.outcome == outcome for one in decided) for outcome in Outcome}
    await trail.record(actor, "bank_statement.received", "bank_statement", statement_id, sha256=digest.hex(), **facts)
    return Received(statement_id, added=True)


async def match(actor: UUID | None, bank_line_id: UUID, line_id: UUID, reason: str) -> None:
    """Say by hand which payout line an unmatched movement is about; it then tells what it would have told by itself.

    Raises:
        NotFound: there is no such movement, or no such line.
        BankLineDecided: it is matched or set aside already; of two at the same time one gets this.
        OwnPayout: the line pays the actor.
        BankLineDiffers: its amount, currency or direction is not that of what can still happen to the line; `why` says which.
    """
    found = await _unmatched(bank_line_id)
    lines = await settling.locked([line_id])
    if line_id not in lines:
        raise NotFound
    settling.refuse_own(actor, lines.values())
    moved = _moved(found)
    known = {(row["line_id"], row["direction"]) for row in await db.rows(TOLD, [line_id])}
    what = decide(moved, Candidates([line_id]), lines, known)
    if what.outcome == Outcome.UNMATCHED:
        raise BankLineDiffers(why=what.why.value)
    await _act(actor, lines, [(moved, what)])
    await _decided(actor, bank_line_id, what.outcome, line_id, reason)


async def set_aside(actor: UUID | None, bank_line_id: UUID, reason: str) -> None:
    """Say that an unmatched movement has nothing to do with payouts, or was dealt with otherwise.

    Raises:
        NotFound: there is no such movement.
        BankLineDecided: it is matched or set aside already.
    """
    await _unmatched(bank_line_id)
    await _decided(actor, bank_line_id, Outcome.SET_ASIDE, None, reason)


async def _decide_all(actor: UUID | None, moves: Sequence[BankLine], currency: str) -> list[Decided]:
    """What each movement came to, after acting on it. What went out counts before what came back, however the file sorts them."""
    rows = await db.rows(READ_BEFORE, [moved.reference for moved in moves], currency)
    read_before = {
        (row["reference"], row["direction"], row["amount"], row["booked_on"], row["account"]): row["line_id"] for row in rows
    }
    about = await _candidates(moves, currency)
    ids = sorted({line_id for one in about for line_id in one.lines})
    told = {(row["line_id"], row["direction"]) for row in await db.rows(TOLD, ids)}
    decided: dict[int, Decided] = {}
    for direction in ("out", "in"):
        lines = await settling.locked(ids)
        acted: list[tuple[BankLine, Decided]] = []
        for at, moved in enumerate(moves):
            if moved.direction != direction:
                continue
            same = (moved.reference, moved.direction, moved.amount, moved.booked_on, moved.account)
            if same in read_before:
                line_id = read_before[same]
                decided[at] = Decided(Outcome.KNOWN, Why.READ_BEFORE, [line_id] if line_id else ())
                continue
            one = decided[at] = decide(moved, about[at], lines, told)
            acted.append((moved, one))
            told |= {(line_id, direction) for line_id in one.lines if one.outcome != Outcome.UNMATCHED}
            _note(lines, one)
        await _act(actor, await settling.locked(ids), acted)
    return [decided[at] for at in range(len(moves))]


def _note(lines: dict[UUID, Any], one: Decided) -> None:
    """What later movements of the same file find."""
    state = {Outcome.CONFIRMED: "paid", Outcome.RETURNED: "returned"}.get(one.outcome)
    if state is not None:
        lines.update({line_id: {**lines[line_id], "state": state} for line_id in one.lines})


async def _candidates(moves: Sequence[BankLine], currency: str) -> list[Candidates]:
    """Per movement the lines that it may be about: those of its best identity."""
    found = await db.rows(
        FIND,
        list(range(len(moves))),
        [moved.line_id for moved in moves],
        [moved.tag.batch if moved.tag else None for moved in moves],
        [moved.tag.line if moved.tag else None for moved in moves],
        currency,
        [moved.order_number for moved in moves],
        [moved.amount for moved in moves],
        [moved.account for moved in moves],
    )
    by_rank: dict[int, dict[int, set[UUID]]] = defaultdict(lambda: defaultdict(set))
    for row in found:
        by_rank[row["at"]][row["rank"]].add(row["id"])
    lines = [sorted(by_rank[at][min(by_rank[at])]) if at in by_rank else [] for at in range(len(moves))]
    batches = {moved.batch_id for moved, own in zip(moves, lines, strict=True) if moved.batch_id and not own}
    runs = {row["run_id"]: row["lines"] for row in await db.rows(FIND_RUNS, sorted(batches), currency)}
    return [
        Candidates(runs[moved.batch_id], moved.batch_id) if not own and moved.batch_id in runs else Candidates(own)
        for moved, own in zip(moves, lines, strict=True)
    ]


async def _act(actor: UUID | None, lines: Mapping[UUID, Any], decided: Sequence[tuple[BankLine, Decided]]) -> None:
    for outcome, act in ((Outcome.CONFIRMED, settling.confirm), (Outcome.RETURNED, settling.send_back)):
        told = {line_id: _words(moved) for moved, one in decided if one.outcome == outcome for line_id in one.lines}
        if told:
            await act(actor, lines, told)


def _words(moved: BankLine) -> str:
    booked = f"booked {moved.booked_on.isoformat()}, bank reference {moved.reference}"
    return f"{booked}: {moved.return_reason}"[:2000] if moved.return_reason else booked


async def _store(statement_id: UUID, currency: str, moves: Sequence[BankLine], decided: Sequence[Decided]) -> None:
    await db.execute(
        ADD_LINES,
        statement_id,
        currency,
        [moved.reference for moved in moves],
        [moved.booked_on for moved in moves],
        [moved.amount for moved in moves],
        [moved.direction for moved in moves],
        [moved.is_return for moved in moves],
        [moved.return_reason for moved in moves],
        [moved.account for moved in moves],
        [moved.purpose for moved in moves],
        [orjson.dumps(dict(moved.raw)).decode() for moved in moves],
        [one.lines[0] if one.run_id is None and one.lines else None for one in decided],
        [one.run_id for one in decided],
        [one.outcome.value for one in decided],
        [one.why.value for one in decided],
    )


async def _unmatched(bank_line_id: UUID) -> Any:
    await db.execute(LOCK_BANK)
    found = await db.row("SELECT * FROM bank_line WHERE id = $1 FOR UPDATE", bank_line_id)
    if found is None:
        raise NotFound
    if found["outcome"] != Outcome.UNMATCHED:
        raise BankLineDecided
    return found


def _moved(row: Mapping[str, Any]) -> BankLine:
    """A stored movement; by whose identity it was looked for does not matter any more."""
    names = ("reference", "booked_on", "amount", "currency", "direction", "account", "is_return", "return_reason", "purpose")
    unknown: dict[str, Any] = {"line_id": None, "tag": None, "order_number": None, "batch_id": None}
    return BankLine(**{name: row[name] for name in names}, **unknown, raw=orjson.loads(row["raw"]))


async def _decided(actor: UUID | None, bank_line_id: UUID, outcome: Outcome, line_id: UUID | None, reason: str) -> None:
    await db.execute(
        """UPDATE bank_line SET outcome = $2, why = $3, line_id = coalesce($4, line_id), decided_by = $5, decided_at = clock_timestamp()
           WHERE id = $1""",
        bank_line_id,
        outcome.value,
        reason,
        line_id,
        actor,
    )
    await trail.record(actor, "bank_line.decided", "bank_line", bank_line_id, reason=reason, outcome=outcome.value, line=line_id)
