"""
Reading what a caller sends: whatever does not fit is refused with the field, what was found, and what is taken.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from crashkit.problem import Problem
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

JSON = "application/json"
FOUND_CHARACTERS = 80
MOST_MISTAKES = 5

# Far enough from the ends of the calendar that no arithmetic leaves it.
Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))]
Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """What a caller sends: nothing is converted, nothing is left over, and no error's text holds a value."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class InvalidError(Exception):
    """
    What was sent does not fit.

    Args:
        fields: names of the fields, and of the rules that they break; no values.
        problem: the answer, which shows the caller the values.
    """

    def __init__(self, fields: list[dict[str, str]], problem: Problem) -> None:
        super().__init__("What was sent does not fit")
        self.fields = fields
        self.problem = problem


async def read_body(request: Request, most_bytes: int) -> bytes:
    """
    Read the body of a request that must be JSON.

    Args:
        request: whose body is read.
        most_bytes: the longest that is taken (bytes).

    Raises:
        Problem: 413 or 415.
    """
    found = request.headers.get("Content-Type", "")
    if found.partition(";")[0].strip().lower() != JSON:
        raise Problem(415, "content-type", f"Content-Type: found {found[:FOUND_CHARACTERS]!r}; send {JSON}")
    if (encoding := request.headers.get("Content-Encoding", "identity")) != "identity":
        detail = f"Content-Encoding: found {encoding[:FOUND_CHARACTERS]!r}; send the body as it is"
        raise Problem(415, "content-encoding", detail)
    return await read_bytes(request, most_bytes)


async def read_bytes(request: Request, most_bytes: int) -> bytes:
    """
    Read a body of any kind.

    Raises:
        Problem: 413.
    """
    said = request.headers.get("Content-Length", "")
    body = bytearray()
    if not said.isdigit() or int(said) <= most_bytes:
        async for block in request.stream():
            body += block
            if len(body) > most_bytes:
                break
    if len(body) > most_bytes or (said.isdigit() and int(said) > most_bytes):
        found = f"{said} bytes" if said else "more"
        raise Problem(413, "body", f"the body: found {found}; {most_bytes} bytes are taken at the most")
    return bytes(body)


def read_model(model: type[Model], body: bytes, fix: str) -> Model:
    """
    Make a model of a body.

    Args:
        model: what it must be.
        body: JSON.
        fix: what the caller should send.

    Raises:
        Problem: 400, the body is no JSON.
        InvalidError: the JSON does not fit.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        if mistakes[0]["type"] == "json_invalid":
            raise Problem(400, "malformed-json", f"the body: {mistakes[0]['msg']}; {fix}") from None
        raise invalid(mistakes, fix) from None


def invalid(mistakes: Iterable[Mapping[str, Any]], fix: str) -> InvalidError:  # Any: as pydantic types a mistake
    """
    Make the refusal of pydantic's mistakes.

    Args:
        mistakes: as ``errors()`` gives them.
        fix: what the caller should send.
    """
    fields, told = [], []
    for mistake in list(mistakes)[:MOST_MISTAKES]:
        place = [str(part) for part in mistake["loc"] if part not in {"body", "query"}]
        field = ".".join(place) or "the body"
        fields.append({"field": field[:FOUND_CHARACTERS], "rule": mistake["type"]})
        found = "nothing" if mistake["type"] == "missing" else repr(mistake["input"])[:FOUND_CHARACTERS]
        told.append(f"{field[:FOUND_CHARACTERS]}: {mistake['msg']}; found {found}")
    detail = "; ".join([*told, fix]).encode("ascii", "backslashreplace").decode()
    return InvalidError(fields, Problem(422, "invalid", detail))
