"""REFI-QDA projects in parts: texts of sources, passages of codings, the XML, what is lost."""
