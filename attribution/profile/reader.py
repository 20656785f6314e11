"""Reader: the inputs of a manifest, one by one, as they were when it was made."""

from __future__ import annotations

from attribution.errors import InvalidRequest
from attribution.profile import contents, data
from attribution.profile.intake import Contents, Example, Intake
from attribution.profile.manifest import Manifest


class Reader:
    """Reads inputs by their places. path : the data, as they were given."""

    def __init__(self, path: str, manifest: Manifest, intake: Intake) -> None:
        self.intake = intake
        self._manifest = manifest
        self._root = data.place(path)
        self._held: tuple[str, Contents] | None = None

    def read(self, place: int) -> Example:
        """An input without the batch axis.

        Raises one of `intake.UNREADABLE` : it cannot be read, or has changed.
        """
        path = self._manifest.path[place]
        if self._held is None or self._held[0] != path:
            self._held = None
            digest = self._manifest.digest[place]
            if not digest or not self._root.exists(path):
                raise InvalidRequest("There is no such file, or it cannot be read.")
            if data.digest(self._root, path) != digest:
                raise InvalidRequest("The file has changed since the run began.")
            self._held = path, contents.of(self._root, path, self.intake)
        return self._held[1].read(int(self._manifest.record[place]))
