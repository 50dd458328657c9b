"""Pages that people read, one module for each part of the menu."""
