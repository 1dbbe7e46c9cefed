"""Tax regimes as dated tables, withholding, remittance."""
