"""The `annexa` command: its subcommands, and one clean line for whatever can go wrong.

Exit codes: 0 done, 1 done with failures listed, 2 usage, 3 configuration; 130 stopped by a person.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from bots.cli import (
    audit,
    audit_prep,
    chat,
    controlled,
    conversations,
    coverage,
    demo,
    doctor,
    documents,
    interview,
    people_questions,
    plan,
    questions,
    replay,
    serve,
    slack,
    soa,
    workspace,
)
from bots.cli.options import READS, VERSION, WORKS, Given, options

DONE, FAILED, USAGE, CONFIGURATION, STOPPED = 0, 1, 2, 3, 130


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Common options may stand before or after the command. "
    "Exit codes: 0 done, 1 done with failures listed, 2 usage, 3 configuration.",
)
@options(*WORKS, *READS, VERSION)
def annexa() -> None:
    """Annexa answers questions about your ISO 27001 documents and cites what it says.

    Start with `annexa demo`, or with `annexa index FOLDER` and `annexa ask QUESTION`.
    """


for command in (
    workspace.init,
    workspace.index,
    documents.review,
    questions.ask,
    chat.chat,
    questions.search,
    questions.show,
    documents.documents,
    controlled.compare,
    controlled.impact,
    coverage.coverage,
    soa.soa,
    plan.plan,
    audit_prep.audit_prep,
    interview.interview,
    conversations.conversations,
    conversations.feedback,
    people_questions.questions,
    slack.slack,
    replay.replay,
    audit.audit,
    workspace.status,
    doctor.doctor,
    serve.serve,
    demo.demo,
):
    annexa.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and give the exit code. Prints errors; raises none but SystemExit."""
    given: Given = {}
    for stream in (sys.stdout, sys.stderr):  # a letter that a terminal lacks must not end a run
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = annexa.main(list(arguments), prog_name="annexa", obj=given, standalone_mode=False)
    except click.Abort:
        _say("stopped.")
        return STOPPED
    except click.UsageError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        _say(error.message)
        return error.exit_code
    except Exception as error:  # noqa: BLE001  the last place where an error can become a sentence
        if given.get("debug"):
            import traceback

            traceback.print_exc()
        return _explain(error)
    return code if isinstance(code, int) else DONE


def _explain(error: Exception) -> int:
    """Say in one line what went wrong and what to do, and give the exit code."""
    if isinstance(error, ImportError):
        _say(f"a part of Annexa cannot be loaded ({error}). Run `annexa doctor`.")
        return CONFIGURATION
    if _is_about_the_setup(error):
        _say(str(error))
        return CONFIGURATION
    if isinstance(error, OSError):
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        _say(f"{what}. Nothing more was done.")
        return CONFIGURATION
    _say(
        f"something happened that Annexa did not foresee ({type(error).__name__}: {error}). "
        "Run the same command with --debug and report what it prints."
    )
    return FAILED


def _is_about_the_setup(error: Exception) -> bool:
    from assistant.llm import ModelProblem
    from assistant.settings import SettingsError
    from knowledge.embedding import ModelError
    from knowledge.errors import LibraryError

    return isinstance(error, SettingsError | LibraryError | ModelError | ModelProblem)


def _say(text: str) -> None:
    click.echo(f"annexa: {' '.join(text.split())}", err=True)
