"""The catalogues of each kind of database: one module reads a table from one."""
