"""Kinds: how each kind of input looks, is described and controlled."""
