"""
What a caller says it can read.
"""


def accepts(header: bytes | None, wanted: bytes) -> bool:
    """
    Say whether a header names something itself, not only by a wildcard.

    Args:
        header: ``Accept`` or ``Accept-Encoding``.
        wanted: a media type or a coding, in lower case.
    """
    for part in (header or b"").lower().split(b","):
        name, *parameters = (piece.strip() for piece in part.split(b";"))
        if name == wanted:
            return not any(_is_zero(parameter) for parameter in parameters)
    return False


def _is_zero(parameter: bytes) -> bool:
    name, _, value = parameter.partition(b"=")
    return name.strip() == b"q" and value.strip().rstrip(b"0") in {b"", b"0.", b"."}
