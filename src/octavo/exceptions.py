"""Everything that can go wrong on purpose, in one tree.

OctavoError
├── ShapeError(ValueError)         an array has the wrong shape or type
├── NotFittedError(ValueError)     used before fit
├── SavedFileError(ValueError)     a saved folder is of another version, truncated or tampered with
├── MissingWeightsError            an encoder's weights are not on this machine
├── MissingPackageError            a package that is not installed is needed for this
└── EncoderError                   another's encoder does not answer, or not with vectors
"""

from __future__ import annotations


class OctavoError(Exception):
    """The root: its message says what was got and what to do."""


class ShapeError(OctavoError, ValueError):
    """An array has a shape or type that cannot be used; the message names the argument."""


class NotFittedError(OctavoError, ValueError):
    """Something was used before it was fitted."""


class SavedFileError(OctavoError, ValueError):
    """A saved folder cannot be loaded: another version, truncated, or tampered with."""


class MissingWeightsError(OctavoError):
    """An encoder's weights are not on this machine; the message says how to get them."""


class MissingPackageError(OctavoError):
    """A package that Octavo does not install by itself is needed; the message says which."""


class EncoderError(OctavoError):
    """An encoder that is not ours does not answer, or with something else than vectors."""
