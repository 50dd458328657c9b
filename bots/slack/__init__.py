"""The Slack door: what people write there is put to the advisor, what it says is posted there.

It translates and decides nothing about answers. What it does decide is who will see one.
"""
