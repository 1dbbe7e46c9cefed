"""A year of a firm of 500 people: a small real world, played by the demonstration, and multiplied by set-based SQL.

The demonstration's twelve people and their week become many groups of such people and many such weeks. Each row is copied with new ids,
and with its times moved to its week; which ids stand where is not written down here but found by their values, so that what points at
each other does so in every copy. What follows from other rows (balances, totals, hourly counts) is reckoned anew at the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

SETS = 3
"""So many times there are the demonstration's projects."""
MONTHS_BEFORE = "interval '53 weeks'"
"""So long ago the house was founded: its people, projects and rules are older than the year."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Rows that are copied: with each group of people (G), week (W), set of projects (P), or week of a group (GW)."""

    table: str
    scope: str
    where: str = "true"
    """Of the rows `t` that are copied, into the copy `c`."""
    sets: dict[str, str] = field(default_factory=dict)
    """Columns that need more than new ids and times: an expression over `t` and `c`."""


PERSON = "t.{} IN (SELECT id FROM bench_person)"
NOW = "c.w = 0 OR "
"""What is still going on is so this week only."""
NUMBER = """CASE WHEN t.tax_basis ? 'number'
                 THEN t.tax_basis || jsonb_build_object('number', (t.tax_basis ->> 'number')::int + c.w) ELSE t.tax_basis END"""
LABEL = "coalesce('-' || c.label, '')"


def of(column: str = "freelancer_id") -> str:
    """Rows of the people who are copied."""
    return PERSON.format(column)


def through(column: str, table: str, key: str = "id", of_: str = "freelancer_id") -> str:
    """Rows that belong to rows of such people."""
    return f"t.{column} IN (SELECT {key} FROM {table} WHERE {of_} IN (SELECT id FROM bench_person))"


COPIED: Sequence[Copied] = (
    # --- the firm's projects
    Copied("account", "P", "'requester' = ANY (t.roles)", {"email": "c.p || '-' || t.email", "name": "t.name || ' ' || c.p"}),
    Copied("project", "P", sets={"code": "t.code || '-' || c.p", "name": "t.name || ' ' || c.p"}),
    Copied("workflow", "P"),
    Copied("step", "P"),
    Copied("queue", "P", sets={"excluded": "ARRAY(SELECT x + c.p * 1000 FROM unnest(t.excluded) x)"}),
    Copied("shelf", "P"),
    Copied("rate_list", "P"),
    Copied("rate", "P"),
    Copied("tariff", "P"),
    Copied("tariff_item", "P"),
    Copied("instruction", "P"),
    Copied("article", "P"),
    Copied("article_version", "P"),
    Copied("article_word", "P"),
    Copied("pace", "P"),
    Copied("step_estimate", "P"),
    Copied("ledger_account", "P", "t.owner IN (SELECT id::text FROM project)"),
    # --- its people, and what there is of each once
    Copied("account", "G", of("id"), {"email": "c.g || '-' || t.email", "name": "t.name || ' ' || c.g"}),
    Copied("contract_offer", "G", of()),
    Copied("contract_answer", "G", through("offer_id", "contract_offer")),
    Copied("contract", "G", of()),
    Copied("workload", "G", of()),
    Copied("qualification", "G", of()),
    Copied("attention", "G", of()),
    Copied("leave", "G", of()),
    Copied("restriction", "G", of()),
    Copied("shift_plan", "G", of()),
    Copied("reading", "G", of()),
    Copied("message_recipient", "G", of("account_id")),
    Copied("message_reply", "G", of("account_id")),
    Copied("article_use", "G", of()),
    Copied("pay_terms", "G", of()),
    Copied("agreed_terms", "G", through("offer_id", "contract_offer")),
    Copied("payment_details", "G", of()),
    Copied("payee_identity", "G", of()),
    Copied("status_check", "G", of()),
    Copied("ledger_account", "G", "t.owner IN (SELECT id::text FROM bench_person)"),
    Copied("accuracy", "G", of()),
    Copied("standing", "G", of()),
    Copied("person_estimate", "G", of()),
    Copied("admission", "G", of()),
    Copied("admission_second", "G", through("admission_id", "admission")),
    Copied("admission_request", "G", of()),
    Copied("candidacy", "G", of(), {"email": "c.g || '-' || t.email"}),
    Copied("candidacy_event", "G", through("candidacy_id", "candidacy")),
    Copied("milestone", "G", of(), {"source": "t.source || '-' || c.g"}),
    Copied("interview", "G", through("candidacy_id", "candidacy")),
    Copied("interview_slot", "G"),
    Copied("interview_review", "G"),
    Copied("enrolment", "G", of()),
    Copied("training_answer", "G", through("enrolment_id", "enrolment")),
    Copied("training_check", "G"),
    Copied("unit_done", "G", through("enrolment_id", "enrolment")),
    Copied("unit_paid", "G", of()),
    Copied("exam_attempt", "G", of()),
    Copied("exam_attempt_question", "G", through("attempt_id", "exam_attempt")),
    Copied("exam_answer", "G", through("attempt_id", "exam_attempt")),
    Copied("exam_result", "G", through("attempt_id", "exam_attempt")),
    Copied("exam_score", "G", through("attempt_id", "exam_attempt")),
    Copied("norm_case", "G", of()),
    Copied("data_request", "G", of("account_id")),
    # --- its weeks
    Copied("period", "W", "t.id = (SELECT period_id FROM entry GROUP BY 1 ORDER BY count(*) DESC LIMIT 1)",
           {"ends_at": "t.starts_at + c.shift + interval '7 days'",
            "name": "period_name(t.cadence, t.starts_at + c.shift, t.zone)"}),
    Copied("payout_run", "W", sets={"number": "t.number + c.w * 10"}),
    Copied("payout_file", "W"),
    Copied("bank_statement", "W", sets={"content": "t.content || c.w::text::bytea", "sha256": "sha256(t.content || c.w::text::bytea)"}),
    Copied("intake", "W"),
    Copied("trail", "W", "t.subject_id !~ '[0-9a-f]{8}-[0-9a-f]{4}-' AND t.action NOT IN ('token.made')"),
    # --- what people did in each
    # What waits for a person this week was settled in the weeks before: its paid answers stand on statements.
    Copied("ticket", "GW", f"{NOW} t.state <> 'open'",
           {"external_id": f"t.external_id || {LABEL}", "state": "CASE WHEN c.w > 0 AND t.state = 'stuck' THEN 'resolved' ELSE t.state END",
            "resolved_at": "c.delta + CASE WHEN c.w > 0 AND t.state = 'stuck' THEN t.received_at ELSE t.resolved_at END"}),
    Copied("ticket_original", "GW", f"{NOW} t.ticket_id NOT IN (SELECT id FROM bench_now)"),
    Copied("task", "GW", f"{NOW} t.id NOT IN (SELECT id FROM bench_now)"),
    Copied("golden", "GW", sets={"state": "CASE WHEN c.w = 0 THEN t.state ELSE 'retired' END",
                                 "fingerprint": "sha256(t.fingerprint || c.label::bytea)"}),
    Copied("truth", "GW"),
    Copied("slot", "GW", "c.w = 0"),
    Copied("assignment", "GW", f"{NOW} t.id NOT IN (SELECT id FROM bench_now)"),
    Copied("answer", "GW", f"{NOW} t.assignment_id NOT IN (SELECT id FROM bench_now)",
           {"submission_id": "bench_id(t.submission_id, c.label, c.ms)"}),
    Copied("decision", "GW", f"{NOW} t.assignment_id NOT IN (SELECT id FROM bench_now)"),
    Copied("evidence", "GW"),
    Copied("audit", "GW", f"{NOW} t.done_at IS NOT NULL"),
    Copied("appeal", "GW", f"{NOW} t.state <> 'open'"),
    Copied("appealable", "GW", f"{NOW} t.state <> 'open' OR t.subject = 'answer'"),
    Copied("open_objection", "GW", "c.w = 0"),
    Copied("suspicion", "GW", "c.w = 0"),
    Copied("stood_in", "GW"),
    Copied("reopening", "GW"),
    Copied("ticket_budget", "GW"),
    Copied("unaffordable", "GW", "c.w = 0"),
    Copied("satisfaction", "GW"),
    Copied("measure", "GW"),
    Copied("hold_as", "GW"),
    Copied("gap", "GW", f"({NOW} t.ended_at IS NOT NULL) AND {of()}"),
    Copied("week", "GW", of()),
    Copied("week_result", "GW", of()),
    Copied("week_look", "GW", of()),
    Copied("midweek", "GW", of()),
    Copied("notice", "GW", of("account_id") + " AND (c.w = 0 OR t.kind NOT LIKE '%.offered')", {"key": f"t.key || {LABEL}"}),
    Copied("notice_mark", "GW", of("account_id") + " AND (c.w = 0 OR t.notice_id IN (SELECT id FROM notice WHERE kind NOT LIKE '%.offered'))"),
    Copied("trail", "GW", "t.subject_id ~ '[0-9a-f]{8}-[0-9a-f]{4}-' AND t.subject IN ('assignment', 'task', 'ticket', 'appeal', 'audit', 'answer')"),
    # --- and what it earned
    Copied("entry", "GW", sets={"xact": "pg_current_xact_id()"}),
    Copied("posting", "GW"),
    Copied("statement", "GW", sets={"tax_basis": NUMBER}),
    Copied("deduction", "GW"),
    Copied("deduction_part", "GW"),
    Copied("due", "GW"),
    Copied("payout_line", "GW", sets={"number": "t.number + c.g * 100"}),
    Copied("payout_left", "GW"),
    Copied("bank_line", "GW", sets={"number": "t.number + c.g * 1000", "reference": f"t.reference || {LABEL}"}),
)  # fmt: skip

WEEKLY = ("period", "week", "week_result", "week_look", "midweek")
"""Tables of weeks: moved by whole weeks; everything else also within its week."""
OLDER = (
    "account", "project", "workflow", "rate_list", "tariff", "instruction", "article", "article_version", "contract_offer", "contract_answer",
    "contract", "qualification", "pay_terms", "agreed_terms", "payment_details", "payee_identity", "pay_policy", "pay_policy_approval",
    "pay_rule", "tax_table", "payer", "admission_document", "criteria", "criteria_draft", "norm_policy", "exam", "course", "exam_question",
)  # fmt: skip
"""Tables of what was agreed or published when the house was founded."""
NUMBERED = {
    ("step", "id"): "+ c.p * 1000",
    ("*", "step_id"): "+ c.p * 1000",
    ("ledger_account", "id"): "LEDGER",
    ("posting", "account_id"): "LEDGER",
    ("period_sum", "account_id"): "LEDGER",
    ("entry", "id"): "+ c.place * 1000000",
    ("posting", "entry_id"): "+ c.place * 1000000",
    ("entry", "resolves"): "+ c.place * 1000000",
    ("entry", "reverses"): "+ c.place * 1000000",
    ("slot", "id"): "+ c.place * 1000000",
    ("assignment", "slot_id"): "+ c.place * 1000000",
}
"""Ids that are numbers. The ledger's accounts are of people, of projects, or of the house."""
ANY_ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

SCRATCH = """
CREATE UNLOGGED TABLE bench_person AS SELECT id FROM account WHERE roles && '{freelancer,applicant}';
CREATE UNLOGGED TABLE bench_now AS
    SELECT id FROM ticket WHERE state = 'open'
    UNION ALL SELECT t.id FROM task t JOIN ticket k ON k.id = t.ticket_id WHERE k.state = 'open'
    UNION ALL SELECT a.id FROM assignment a JOIN task t ON t.id = a.task_id JOIN ticket k ON k.id = t.ticket_id WHERE k.state = 'open'
    UNION ALL SELECT id FROM assignment WHERE state IN ('held', 'submitted');
CREATE UNLOGGED TABLE bench_known (id uuid PRIMARY KEY, scope text NOT NULL);
CREATE UNLOGGED TABLE bench_ledger (id bigint PRIMARY KEY, scope text NOT NULL);
-- A new id for a copy: of those made in time order the time moves along, so that the order of ids stays the order of time.
CREATE FUNCTION bench_id(id uuid, label text, ms bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN label IS NULL OR id IS NULL THEN id
                WHEN substr(id::text, 15, 1) = '7'
                THEN (lpad(to_hex(('x' || left(id::text, 8) || substr(id::text, 10, 4))::bit(48)::bigint + ms), 12, '0')
                      || substr(id::text, 15, 4) || substr(id::text, 20, 4) || 'be0c' || label || substr(id::text, 33))::uuid
                ELSE (left(id::text, 24) || 'be0c' || label || substr(id::text, 33))::uuid END
$$;
"""

# g, w, p: null labels are the ones that are there already. `place`: older weeks have the smaller numbers.
COPIES = """
CREATE UNLOGGED TABLE bench_copy AS
WITH bounds AS (SELECT starts_at AS monday, (SELECT max(recorded_at) FROM entry) AS last FROM period
                WHERE id = (SELECT period_id FROM entry GROUP BY 1 ORDER BY count(*) DESC LIMIT 1)),
pairs AS (
    SELECT g, w, g % {sets} AS p, -w * interval '7 days' AS shift,
           CASE WHEN w = 0 THEN interval '0'
                ELSE (b.monday + interval '6 days 18 hours' - b.last) * ((g * 37 + w * 11) % 60) / 60.0 END AS within
    FROM generate_series(0, {groups} - 1) g, generate_series(0, {weeks} - 1) w, bounds b WHERE w = 0 OR (g + w) % {every} = 0)
SELECT g, w, p, shift, greatest(within, interval '0') AS within, shift + greatest(within, interval '0') AS delta,
       (extract(epoch FROM shift + greatest(within, interval '0')) * 1000)::bigint AS ms, (extract(epoch FROM shift) * 1000)::bigint AS week_ms,
       CASE WHEN g + w > 0 THEN lpad(to_hex(w * 256 + g), 4, '0') END AS label,
       CASE WHEN g > 0 THEN lpad(to_hex(g), 4, '0') END AS g_label,
       CASE WHEN w > 0 THEN lpad(to_hex(65280 - w), 4, '0') END AS w_label,
       CASE WHEN p > 0 THEN lpad(to_hex(65024 - p), 4, '0') END AS p_label,
       CASE WHEN g + w > 0 THEN row_number() OVER (ORDER BY g + w > 0 DESC, w DESC, g) ELSE 0 END AS place
FROM pairs"""
SELECTED = {
    "GW": "SELECT * FROM bench_copy WHERE label IS NOT NULL",
    "G": "SELECT * FROM bench_copy WHERE w = 0 AND g > 0",
    "W": "SELECT DISTINCT ON (w) * FROM bench_copy WHERE w > 0 ORDER BY w DESC, g",
    "P": "SELECT DISTINCT ON (p) * FROM bench_copy WHERE w = 0 AND p > 0 ORDER BY p, g",
}
LABELS = {"GW": ("c.label", "c.ms"), "G": ("c.g_label", "0"), "W": ("c.w_label", "c.week_ms"), "P": ("c.p_label", "0")}
MOVED = {"GW": "c.delta", "W": "c.shift"}

COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attidentity <> '' AS identity
FROM pg_attribute a WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum"""
INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
WHERE i.indrelid = ANY ($1::text[]::regclass[]) AND c.oid IS NULL ORDER BY 1"""
LARGE = (
    "ticket",
    "task",
    "assignment",
    "answer",
    "decision",
    "evidence",
    "entry",
    "posting",
    "notice",
    "trail",
    "appealable",
    "golden",
)

AFTER = (
    "TRUNCATE period_sum",
    """INSERT INTO period_sum (period_id, account_id, heading, amount, entries)
       SELECT e.period_id, l.id, heading(e.kind, e.rule_id), -sum(p.amount)::bigint, count(*)
       FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id WHERE l.kind = 'payable' GROUP BY 1, 2, 3""",
    "SELECT keep_sums(zone, 2000000000) FROM sums_kept",
    # Who holds a task holds it for as long as the measure takes.
    "UPDATE slot SET expires_at = now() + interval '1 day' WHERE assignment_id IS NOT NULL",
    """INSERT INTO balance (account_id, amount)
       SELECT p.account_id, -sum(p.amount)::bigint FROM posting p JOIN ledger_account l ON l.id = p.account_id WHERE l.kind = 'payable' GROUP BY 1
       ON CONFLICT (account_id) DO UPDATE SET amount = excluded.amount""",
    """UPDATE period p SET total = s.total, entries = s.entries
       FROM (SELECT e.period_id, count(*) AS entries, (SELECT sum(s.amount) FROM period_sum s WHERE s.period_id = e.period_id
                                                        AND s.heading NOT IN ('tax', 'out'))::bigint AS total FROM entry e GROUP BY 1) s
       WHERE s.period_id = p.id AND p.state = 'closed'""",
    """UPDATE payout_run r SET total = s.total, lines = s.lines
       FROM (SELECT run_id, sum(amount)::bigint AS total, count(*) AS lines FROM payout_line GROUP BY 1) s WHERE s.run_id = r.id""",
    "SELECT setval(pg_get_serial_sequence('entry', 'id'), (SELECT max(id) FROM entry))",
    "SELECT setval(pg_get_serial_sequence('slot', 'id'), (SELECT max(id) FROM slot))",
    "SELECT setval(pg_get_serial_sequence('step', 'id'), (SELECT max(id) FROM step))",
    "SELECT setval(pg_get_serial_sequence('ledger_account', 'id'), (SELECT max(id) FROM ledger_account))",
    # The demonstration shows the weeks of three people; of everybody else each week was as Mila's was, who met her norm.
    """WITH model AS (SELECT r.*, k.zone, k.ends_at FROM week_result r JOIN week k USING (freelancer_id, starts_at)
                     WHERE r.result = 'met' AND r.revision = 1 ORDER BY r.starts_at DESC LIMIT 1),
       made AS (INSERT INTO week (freelancer_id, starts_at, ends_at, zone)
                SELECT a.id, m.starts_at - w * interval '7 days', m.ends_at - w * interval '7 days', m.zone
                FROM account a, model m, generate_series(0, 51) w WHERE '{freelancer}' && a.roles ON CONFLICT DO NOTHING
                RETURNING freelancer_id, starts_at)
       INSERT INTO week_result (freelancer_id, starts_at, revision, result, basis, norm, leave, outages, gaps, effective, done, handed_out,
                                take_up, second_chance, policy, facts, lines, as_of, closed_at)
       SELECT d.freelancer_id, d.starts_at, 1, m.result, m.basis, m.norm, m.leave, m.outages, m.gaps, m.effective, m.done, m.handed_out, m.take_up,
              m.second_chance, m.policy, m.facts, m.lines, m.as_of - (m.starts_at - d.starts_at), m.closed_at - (m.starts_at - d.starts_at)
       FROM made d, model m ON CONFLICT DO NOTHING""",
    """INSERT INTO pulse SELECT generate_series(date_trunc('hour', now()) - interval '120 days', now() - interval '1 minute', interval '1 minute')
       ON CONFLICT DO NOTHING""",
    """INSERT INTO supply (step_id, line, language, minute, open, claimed, median_ms)
       SELECT q.step_id, 1, 'ru', b.minute, 3, 2, 50000 FROM pulse b, queue q
       WHERE (extract(epoch FROM b.minute)::bigint / 60 + q.step_id) % 20 < 4 ORDER BY b.minute, q.step_id ON CONFLICT DO NOTHING""",
)  # fmt: skip


async def multiply(connection: asyncpg.Connection, *, groups: int, weeks: int, every: int) -> None:
    """Make of the small world the firm's year, as the owner of the database: every group worked in each `every`-th of the weeks."""
    for setting in (
        "session_replication_role = replica",
        "synchronous_commit = off",
        "work_mem = '256MB'",
        "maintenance_work_mem = '512MB'",
    ):
        await connection.execute(f"SET {setting}")
    await connection.execute(SCRATCH)
    for table in OLDER:
        await _older(connection, table)
    await connection.execute(COPIES.format(sets=SETS, groups=groups, weeks=weeks, every=every))
    await _know(connection)
    copied = [one for one in COPIED if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {one.table})")]
    statements = [await _statement(connection, one) for one in copied]
    indexes = await connection.fetch(INDEXES, list(LARGE))
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    for statement in statements:
        await connection.execute(statement)
    for index in indexes:
        await connection.execute(index["made"])
    for statement in AFTER:
        await connection.execute(statement)
    for scratch in await connection.fetch("SELECT relname FROM pg_class WHERE relname LIKE 'bench\\_%' AND relkind = 'r'"):
        await connection.execute(f"DROP TABLE {scratch['relname']}")
    await connection.execute("RESET ALL")


async def _older(connection: asyncpg.Connection, table: str) -> None:
    columns = await connection.fetch(COLUMNS, table)
    moved = [row["name"] for row in columns if row["type"] == "timestamp with time zone"]
    if moved:
        await connection.execute(f"UPDATE {table} SET " + ", ".join(f"{name} = {name} - {MONTHS_BEFORE}" for name in moved))


async def _know(connection: asyncpg.Connection) -> None:
    """With what each id is copied: by the keys of the tables that are."""
    for one in COPIED:
        columns = {row["name"]: row["type"] for row in await connection.fetch(COLUMNS, one.table)}
        if columns.get("id") == "uuid":
            where = one.where.replace("c.w = 0 OR ", "true OR ").replace("c.w = 0", "true")
            await connection.execute(
                f"INSERT INTO bench_known SELECT t.id, $1 FROM {one.table} t WHERE {where} ON CONFLICT DO NOTHING", one.scope
            )
        if one.table == "ledger_account":
            await connection.execute(
                f"INSERT INTO bench_ledger SELECT t.id, $1 FROM ledger_account t WHERE {one.where}", one.scope
            )
    await connection.execute("ANALYZE bench_known")


async def _statement(connection: asyncpg.Connection, one: Copied) -> str:
    """The statement that copies these rows. They are put aside first, with what each of their ids is."""
    texts: set[str] = set()
    columns = await connection.fetch(COLUMNS, one.table)
    aside = []
    for row in columns:
        name, kind = row["name"], row["type"]
        if kind == "uuid":
            aside.append(f"(SELECT k.scope FROM bench_known k WHERE k.id = t.{name}) AS s_{name}")
        elif kind == "text" and name not in ("text", "body", "explanation", "words", "sha256"):
            found = await connection.fetchval(
                f"SELECT EXISTS (SELECT FROM {one.table} t JOIN bench_known k ON k.id = substring(t.{name} FROM '{ANY_ID}')::uuid)"
            )
            if found:
                aside.append(
                    f"(SELECT k.scope FROM bench_known k WHERE k.id = substring(t.{name} FROM '{ANY_ID}')::uuid) AS s_{name}"
                )
                aside.append(f"substring(t.{name} FROM '{ANY_ID}')::uuid AS u_{name}")
                texts.add(name)
        elif NUMBERED.get((one.table, name)) == "LEDGER":
            aside.append(f"(SELECT k.scope FROM bench_ledger k WHERE k.id = t.{name}) AS s_{name}")
    scratch = f"bench_{one.table}_{one.scope.lower()}"
    where = one.where if "c." not in one.where else "true"
    await connection.execute(
        f"CREATE UNLOGGED TABLE {scratch} AS SELECT {', '.join(['t.*', *aside])} FROM {one.table} t WHERE {where}"
    )
    await connection.execute(f"ANALYZE {scratch}")
    given: dict[str, str] = {}
    for row in columns:
        name = row["name"]
        made = one.sets.get(name) or await _made(connection, one, scratch, row, name in texts)
        if made is not None:
            given[name] = made
    joined = f"FROM ({SELECTED[one.scope]}) c CROSS JOIN {scratch} t" + (f" WHERE {one.where}" if "c." in one.where else "")
    order = (" ORDER BY c.place" if one.scope == "GW" else "") + (" ON CONFLICT DO NOTHING" if one.table in WEEKLY else "")
    names, values = ", ".join(given), ", ".join(given.values())
    return f"INSERT INTO {one.table} ({names}) OVERRIDING SYSTEM VALUE SELECT {values} {joined}{order}"


async def _made(connection: asyncpg.Connection, one: Copied, scratch: str, column: asyncpg.Record, text: bool) -> str | None:
    """What a column of a copy holds; None: what the database gives."""
    name, kind = column["name"], column["type"]
    number = NUMBERED.get((one.table, name)) or (NUMBERED.get(("*", name)) if kind == "bigint" else None)
    made: str | None = f"t.{name}"
    if number == "LEDGER":
        made = f"t.{name} + CASE t.s_{name} WHEN 'G' THEN c.g * 100000 WHEN 'P' THEN c.p * 100000 + 50000 ELSE 0 END"
    elif number:
        made = f"t.{name} {number}"
    elif column["identity"]:
        made = None
    elif kind == "timestamp with time zone" and one.scope in MOVED:
        made = f"t.{name} + {'c.shift' if one.table in WEEKLY else MOVED[one.scope]}"
    elif kind == "date" and one.scope in MOVED:
        made = f"t.{name} - c.w * 7"
    elif kind == "uuid":
        made = await _id(connection, scratch, name, f"t.{name}")
    elif kind == "uuid[]":
        label = LABELS["G" if one.scope == "G" or name in ("people", "involved") else "GW"]
        made = f"(SELECT coalesce(array_agg(bench_id(x, {', '.join(label)}) ORDER BY o), '{{}}') FROM unnest(t.{name}) WITH ORDINALITY u (x, o))"
    elif text:
        new = await _id(connection, scratch, name, f"t.u_{name}")
        made = f"CASE WHEN t.s_{name} IS NULL THEN t.{name} ELSE replace(t.{name}, t.u_{name}::text, ({new})::text) END"
        made += f" || {LABEL}" if name == "business_key" else ""
    return made


async def _id(connection: asyncpg.Connection, scratch: str, name: str, value: str) -> str:
    """The expression of a copy's id, by what its ids are ids of."""
    scopes = [
        row["s"] for row in await connection.fetch(f"SELECT DISTINCT s_{name} AS s FROM {scratch} WHERE s_{name} IS NOT NULL")
    ]
    mixed = await connection.fetchval(f"SELECT EXISTS (SELECT FROM {scratch} WHERE s_{name} IS NULL)")
    if not scopes:
        return value
    made = {scope: f"bench_id({value}, {', '.join(LABELS[scope])})" for scope in scopes}
    if len(scopes) == 1 and not mixed:
        return made[scopes[0]]
    return (
        f"CASE t.s_{name} "
        + " ".join(f"WHEN '{scope}' THEN {expression}" for scope, expression in made.items())
        + f" ELSE {value} END"
    )
