# SPDX-License-Identifier: MIT
"""Members of a JSON report as the very bytes the program wrote."""

import re

_MEMBER = re.compile(r'^  "([a-z_]+)": ', re.MULTILINE)


def members(text):
    """Name to bytes of each member of a document that is indented by two."""
    found = list(_MEMBER.finditer(text))
    ends = [match.start() for match in found[1:]] + [text.rindex("\n}\n")]
    return {match.group(1): text[match.end():end].rstrip().removesuffix(",")
            for match, end in zip(found, ends)}
