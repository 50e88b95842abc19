"""The guard's verdict on public Django packages, held against what old code does on the new schema."""
