"""
Whether a caller has an answer already.
"""

from gateway.call import Call


def has_already(call: Call, etag: bytes) -> bool:
    """
    Compare the tags that a caller knows with that of the answer.

    Args:
        call: the request.
        etag: of the answer, with its quotes.
    """
    given = call.header(b"if-none-match")
    if given is None:
        return False
    known = [tag.strip().removeprefix(b"W/") for tag in given.split(b",")]
    return etag in known or known == [b"*"]
