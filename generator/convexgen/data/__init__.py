"""The documents of an entity as files: JSON Lines, CSV and Parquet.

What is in a file is the JSON of the entity's model, of a generated package that is imported when it
is needed. It knows no deployment and no command line.
"""
