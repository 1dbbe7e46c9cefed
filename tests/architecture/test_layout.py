"""The layout that everything stands on: four folders, four links, short files, models that fit the schema, one direction."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tortoise import Tortoise, fields
from tortoise.models import Model

from piecework.platform import composition, db

ROOT = Path(__file__).parents[2]
PARTS = ("platform", "tasks", "quality", "payouts")
SOURCES = sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))
LONGEST_FILE = 500
LONGEST_FUNCTION = 70


def lengths(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{path.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1


class TestFolders:
    def test_no_package_shadows_the_standard_librarys_platform(self) -> None:
        assert not (ROOT / "platform" / "__init__.py").exists()
        assert not (ROOT / "src" / "piecework" / "__init__.py").exists()

    def test_the_standard_librarys_platform_is_found_from_the_root(self) -> None:
        program = "import platform, uuid; print(platform.python_version())"
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.startswith("3.")

    @pytest.mark.parametrize("part", PARTS)
    def test_each_part_is_linked_into_the_package(self, part: str) -> None:
        link = ROOT / "src" / "piecework" / part
        assert link.is_symlink()
        assert link.readlink() == Path(f"../../{part}")

    def test_the_package_holds_nothing_but_the_links(self) -> None:
        found = {path.name for path in (ROOT / "src" / "piecework").iterdir()} - {"__pycache__"}
        assert found == set(PARTS)

    def test_there_are_no_tests_in_the_parts(self) -> None:
        assert [
            path for path in SOURCES if path.name.startswith(("test_", "conftest")) or "tests" in path.parts[len(ROOT.parts) :]
        ] == []

    def test_every_subfolder_with_code_is_a_package(self) -> None:
        folders = {path.parent for path in SOURCES} - {ROOT / "platform"}
        assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


class TestLength:
    @pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
    def test_files_are_short_enough_to_read(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").count("\n")
        assert lines <= LONGEST_FILE

    def test_functions_fit_on_a_page(self) -> None:
        assert {name: n for path in SOURCES for name, n in lengths(path) if n > LONGEST_FUNCTION} == {}


KINDS: dict[str, set[type[fields.Field]]] = {  # type: ignore[type-arg]
    "uuid": {fields.UUIDField},
    "text": {fields.TextField, fields.CharField},
    "integer": {fields.IntField},
    "smallint": {fields.SmallIntField},
    "bigint": {fields.BigIntField},
    "real": {fields.FloatField},
    "double precision": {fields.FloatField},
    "boolean": {fields.BooleanField},
    "jsonb": {fields.JSONField},
    "bytea": {fields.BinaryField},
    "timestamp with time zone": {fields.DatetimeField},
}


def models() -> list[type[Model]]:
    """Every model of every part."""
    found: dict[str, type[Model]] = {}
    for part in composition.PARTS:
        for module in part.models:
            named = vars(importlib.import_module(module)).values()
            found |= {
                f"{module}.{one.__name__}": one
                for one in named
                if isinstance(one, type) and issubclass(one, Model) and one is not Model
            }
    return [found[name] for name in sorted(found)]


class TestModels:
    def test_there_are_models_of_every_part(self) -> None:
        assert {model.__module__.split(".")[1] for model in models()} == set(PARTS)

    @pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
    async def test_a_model_has_the_columns_of_its_table(self, database: db.Config, model: type[Model]) -> None:
        rows = await db.rows(
            """SELECT column_name, data_type, is_nullable = 'YES' AS nullable FROM information_schema.columns
               WHERE table_schema = 'public' AND table_name = $1""",
            model._meta.db_table,
        )
        columns = {row["column_name"]: row for row in rows}
        described = model._meta.fields_map
        assert set(described) == set(columns)
        assert {name: field.null for name, field in described.items()} == {name: row["nullable"] for name, row in columns.items()}
        wrong = {
            name: row["data_type"]
            for name, row in columns.items()
            if type(described[name]) not in KINDS.get(row["data_type"], {type(described[name])})
        }
        assert wrong == {}

    @pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
    async def test_its_primary_key_is_the_tables(self, database: db.Config, model: type[Model]) -> None:
        keys = await db.rows(
            """SELECT a.attname AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
               WHERE i.indrelid = $1::text::regclass AND i.indisprimary""",
            model._meta.db_table,
        )
        assert [row["name"] for row in keys] == [model._meta.pk_attr]
        assert Tortoise is not None


class TestDirection:
    def test_the_parts_import_each_other_in_one_direction_only(self) -> None:
        program = Path(sys.executable).parent / "lint-imports"
        done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "0 broken" in done.stdout
