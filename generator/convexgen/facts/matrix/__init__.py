"""The facts of the matrix of access: who calls what with which documents, and what comes of it."""
