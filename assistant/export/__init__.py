"""Documents that leave the house: plans and registers as DOCX, XLSX, Markdown and JSON.

Every export has a manifest that names its files, their hashes, the content that was exported and the
sources that it quotes.
"""
