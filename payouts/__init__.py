"""What it is worth: ledger, accruals, periods, payout reports."""
