"""Infrastructure as code for multi-site Django projects: one codebase, one original, many mirrors."""
