"""The table of operations: the effect of each migration operation on code that does not know it yet.

Each case is a small app. A process with the old models and one with the new ones use one database. The old one creates
rows, the new one migrates and creates rows. Then the old one reads, inserts, updates and deletes. The tests compare the
outcome with the guard's decision about the operation.
"""
