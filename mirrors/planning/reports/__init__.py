"""Reports for people: the status, the preview, the progress of an update, past rollouts, and the end of a log."""
