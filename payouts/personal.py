"""What payouts keep about people. The law of accounting (402-FZ, article 29) and the tax code (article 23) want it for five years."""

from piecework.platform.personal import Hindrance, NotPersonal, PersonalData

MONEY = "To pay you, and to show what for."
LAW = "all of it, for 5 years at least, as the laws of accounting and taxes want; it names the account's id alone."
TAX = "To withhold and report taxes as the law wants."
FIVE_YEARS = 1827
BOOKS = FIVE_YEARS + 366
"""Five years from the end of the year on: of files that name many people."""
OTHERS = "They name everybody who was paid with you; what is yours of them is in the other sections."


def _payee(table: str, title: str, purpose: str) -> PersonalData:
    """What the law wants for five years more of somebody whose account was erased, and nobody after that."""
    return PersonalData(
        table,
        title,
        purpose,
        kept="for 5 years from the erasure on, as the laws of accounting and taxes want. Then it is erased by itself.",
        days=FIVE_YEARS,
        expire=f"""SELECT erase_{table}(id, NULL) FROM account WHERE erased_at < clock_timestamp() - make_interval(days => $1)""",
        since_erasure=True,
    )


def _file(table: str, title: str, purpose: str) -> PersonalData:
    """What names many people, as it was sent and received: whole until the books of its year may go."""
    return PersonalData(
        table,
        title,
        purpose,
        whose="false",
        withheld=OTHERS,
        kept="as the laws of accounting and taxes want, until it is erased by its age.",
        days=BOOKS,
        expire=f"SELECT erase_{table}(NULL, clock_timestamp() - make_interval(days => $1))",
    )


PERSONAL = (
    PersonalData("entry", "What the ledger says of your money, in 1/10,000 of a unit: what we owe you more (+) or less (-)", MONEY,
                 rows="""SELECT l.owner, e.id, e.kind, e.effective_at, e.recorded_at, e.reason, e.assignment_id, l.kind AS account, l.currency,
                                -p.amount AS amount
                         FROM ledger_account l JOIN posting p ON p.account_id = l.id JOIN entry e ON e.id = p.entry_id""",
                 whose="t.owner = $1::uuid::text", hide=("owner",), kept=LAW),
    PersonalData("statement", "Your statements, in 1/10,000 of a unit", MONEY, kept=LAW),
    PersonalData("receipt", "Your receipts", TAX, kept=LAW),
    PersonalData("payout_line", "Payments to you, in 1/10,000 of a unit", MONEY, kept=f"{LAW} The tax number on it is erased after 5 years.",
                 days=FIVE_YEARS, since_erasure=True,
                 expire="SELECT erase_payout_line(id, NULL) FROM account WHERE erased_at < clock_timestamp() - make_interval(days => $1)"),
    PersonalData("payout_left", "Payouts that left you out, and why", MONEY, kept=LAW),
    PersonalData("due", "What was due to you, in 1/10,000 of a unit", MONEY, kept=LAW),
    PersonalData("deduction", "Deductions", MONEY, kept=LAW),
    PersonalData("award", "Bonuses", MONEY, kept=LAW),
    PersonalData("measure", "What bonuses are reckoned by", MONEY, kept=LAW),
    PersonalData("pay_terms", "How often you are paid, and how you are taxed", MONEY, kept=LAW),
    _payee("payment_details", "Where your money goes to", MONEY),
    _payee("payee_identity", "Who you are for the tax service", TAX),
    _payee("status_check", "Checks of your status as self-employed", TAX),
    _file("payout_file", "Orders to the bank", MONEY),
    _file("bank_statement", "What the bank sent us", MONEY),
    _file("bank_line", "Movements that the bank told us of", MONEY),
    NotPersonal("pay_rule", "It names who drafted and approved it, by id; what staff do is in the trail."),
    NotPersonal("report_export", "It names who asked for a report, by id; its file is kept for days."),
    NotPersonal("tariff", "It names who drafted and approved it, by id; what staff do is in the trail."),
)  # fmt: skip

HINDRANCES = (
    Hindrance(
        "money_owed",
        "There is money that is owed and not paid yet.",
        """SELECT FROM ledger_account l JOIN balance b ON b.account_id = l.id WHERE l.kind = 'payable' AND l.owner = $1::uuid::text AND b.amount <> 0
           UNION ALL SELECT FROM ledger_account l WHERE l.kind IN ('pending', 'held') AND l.owner = $1::uuid::text
               AND (SELECT sum(p.amount) FROM posting p WHERE p.account_id = l.id) <> 0
           UNION ALL SELECT FROM assignment a WHERE a.freelancer_id = $1 AND a.state = 'accepted' AND accepted_pay(a.price, a.share) > 0
               AND NOT EXISTS (SELECT FROM entry e WHERE e.assignment_id = a.id AND e.kind = 'accrue')""",
    ),
    Hindrance(
        "payout_under_way",
        "A payment is on its way.",
        """SELECT FROM payout_line WHERE freelancer_id = $1 AND state IN ('drafted', 'ordered')
           UNION ALL SELECT FROM ledger_account l WHERE l.kind = 'clearing' AND l.owner = $1::uuid::text
               AND (SELECT sum(p.amount) FROM posting p WHERE p.account_id = l.id) <> 0""",
    ),
    Hindrance(
        "deduction_open",
        "A deduction is not decided or not taken yet.",
        "SELECT FROM deduction WHERE freelancer_id = $1 AND state IN ('proposed', 'approved')",
    ),
)
