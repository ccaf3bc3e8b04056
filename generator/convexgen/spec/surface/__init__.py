"""The keys of a spec, their types and their meaning.

What a value says beyond its shape (that a type exists, that a name is legal) is decided later,
where the whole spec is known.
"""
