"""`python -m broadsheet.cli`."""

from broadsheet.cli.root import main

main()
