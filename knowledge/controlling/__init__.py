"""The documents under control: what they state for each control, how old it is, what changed."""
