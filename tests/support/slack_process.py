"""The Slack door in a process of its own, to be killed: WORKSPACE BASE_URL."""

from __future__ import annotations

import asyncio
import itertools
import sys
from datetime import timedelta
from pathlib import Path

from slack_bot import GROUPS
from small_house import advisor_of

from bots.slack.door import Door
from bots.slack.socket_mode import connect


async def main(workspace: Path, base_url: str) -> None:
    door = await Door.open(
        advisor_of(workspace),
        token="xoxb-1",  # noqa: S106
        base_url=base_url,
        groups=GROUPS,
        lease=timedelta(seconds=2),
        workers=3,
    )
    await door.start()
    await connect(door, "xapp-1")
    for _ in itertools.count():
        await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
