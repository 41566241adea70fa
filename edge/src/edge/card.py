"""What `edge info` shows: what a pack says of itself."""

# A sentence each, shown first.
_SENTENCES = ("purpose", "limits", "license")


def table(description):
    """Return the card of a pack with this description: a line for each thing that it says."""
    sizes = [layer.get("units", layer.get("filters")) for layer in description["network"]["layers"]]
    rows = [
        # An older pack, or a foreign one, may have none of these.
        *((name, description[name]) for name in _SENTENCES if name in description),
        ("letters", description["letters"]),
        ("network", " - ".join(["28x28", *(str(size) for size in sizes if size)])),
        ("profile", description.get("profile")),
        *description["training"].items(),
        *([("language", description["language"])] if "language" in description else []),
        *((f"taught, {name}", value) for name, value in description.get("taught", {}).items()),
        *((f"accuracy, {name}", f"{share:.2%}") for name, share in description["accuracy"].items()),
        ("sha256", description["sha256"]),
    ]
    return "\n".join(f"{name:<24} {_listed(value)}" for name, value in rows)


def _listed(value):
    if isinstance(value, dict):
        value = [f"{name} {count}" for name, count in value.items()]
    return ", ".join(map(str, value)) if isinstance(value, list) else value
