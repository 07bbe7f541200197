"""REFI-QDA projects in parts: the XML as values, words of sources as turns, selections as codings."""
