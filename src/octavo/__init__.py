"""Octavo: representation learning, one readable module a method."""
