"""A report on how a platform's API behaves, for questions that its documentation leaves open."""
