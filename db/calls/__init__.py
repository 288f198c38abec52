"""The SQL functions of `db/sql` as Python calls them: a module for each file there, a class for each function.

A function is named in one module of this folder and nowhere else (tests/architecture/test_sql_source.py).
"""
