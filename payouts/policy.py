"""Who may do what with money: permission -> roles."""

PERMISSIONS: dict[str, frozenset[str]] = {
    "payouts.read": frozenset({"finance", "administrator"}),
    "payouts.close": frozenset({"finance"}),
    "payouts.pay": frozenset({"finance"}),
    "earnings.read": frozenset({"freelancer"}),
}
