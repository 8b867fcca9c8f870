"""
From the files in ``catalog/`` to a :class:`~crashkit.catalogue.Catalogue`, or to one readable list of mistakes.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from crashkit.catalogue import Catalogue, Expect, PodEnd, Scenario, ServiceFile
from crashkit.service import Service, Services

SERVICES_FILE = "services.yaml"

Model = TypeVar("Model", bound=BaseModel)


class CatalogueError(Exception):
    """The catalogue cannot be used; the message lists every mistake with its file and place."""


def load_catalogue(folder: Path) -> Catalogue:
    """
    Read and check the whole catalogue.

    Args:
        folder: the folder with ``services.yaml`` and one file a service.

    Returns:
        The catalogue.

    Raises:
        CatalogueError: a file is missing, is not YAML, or breaks a rule.
    """
    if not (folder / SERVICES_FILE).is_file():
        raise CatalogueError(f"{folder / SERVICES_FILE} is missing; CATALOG_DIR must name the folder of the catalogue")
    services = _read(folder / SERVICES_FILE, Services).services
    mistakes = _twice(services)
    names = {service.name for service in services}
    scenarios: dict[str, dict[str, Scenario]] = {}
    for file in sorted(folder.glob("*.yaml")):
        if file.name == SERVICES_FILE:
            continue
        try:
            read = _read(file, ServiceFile)
        except CatalogueError as error:
            mistakes.append(str(error))
            continue
        if read.service != file.stem:
            mistakes.append(
                f"{file.name}: service is {read.service!r}, but the file is named {file.stem!r}; make them one"
            )
        if read.service not in names:
            mistakes.append(
                f"{file.name}: service {read.service!r} is not in {SERVICES_FILE}, which has {sorted(names)}"
            )
        mistakes += _shared_paths(file.name, read)
        mistakes += _off_the_surface(file.name, read, services)
        mistakes += _out_of_place(file.name, read, services)
        scenarios[read.service] = read.scenarios
    if mistakes:
        raise CatalogueError("\n".join(mistakes))
    return Catalogue(services=services, scenarios=scenarios)


def _read(file: Path, model: type[Model]) -> Model:
    try:
        content: Any = yaml.load(file.read_text(encoding="utf-8"), Loader=_NoDuplicates)  # Any: YAML holds anything  # noqa: S506
        return model.model_validate(content)
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{file.name}: not UTF-8: {error.reason} at byte {error.start}") from None
    except yaml.YAMLError as error:
        raise CatalogueError(f"{file.name}: not YAML: {error}") from None
    except ValidationError as error:
        raise CatalogueError("\n".join(_lines(file, error))) from None


def _lines(file: Path, error: ValidationError) -> list[str]:
    lines = []
    for mistake in error.errors():
        place = ".".join(str(part) for part in mistake["loc"]) or "the file"
        found = "" if mistake["type"] == "missing" else f"; found {str(mistake['input'])[:80]!r}"
        lines.append(f"{file.name}: {place}: {mistake['msg']}{found}")
    return lines


def _twice(services: tuple[Any, ...]) -> list[str]:
    mistakes = []
    for field in ("name", "prefix", "port", "project_id"):
        counts = Counter(value for service in services if (value := getattr(service, field)) is not None)
        mistakes += [
            f"{SERVICES_FILE}: {field} {value!r} is given {count} times; each service has its own"
            for value, count in counts.items()
            if count > 1
        ]
    return mistakes


def _shared_paths(file_name: str, read: ServiceFile) -> list[str]:
    seen: dict[str, str] = {}
    mistakes = []
    for name, scenario in read.scenarios.items():
        other = seen.setdefault(scenario.path, name)
        if other != name:
            mistakes.append(
                f"{file_name}: {name} and {other} share the path {scenario.path}; each scenario has its own"
            )
    return mistakes


def _off_the_surface(file_name: str, read: ServiceFile, services: tuple[Service, ...]) -> list[str]:
    root = next((service.debug_root for service in services if service.name == read.service), "")
    return [
        f"{file_name}: {name} has the path {scenario.path}; those of {read.service} begin with {root}/"
        for name, scenario in read.scenarios.items()
        if not scenario.path.startswith(f"{root}/")
    ]


def _out_of_place(file_name: str, read: ServiceFile, services: tuple[Service, ...]) -> list[str]:
    place = next((service.runs_in for service in services if service.name == read.service), None)
    check = {"cluster": _not_of_the_cluster, "page": _not_of_the_page}.get(place or "")
    if check is None:
        return []
    return [f"{file_name}: {where}: {said}" for where, expect in _expectations(read) for said in check(expect)]


def _expectations(read: ServiceFile) -> Iterator[tuple[str, Expect]]:
    for name, scenario in read.scenarios.items():
        if scenario.expect is not None:
            yield f"scenarios.{name}.expect", scenario.expect
        for case_name, case in scenario.cases.items():
            yield f"scenarios.{name}.cases.{case_name}.expect", case.expect


def _not_of_the_cluster(expect: Expect) -> list[str]:
    return ["status is missing; say the HTTP status that a firing answers"] if expect.status is None else []


def _not_of_the_page(expect: Expect) -> list[str]:
    said = []
    if expect.status is not None:
        said.append(f"status is {expect.status}, but a fault of the page is no request; leave it out")
    if expect.pod.ends is not PodEnd.NONE:
        said.append(f"pod.ends is {expect.pod.ends.value}, but the page runs in no pod; leave it out")
    if any("runtime" in event.contexts for event in expect.events):
        said.append("an event has the context runtime, which the page has not; give it contexts, [] where it has none")
    return said


class _NoDuplicates(yaml.SafeLoader):
    """YAML in which a key given twice is a mistake, not a silent overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # Any: as PyYAML
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} cannot be a key", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)
