"""`python -m broadsheet` is the command line."""

from broadsheet.cli import main

if __name__ == "__main__":  # and not when a server's other processes begin
    main()
