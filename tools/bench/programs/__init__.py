"""The programs that the bench measures beside the project: see ``tools.bench.contenders``."""
