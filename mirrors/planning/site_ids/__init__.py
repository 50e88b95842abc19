"""Give each application its SITE_ID, and remember it in the ledger."""
