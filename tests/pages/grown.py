"""The same world with several times as much of everything but people: copies of rows that refer to copies of rows.

A page that asks once more for each thing in a list shows it then, whatever the list is of. The copies belong to the same people, so that
everybody's own lists grow as well.
"""

import asyncpg

KEPT = frozenset(
    [
        "account",
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
"""Tables that there is one of, or one row of for each person, and people themselves."""
EARLIER = "- nth * interval '400 weeks'"
OWN_KEYS = {
    "admission_document": {"version": "version + nth * 1000"},
    "api_token": {"hash": "sha256(hash || nth::text::bytea)"},
    "bank_statement": {"content": "content || nth::text::bytea", "sha256": "sha256(content || nth::text::bytea)"},
    "entry": {"business_key": "business_key || '-' || nth"},
    "exam_question": {"fingerprint": "sha256(fingerprint || nth::text::bytea)"},
    "midweek": {"starts_at": f"starts_at {EARLIER}"},
    "milestone": {"source": "source || '-' || nth"},
    "notice": {"key": "key || '-' || nth"},
    "payout_run": {"number": "number + nth * 1000"},
    "period": {"name": "name || '-' || nth", "starts_at": f"starts_at {EARLIER}", "ends_at": f"ends_at {EARLIER}"},
    "statement": {"tax_basis": "jsonb_set(tax_basis, '{year}', to_jsonb((tax_basis ->> 'year')::int - nth))"},
    "week": {"starts_at": f"starts_at {EARLIER}", "ends_at": f"ends_at {EARLIER}"},
    "week_look": {"starts_at": f"starts_at {EARLIER}"},
    "week_result": {"starts_at": f"starts_at {EARLIER}"},
}
"""What tells one row from another without any id in it, and what a copy has there."""
CODES = ("code", "qualification")
"""How columns end that name a thing by its code, where no foreign key says it."""
COLUMNS = """
SELECT c.relname AS relation, a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attidentity <> '' AS numbered,
       (SELECT f.confrelid::regclass::text FROM pg_constraint f
        WHERE f.contype = 'f' AND f.conrelid = c.oid AND f.conkey[1] = a.attnum AND cardinality(f.conkey) = 1 LIMIT 1) AS refers
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY 1, a.attnum"""
COPY_OF = """
CREATE FUNCTION pg_temp.copy_of(id uuid, nth int) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM public.account WHERE account.id = $1) THEN $1
                ELSE overlay($1::text PLACING lpad(to_hex(nth), 4, '0') FROM 33)::uuid END $$"""
"""Another id at the same place in time; a person's stays theirs."""


def copied(column: asyncpg.Record) -> str:
    """What the nth copy has in this column."""
    name, kind = f'"{column["name"]}"', column["type"]
    own = OWN_KEYS.get(column["relation"], {}).get(column["name"])
    if own is not None:
        return own
    refers = column["refers"] is not None and column["refers"] not in KEPT
    if kind == "uuid":
        return f"pg_temp.copy_of({name}, nth)"
    if kind == "uuid[]":
        return f"ARRAY(SELECT pg_temp.copy_of(one, nth) FROM unnest({name}) one)"
    if kind == "bigint" and (refers or column["numbered"]):
        return f"{name} + nth * 1000000"
    if kind == "text" and (refers or column["name"].endswith(CODES)):
        return f"{name} || '-' || nth"
    return name


async def grow(owner: asyncpg.Connection, copies: int) -> dict[str, float]:
    """Add so many copies of every row. Returns how many times as many rows each table has then."""
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(COPY_OF)
    tables: dict[str, list[asyncpg.Record]] = {}
    for column in await owner.fetch(COLUMNS):
        if column["relation"] not in KEPT:
            tables.setdefault(column["relation"], []).append(column)
    times = {}
    for table, columns in tables.items():
        names = ", ".join(f'"{one["name"]}"' for one in columns)
        values = ", ".join(map(copied, columns))
        before = await owner.fetchval(f'SELECT count(*) FROM "{table}"')
        added = await owner.execute(
            f'INSERT INTO "{table}" ({names}) OVERRIDING SYSTEM VALUE SELECT {values} FROM "{table}", generate_series(1, {copies}) nth '
            "ON CONFLICT DO NOTHING"
        )
        if before:
            times[table] = 1 + int(added.split()[-1]) / before
    await owner.execute("ANALYZE")
    await owner.execute("SET session_replication_role = origin")
    return times
