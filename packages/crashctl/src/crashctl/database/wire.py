"""
The question whether a database answers, asked over the wire with user and password.
"""

PING_MS = 2000


def ping(uri: str) -> bool:
    """
    Ask once.

    Args:
        uri: Where, with user and password.

    Returns:
        Whether it answered.
    """
    # Here and not above: the drill's image has this program and no driver.
    from pymongo import MongoClient  # noqa: PLC0415 - as said
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    client: MongoClient[dict[str, object]] = MongoClient(
        uri, serverSelectionTimeoutMS=PING_MS, connectTimeoutMS=PING_MS, socketTimeoutMS=PING_MS
    )
    try:
        # A ping alone needs no login; opening the connection does it, and a wrong password fails here.
        return bool(client.admin.command("ping")["ok"])
    except PyMongoError:
        return False
    finally:
        client.close()
