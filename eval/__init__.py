"""Measurements of Annexa against data with known answers: `python -m eval`."""
