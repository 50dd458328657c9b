"""Gap interviews: a conversation whose verdicts are set by rules.

`conversation` is the pure core; `understanding` turns a reply into claims; `judging` sets verdicts.
"""
