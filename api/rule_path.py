"""What a path in a manifest may look like: below the root, and never a step upwards."""


def path_is_clean(path: str | None) -> bool:
    """Say whether a path, if there is one, names something below / without any ``..``."""
    if path is None:
        return True
    steps = path.split("/")
    return ".." not in steps and any(step not in {"", "."} for step in steps)


def cel_clean_path(field: str) -> str:
    """Return ``path_is_clean`` in CEL, for a field of ``self``."""
    steps = f"self.{field}.split('/')"
    return f"!has(self.{field}) || !('..' in {steps}) && {steps}.exists(s, s != '' && s != '.')"
