"""Looks through a page of ours for anything that could act, or fetch from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser

_ACTIVE = frozenset(
    "iframe object embed applet base frame frameset portal svg math video audio source track style "
    "template slot canvas area map picture image".split()
)
_ADDRESSES = frozenset(
    "href src action formaction poster background cite data srcset ping xlink:href manifest "
    "longdesc usemap".split()
)


class _Looking(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name.casefold(): value or "" for name, value in attrs}
        if tag in _ACTIVE:
            self.found.append(f"<{tag}>")
        if tag == "script" and given != {"type": "module", "src": "/static/annexa.js"}:
            self.found.append("<script>")
        if tag == "img" and not given.get("src", "").startswith("/static/"):
            self.found.append("<img>")
        refreshes = tag == "meta" and given.get("http-equiv", "").casefold() == "refresh"
        if refreshes and not given.get("content", "").isdigit():
            self.found.append("meta refresh")
        for name, value in given.items():
            if name.startswith("on") or name in {"style", "srcdoc", "is", "nonce"}:
                self.found.append(f"{tag} {name}={value}")
            if name in _ADDRESSES and not _ours(value):
                self.found.append(f"{tag} {name}={value}")


def _ours(address: str) -> bool:
    plain = "".join(one for one in address if one > " ")
    return plain == "" or (plain[0] in "/#?" and not plain.startswith(("//", "/\\")))


def harm_in(page: str) -> list[str]:
    """Give what is wrong with a page or a fragment; nothing: it is harmless."""
    looking = _Looking()
    looking.feed(page)
    looking.close()
    return looking.found


def harm_in_tree(tree: list[object]) -> list[str]:
    """Give what is wrong with a tree of nodes."""
    looking = _Looking()

    def visit(nodes: list[object]) -> None:
        for node in nodes:
            if isinstance(node, list):
                tag, attributes, children = node
                looking.handle_starttag(tag, list(attributes.items()))
                visit(children)

    visit(tree)
    return looking.found
