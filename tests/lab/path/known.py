# SPDX-License-Identifier: MIT
"""Scenarios that vnetprobe does not judge as it should, each with the reason.

A test that passes although its scenario stands here fails, so the table stays honest.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Known:
    reason: str
    sometimes: bool = False  # chance decides whether it fails


BUSY = ("On a busy machine the reset is read too late to be sooner than a round trip: "
        "connection_reset, cannot_tell.")

KNOWN = {
    "injector-hello": Known("The test of resets, which would hear the server beside the injector, "
                            "does not fit into the time that follow-up probes have."),
    "proxy-reset": Known("The proxy and the deciding name are both seen, but the verdict stays "
                         "connection_reset, cannot_tell; rarely the reset is read as a close, and "
                         "named.", sometimes=True),
    "pmtu-up": Known("A request that stalls after TLS is not followed up by a probe of another "
                     "segment size."),
    "ecmp-leg-dead": Known("Source ports that fail are taken for a used-up address translation "
                           "when the last port tried is among them; or the comparison of ports "
                           "does not end in time.", sometimes=True),
    "loss-40": Known("Chance lets the handshake with small segments finish, which looks like a "
                     "path MTU that is too small.", sometimes=True),
    "sni-reset": Known(BUSY, sometimes=True),
    "sni-reset-other-ttl": Known(BUSY, sometimes=True),
    "injector-equal-ttl": Known(BUSY, sometimes=True),
}
