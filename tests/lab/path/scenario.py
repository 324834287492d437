# SPDX-License-Identifier: MIT
"""A scenario: what is done to the path, what is asked, and what an honest answer may be."""

import contextlib
import dataclasses
import random

# Words of confidence, strongest first.
CERTAIN, LIKELY, POSSIBLE, CANNOT_TELL = "certain", "likely", "possible", "cannot_tell"
ANY = (CERTAIN, LIKELY, POSSIBLE, CANNOT_TELL)


@dataclasses.dataclass(frozen=True)
class Truth:
    """What is the matter with one endpoint, and which verdicts are right.

    accept holds (cause, words) pairs; (None, ...) is a pass, where words do not matter. The first
    member of accept need not be the cause itself: where a client cannot tell, the class is right.
    """

    cause: str = None
    accept: tuple = ((None, ANY),)
    status: tuple = ()  # any one of these; () = pass for no cause, else fail or inconclusive
    attributes: tuple = ()  # that have to be found
    may: tuple = ()  # that may be found
    by_chance: bool = False  # it meets some connections only: a pass was never broken

    def accepts(self, cause, confidence):
        if self.by_chance and cause is None:
            return True
        return any(cause == wanted and (cause is None or confidence in words)
                   for wanted, words in self.accept)


FINE = Truth()


def broken(cause, *words, also=(), **more):
    """A fault with this cause, right with any of these words; `also` are equals in its class."""
    return Truth(cause, ((cause, words), *also), **more)


def fine(**more):
    return Truth(**more)


# Silence that nothing tells apart: the class is right, a bold single cause is not.
SILENT = broken("silent_drop", CANNOT_TELL)
# The same address answers on another port: a filter by port is the likely explanation.
SILENT_PORT = broken("silent_drop", CANNOT_TELL, LIKELY)


@dataclasses.dataclass(frozen=True)
class End:
    """One thing to ask. Ends with the same key share an address."""

    key: str
    truth: Truth = FINE
    scheme: str = "https"
    port: int = 443
    path: str = "/"
    host: str = None  # a fixed name instead of a drawn one
    prefix: str = "203.0.113"
    families: str = "4"  # "4", "6" or "46"
    forbidden: bool = False  # must not be reached
    pinned: bool = True  # no name server is asked; False = those of the scenario's options

    def url(self, name):
        if self.scheme == "tcp":
            return f"tcp://{name}:{self.port}"
        standard = {"https": 443, "http": 80}[self.scheme] == self.port
        return f"{self.scheme}://{name}{'' if standard else f':{self.port}'}{self.path}"


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    description: str
    steps: tuple
    ends: tuple
    options: tuple = ()
    trust: str = "root"
    patient: bool = False  # the program's own time-outs instead of short ones
    may: tuple = ()  # attributes that any of the ends may have
    confined: tuple = ()  # what the kernel denies the program, see ../confined.py
    server: str = None  # the name server that ends without pins ask first

    @property
    def healthy(self):
        return all(end.truth.cause is None for end in self.ends)

    @contextlib.contextmanager
    def injected(self, lab, seed=0):
        """The lab with this scenario on it; perfect again afterwards."""
        draw = random.Random(f"{self.name}/{seed}")
        lab.seed = seed
        lab.places = places(self, draw)
        with contextlib.ExitStack() as stack:
            stack.callback(lab.forget)
            for step in self.steps:
                stack.callback(step.undo, lab)
                step.do(lab)
            yield

    def arguments(self, lab):
        """Options and targets of `vnetprobe check`, and the end that each target is."""
        options = ["--cacert", str(lab.trust(self.trust)), *map(lab.fill, self.options)]
        targets = {}
        for number, end in enumerate(self.ends):
            name = lab.places[f"n{number}"]
            pins = [lab.places[end.key]] if "4" in end.families else []
            if "6" in end.families:
                pins.append(f"[{lab.places[end.key + '6']}]")
            targets[end.url(name)] = end
            if end.forbidden:
                options += ["--must-not-reach", end.url(name)]
            if not end.pinned:
                continue
            options += ["--resolve", f"{name}:{end.port}:{','.join(pins)}"]
        if not self.patient:
            options += ["--connect-timeout", "1s", "--timeout", "3s"]
        wanted = [url for url, end in targets.items() if not end.forbidden]
        return [*options, *wanted], targets


def places(scenario, draw):
    """Addresses and names of the ends: drawn, so that nothing in them tells the scenario."""
    words = {}
    numbers = draw.sample(range(20, 250), len(scenario.ends))
    for number, end in enumerate(scenario.ends):
        words.setdefault(end.key, f"{end.prefix}.{numbers[number]}")
        words.setdefault(end.key + "6", f"fd00:203::{numbers[number]:x}")
        name = end.host or f"h{draw.randrange(16 ** 5):05x}.vnet.example"
        words[f"n{number}"] = name
        words.setdefault(end.key + "_host", name)
    return words
