"""Scorers: small, pure, and without any model. Each judges one thing and says what it found."""
