"""Figures: tables and frozen results in, plotly figure out; no state, no files."""
