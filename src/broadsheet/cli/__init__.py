from broadsheet.cli.root import app, main

__all__ = ["app", "main"]
