"""The table of operations: what each operation of a migration does to code that does not know it yet.

Each case is a small app. A process with the old models and one with the new ones work on one database: the old one
makes rows, the new one migrates and makes rows, then the old one reads, inserts, updates and deletes. What happened is
compared with what the guard said of the operation beforehand.
"""
