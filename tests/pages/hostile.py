"""Hostile text in the place of everything that people wrote, whichever table keeps it."""

import asyncpg

from tests.pages.everywhere import UNSEEN

WORD = "д" * 60
PLANT = f"</textarea></script><img src=x onerror=window.hit=1><b id=planted>\"'{{{{7*7}}}}{UNSEEN}"
"""Ends what it may stand in, plants an element, runs something; then marks that cannot be seen."""
TEXTS = """
SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER' AND c.data_type IN ('text', 'jsonb')
ORDER BY 1, 2"""


async def poison(owner: asyncpg.Connection) -> list[str]:
    """Make every Russian text end in hostile text: in the filled world those are what people wrote. Returns the columns that took it."""
    await owner.execute("SET session_replication_role = replica")
    taken = []
    for row in await owner.fetch(TEXTS):
        table, column = f'"{row["table_name"]}"', f'"{row["column_name"]}"'
        for added in (f"{PLANT}{WORD}", PLANT):  # some columns take less: their checks are kept
            escaped = added.replace("\\", "\\\\").replace('"', '\\"')
            value = (
                f"regexp_replace({column}::text, '([а-яё][.!?]?)\"', '\\1' || $1 || '\"', 'gi')::jsonb"
                if row["data_type"] == "jsonb"
                else f"{column} || $1"
            )
            try:
                async with owner.transaction():
                    done = await owner.execute(
                        f"UPDATE {table} SET {column} = {value} WHERE {column}::text ~* '[а-яё]'",
                        escaped.replace("\\", "\\\\") if row["data_type"] == "jsonb" else added,
                    )
            except asyncpg.CheckViolationError:
                continue
            if not done.endswith(" 0"):
                taken.append(f"{row['table_name']}.{row['column_name']}")
            break
    await owner.execute("SET session_replication_role = origin")
    return taken
