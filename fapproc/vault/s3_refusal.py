"""Why a server of object storage did not do what it was asked, for a person: texts in, texts out.

The library's own text is made for a log: the request, the time that it took, an answer in XML.
"""

import re

_STATUS = re.compile(r"status code: (\d{3}(?: [A-Za-z][A-Za-z ]*)?)")
_MESSAGE = re.compile(r"<Message>([^<]{1,300})")
_NO_BUCKET = "<Code>NoSuchBucket<"
_REFUSED = ("401", "403")
_TRY_AGAIN = "Look at the server, its address and your credentials, then try again."


def why(said: str) -> str:
    """What happened, and what helps.

    Args:
        said: the library's text of the error.
    """
    text = " ".join(said.partition("Debug source")[0].split())  # a server's words too, on one line
    status, message = _STATUS.search(text), _MESSAGE.search(text)
    words = f" ({message[1].strip().rstrip('.')})" if message else ""
    if _NO_BUCKET in text:
        return "the server has no such bucket. Make it with the server's own tool, then try again."
    if status and status[1][:3] in _REFUSED:
        return (
            f"the server refuses, {status[1]}{words}. Look at AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and AWS_REGION, and at what that key may do, then try again."
        )
    if status:
        return f"the server answers {status[1]}{words}. {_TRY_AGAIN}"
    if "error sending request" in text:
        return f"the server does not answer. {_TRY_AGAIN}"
    return f"{text[:300].rstrip('.')}. {_TRY_AGAIN}"
