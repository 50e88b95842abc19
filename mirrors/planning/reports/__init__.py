"""Status, preview and the text of logs."""
