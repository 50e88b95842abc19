"""What the project is measured beside: see ``tools.bench.contenders``."""
