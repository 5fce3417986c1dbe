"""What scripts send: objects of JSON, read and refused in one way."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import abort, request
from werkzeug.exceptions import BadRequest


def body() -> dict[str, Any]:
    """The object that was sent.

    Raises:
        BadRequest: it is none, or holds what is no text.
    """
    try:
        sent = request.get_json()
        json.dumps(sent, ensure_ascii=False).encode()  # halves of characters are only escaped so
    except RecursionError as problem:
        raise BadRequest("What was sent is nested too deeply.") from problem
    except UnicodeEncodeError as problem:
        raise BadRequest("What was sent holds half a character: send whole ones.") from problem
    if not isinstance(sent, dict):
        raise BadRequest("Send an object of JSON.")
    return sent


def version(of: str) -> str:
    """The version in If-Match of what a change is about, named `of`; without one it is refused."""
    found = next(iter(request.if_match.as_set()), None)
    if found is None:
        sentence = (
            f"What was sent doesn't say which version of the {of} it is about: send If-Match."
        )
        abort(HTTPStatus.PRECONDITION_REQUIRED, sentence)
    return found


def merging(sent: Mapping[str, Any]) -> bool:
    """Whether what is kept is to get the tags of what is skipped.

    Raises:
        BadRequest: it is neither true nor false.
    """
    found = sent.get("merge_tags", False)
    if not isinstance(found, bool):
        raise BadRequest('"merge_tags" is true or false.')
    return found


def words(sent: Mapping[str, Any], field: str) -> dict[str, str]:
    """An object of words; empty where the field is missing.

    Raises:
        BadRequest: it is no such object.
    """
    found = sent.get(field, {})
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise BadRequest(f'"{field}" is no object of words.')
    return found


def texts(sent: Mapping[str, Any], field: str) -> list[str]:
    """A list of texts; empty where the field is missing.

    Raises:
        BadRequest: it is no such list.
    """
    found = sent.get(field, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise BadRequest(f'"{field}" is no list of texts.')
    return found
