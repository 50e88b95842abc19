"""Reports for people: the status, the preview, and the quoted end of a log."""
