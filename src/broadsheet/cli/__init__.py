import os

# Before anything loads NumPy: products as small as a search's are not worth sharing between threads, which
# burn the time of other readers while they wait for each other.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from broadsheet.cli.root import app, main  # noqa: E402

__all__ = ["app", "main"]
