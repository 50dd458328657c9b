"""Planning: from an auditor's finding to a corrective action plan that can be sent.

The conversation is a pure core that knows no door; whatever it quotes comes from a reader's view.
"""
