"""A statement as one page of HTML that stands by itself: no script, nothing from elsewhere, and it prints well."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from piecework.payouts.statements.content import content
from piecework.payouts.statements.page import StatementPage
from piecework.payouts.statements.words import Language

_templates = Environment(
    loader=PackageLoader("piecework.payouts.statements", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def render_html(page: StatementPage, language: Language) -> bytes:
    """The page, UTF-8. Whatever names and words hold is shown as text. The same page gives the same bytes."""
    return _templates.get_template("statement.html").render(c=content(page, language)).encode()
