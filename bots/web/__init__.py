"""The web door: pages that a person reads and a JSON API, over one `Advisor`. It decides nothing.

`create_app` puts it together; importing this package does nothing.
"""
