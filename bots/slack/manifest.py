"""The Slack app as Slack wants it described: what it may do, what it hears, what it offers."""

from __future__ import annotations

from typing import Any

SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
)
"""What the bot token must allow, each for a reason that docs/slack.md gives."""
EVENTS = (
    "app_home_opened",
    "app_mention",
    "assistant_thread_started",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "subteam_members_changed",
    "subteam_updated",
    "user_change",
)

PROMPTS = (
    ("Report something", "I think something went wrong. What do I do first?"),
    ("Removable media", "May I put company files on a USB stick?"),
    ("AI tools", "May I put company data into an AI assistant?"),
)
"""Questions that the agent's view offers: (title, what is asked)."""


def manifest(address: str | None = None) -> dict[str, Any]:
    """Describe the app for Socket Mode, or for HTTP where Slack reaches it at `address`."""
    reached = {} if address is None else {"request_url": address}
    command = {
        "command": "/annexa",
        "description": "Ask what the policies say",
        "usage_hint": "how long are backups kept?",
        "should_escape": True,
        **({} if address is None else {"url": address}),
    }
    return {
        "display_information": {
            "name": "Annexa",
            "description": "Answers questions about your policies and cites what it says",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "agent_view": {
                "agent_description": "Ask about policies, the Statement of Applicability and "
                "ISO 27001",
                "suggested_prompts": [
                    {"title": title, "message": message} for title, message in PROMPTS
                ],
            },
            "bot_user": {"display_name": "Annexa", "always_online": True},
            "shortcuts": [
                {
                    "name": "Check against our policies",
                    "type": "message",
                    "callback_id": "check_message",
                    "description": "Look up what the policies say about a message",
                }
            ],
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS), **reached},
            "interactivity": {"is_enabled": True, **reached},
            "org_deploy_enabled": False,
            "socket_mode_enabled": address is None,
            "token_rotation_enabled": False,
        },
    }
