"""The same world with several times as much of everything: whole copies of it, and more of each thing under the parents it has.

A page that asks once more for each thing in a list shows it then, whatever the list is of and wherever it is shown. The first copy is of
everything and everybody; the second of everything that the same people have, so that everybody's own lists grow. Each further one keeps
one more storey of what refers to what, and copies all above it: tickets of the same project, with copies of all that a ticket has; then
tasks of the same ticket; and so on up to the postings of the same entry. Only what was there at first is copied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import asyncpg

KEPT = frozenset(
    [
        "admission_policy",
        "balance",
        "calendar_day",
        "draft",
        "hours_counted",
        "idempotency",
        "job",
        "ledger_account",
        "norm_policy",
        "pay_policy",
        "pay_policy_approval",
        "pulse",
        "seal",
        "session",
        "sums_kept",
        "tax_table",
        "tortoise_migrations",
    ]
)
"""Tables that there is one of, or one row of for each person."""
EARLIER = "- nth * interval '400 weeks'"
LATER_VERSION = {"version": "version + nth * 1000"}
OWN_KEYS = {
    "account": {"email": "nth || '-' || email"},
    "admission_document": LATER_VERSION,
    "api_token": {"hash": "sha256(hash || nth::text::bytea)"},
    "article": LATER_VERSION,
    "article_use": LATER_VERSION,
    "article_version": LATER_VERSION,
    "bank_line": {"number": "number + nth * 1000"},
    "bank_statement": {"content": "content || nth::text::bytea", "sha256": "sha256(content || nth::text::bytea)"},
    "contract": LATER_VERSION,
    "criteria": LATER_VERSION,
    "deduction": {"fact_at": f"fact_at {EARLIER}"},
    "entry": {"business_key": "business_key || '-' || nth"},
    "exam_attempt": {"finished_at": "coalesce(finished_at, ends_at)", "ended_by": "coalesce(ended_by, 'time')"},
    "exam_question": {"fingerprint": "sha256(fingerprint || nth::text::bytea)"},
    "golden": {"fingerprint": "sha256(fingerprint || nth::text::bytea)"},
    "instruction": LATER_VERSION,
    "midweek": {"starts_at": f"starts_at {EARLIER}"},
    "milestone": {"source": "source || '-' || nth"},
    "notice": {"key": "key || '-' || nth"},
    "payer": LATER_VERSION,
    "payment_details": LATER_VERSION,
    "payout_run": {"number": "number + nth * 1000"},
    "period": {"name": "name || '-' || nth", "starts_at": f"starts_at {EARLIER}", "ends_at": f"ends_at {EARLIER}"},
    "posting": {"amount": "CASE nth % 2 WHEN 0 THEN amount ELSE -amount END"},
    "rate_list": {"starts_at": f"starts_at {EARLIER}", "ends_at": f"coalesce(ends_at, now()) {EARLIER}"},
    "statement": {"tax_basis": "jsonb_set(tax_basis, '{year}', to_jsonb((tax_basis ->> 'year')::int - nth))"},
    "tariff": LATER_VERSION,
    "ticket": {"external_id": "external_id || '-' || nth"},
    "week": {"starts_at": f"starts_at {EARLIER}", "ends_at": f"ends_at {EARLIER}"},
    "week_look": {"starts_at": f"starts_at {EARLIER}"},
    "week_result": {"starts_at": f"starts_at {EARLIER}"},
    "workflow": LATER_VERSION | {"state": "CASE state WHEN 'active' THEN 'retired' ELSE state END"},
}
"""What tells one row from another without any id in it, and what a copy has there; and what keeps the sums that pages check as they
were, where the copies are even in number."""


def somebody_else(column: str) -> dict[str, str]:
    return {column: f"pg_temp.another({column}, nth)"}


AMONG = {
    "accuracy": somebody_else("freelancer_id"),
    "admission_request": somebody_else("freelancer_id"),
    "article_use": somebody_else("freelancer_id"),
    "article_word": {"word": "word || nth"},
    "assignment": somebody_else("freelancer_id"),
    "attention": somebody_else("freelancer_id"),
    "candidacy": somebody_else("freelancer_id"),
    "course_task": {"item": "item + nth * 100"},
    "data_file": {"no": "no + nth * 1000"},
    "decision": {"revision": "revision + nth * 100"},
    "deduction": {"assignment_id": "NULL"},
    "enrolment": somebody_else("freelancer_id"),
    "evidence": {"revision": "revision + nth * 100"},
    "exam_attempt_question": {"n": "n + nth * 100", "question_id": "pg_temp.another(question_id, nth)"},
    "interview": {"ended_at": "coalesce(ended_at, now())"},
    "interview_review": somebody_else("reviewer_id"),
    "interview_slot": {"starts_at": f"starts_at {EARLIER}"},
    "message_recipient": somebody_else("account_id"),
    "payout_left": somebody_else("freelancer_id"),
    "payout_line": somebody_else("freelancer_id") | {"number": "number + nth * 1000"},
    "period_sum": {"heading": "heading || '-' || nth"},
    "qualification": somebody_else("freelancer_id"),
    "rate": {"step_key": "step_key || '-' || nth"},
    "report_chunk": {"no": "no + nth * 1000"},
    "standing": somebody_else("freelancer_id"),
    "statement": somebody_else("freelancer_id"),
    "step": {"key": "key || '-' || nth"},
    "suspicion": {"people": "ARRAY(SELECT pg_temp.another(one, nth) FROM unnest(people) one)"},
    "tariff_item": {"step_key": "step_key || '-' || nth"},
    "task": {"iteration": "iteration + nth * 100"},
    "truth": {"revision": "revision + nth * 100"},
}
"""What tells one row from another under the same parents, where that is no id of its own, and what a copy has there."""
ALONE = {
    "agreed_terms": "an offer is agreed once",
    "answer": "an assignment is answered once",
    "audit": "an assignment is audited once, but for second looks",
    "contract": "an offer becomes one contract",
    "contract_answer": "an offer is answered once",
    "criteria": "a draft is published once",
    "due": "a statement is owed once, and so is a line that came back",
    "golden": "it is the task itself",
    "norm_case": "a person has one at a time",
    "notice_mark": "a notice goes to one person",
    "payout_file": "a payout has one file of each format, and all of them",
    "queue": "it is the step itself",
    "rate_list": "it is the tariff itself",
    "shelf": "a queue has one of each line and language",
    "ticket_budget": "a ticket has one",
    "ticket_original": "it is the ticket itself",
    "workload": "a person has one",
}
"""Tables whose every row is alone under its parents, and why. They grow with their parents."""
NO_PARENTS = frozenset(
    [
        ("assignment", "slot_id"),
        ("candidacy", "form_id"),
        ("candidacy", "way_in_id"),
        ("interview", "slot_id"),
    ]
)
"""Columns by which a row refers to what it is not listed under: one of its own children, or a text that held when it was made."""
CODES = {"code": "project", "qualification": "project", "course_code": "course", "exam_code": "exam", "rule_code": "pay_rule"}
"""Columns that name a thing by its code, where no foreign key says it, and what they name."""
CODED = frozenset(CODES.values())
"""Tables whose `code` is their own."""
COLUMNS = """
SELECT c.relname AS relation, a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attidentity <> '' AS numbered,
       (SELECT f.confrelid::regclass::text FROM pg_constraint f
        WHERE f.contype = 'f' AND f.conrelid = c.oid AND f.conkey[1] = a.attnum AND (cardinality(f.conkey) = 1 OR a.attname <> 'id')
        ORDER BY cardinality(f.conkey) DESC LIMIT 1) AS refers
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY 1, a.attnum"""
COPIES_OF = """
CREATE TEMP TABLE kept (id uuid PRIMARY KEY);
CREATE TEMP TABLE kept_code (code text PRIMARY KEY);
CREATE FUNCTION pg_temp.another(id uuid, nth int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT overlay($1::text PLACING lpad(to_hex((nth - 1) % {copies} + 1), 4, '0') FROM 33)::uuid $$;
CREATE FUNCTION pg_temp.copy_of(id uuid, nth int) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM kept WHERE kept.id = $1) THEN $1
                ELSE overlay($1::text PLACING lpad(to_hex(nth), 4, '0') FROM 33)::uuid END $$;
CREATE FUNCTION pg_temp.code_of(code text, nth int) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM kept_code WHERE kept_code.code = split_part($1, '.', 1)) THEN $1 ELSE $1 || '-' || nth END $$"""
"""Another id at the same place in time, and another code; those of what is kept stay. `another`: of the first copies of everything."""


@dataclass(frozen=True)
class Table:
    """A table as it is copied."""

    name: str
    columns: Sequence[asyncpg.Record]

    @cached_property
    def referred(self) -> dict[str, str]:
        """The tables that columns refer to: by foreign keys, by codes, or by their names where partitions have no foreign keys."""
        return {one["name"]: one["refers"] or self._named(one) for one in self.columns if one["refers"] or self._named(one)}

    def _named(self, column: asyncpg.Record) -> str:
        name = column["name"]
        if name == "account_id" and column["type"] == "bigint":
            return "ledger_account"
        if column["type"] == "text":
            return "" if name == "code" and self.name in CODED else CODES.get(name, "")
        return name.removesuffix("_id") if name.endswith("_id") and column["type"] in ("uuid", "bigint") else ""

    def copied(self, column: asyncpg.Record, kept: frozenset[str], among: bool) -> str:
        """What the nth copy has in this column, where all rows of some tables are kept."""
        name, kind, refers = f'"{column["name"]}"', column["type"], self.referred.get(column["name"], "")
        own = (AMONG.get(self.name, {}) if among else {}).get(column["name"]) or OWN_KEYS.get(self.name, {}).get(column["name"])
        if own is not None:
            return own
        if kind == "uuid":
            return f"pg_temp.copy_of({name}, nth)"
        if kind == "uuid[]":
            return f"ARRAY(SELECT pg_temp.copy_of(one, nth) FROM unnest({name}) one)"
        if kind == "bigint" and (column["numbered"] or refers not in kept | KEPT | {""}):
            return f"{name} + nth * 1000000"
        if kind == "text" and (refers or (column["name"] == "code" and self.name in CODED)):
            return f"pg_temp.code_of({name}, nth)"
        return name

    def sql(self, copies: range, kept: frozenset[str], among: bool) -> str:
        """Adds these copies of the rows that there were at first."""
        names = ", ".join(f'"{one["name"]}"' for one in self.columns)
        values = ", ".join(self.copied(one, kept, among) for one in self.columns)
        return (
            f'INSERT INTO "{self.name}" ({names}) OVERRIDING SYSTEM VALUE SELECT {values} '
            f'FROM "first_{self.name}", generate_series({copies[0]}, {copies[-1]}) nth ON CONFLICT DO NOTHING'
        )

    @property
    def keeping(self) -> str:
        """Notes what there was at first as kept."""
        names = [one["name"] for one in self.columns if one["type"] == "uuid"]
        ids = f'INSERT INTO kept SELECT id FROM "first_{self.name}" ON CONFLICT DO NOTHING;' if "id" in names else ""
        codes = f'INSERT INTO kept_code SELECT DISTINCT code FROM "first_{self.name}" ON CONFLICT DO NOTHING;'
        return ids + (codes if self.name in CODED else "")


def storeys(tables: Mapping[str, Table]) -> dict[str, int]:
    """How many tables lie below each, one referring to the other."""
    found: dict[str, int] = {}

    def storey(name: str, above: frozenset[str]) -> int:
        if name not in found:
            referred = {one for column, one in tables[name].referred.items() if (name, column) not in NO_PARENTS}
            below = sorted(referred & tables.keys() - above - {name})
            found[name] = 1 + max((storey(one, above | {name}) for one in below), default=-1)
        return found[name]

    for name in sorted(tables):
        storey(name, frozenset())
    return found


@dataclass(frozen=True)
class Growth:
    """How many times as many rows a table has, and under the same parents."""

    times: float
    among: float


async def grow(owner: asyncpg.Connection, copies: int) -> dict[str, Growth]:
    """Add so many copies of every row, and so many again for each storey below it that they have in common.

    Returns how much each table that had rows has grown. The sums of what is posted stay, for pages check them: half of the copies of a
    posting have the other sign.
    """
    assert copies % 2 == 0, "or the sums would not stay"
    columns: dict[str, list[asyncpg.Record]] = {}
    for column in await owner.fetch(COLUMNS):
        columns.setdefault(column["relation"], []).append(column)
    before = {name: await owner.fetchval(f'SELECT count(*) FROM "{name}"') for name in columns if name not in KEPT}
    tables = {name: Table(name, columns[name]) for name, rows in before.items() if rows}
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(COPIES_OF.format(copies=copies))
    for name in tables:
        await owner.execute(f'CREATE TEMP TABLE "first_{name}" AS TABLE "{name}"')
    storey = storeys(tables)
    added = dict.fromkeys(tables, 0)
    among = dict.fromkeys(tables, 0)
    lost: set[str] = set()
    for kept in range(max(storey.values()) + 1):
        below = frozenset(name for name in tables if storey[name] < kept)
        for name, table in tables.items():
            if storey[name] == kept - 1:
                await owner.execute(table.keeping or "SELECT")
        for name in (one for one in tables if one not in below):
            sql = tables[name].sql(range(kept * copies + 1, (kept + 1) * copies + 1), below, storey[name] == kept)
            rows = int((await owner.execute(sql)).split()[-1])
            added[name] += rows
            if storey[name] > kept and rows != before[name] * copies:
                lost.add(name)
            among[name] += rows if storey[name] == kept else 0
    orphaned = lost & {one for table in tables.values() for one in table.referred.values()}
    assert not orphaned, f"not all copies of these took place, and what refers to them was copied nonetheless: {orphaned}"
    await owner.execute("ANALYZE")
    await owner.execute("SET session_replication_role = origin")
    return {name: Growth(1 + added[name] / before[name], 1 + among[name] / before[name]) for name in tables}
