"""The command line. Importing it imports no command: each comes with what it needs when it runs."""
