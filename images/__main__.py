"""python -m images: builds the container images, and lists their archives for the loader."""

import argparse
import os
import sys

from api.problem import Problem
from images.build import ensure_image, find_archive
from images.catalog import Image, find_images
from images.web import ensure_bundle


def main() -> int:
    """Run the command; a Problem is one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m images", description=__doc__)
    parser.add_argument(
        "--base",
        default=os.environ.get("VIRTPOD_BASE"),
        help="image to build on; without it a Debian base is made by mmdebstrap",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("build", "build and export what changed"),
        ("list", "print name and archive of each image that is built"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("names", nargs="*", metavar="NAME", help="all when none is given")
    commands.add_parser("web", help="build the browser's pages alone, into web/dist")
    options = parser.parse_args()
    try:
        if options.command == "web":
            print(ensure_bundle("standalone").parent)
            return 0
        images = find_images(options.names)
        if options.command == "build":
            for image in images:
                ensure_image(image, options.base)
        else:
            list_archives(images, options.base, strict=bool(options.names))
    except Problem as problem:
        print(f"images: {problem.message}", file=sys.stderr)
        return 1
    return 0


def list_archives(images: list[Image], base: str | None, *, strict: bool) -> None:
    """Print a line for each archive; one asked for by name has to be there."""
    for image in images:
        archive = find_archive(image, base)
        if archive.exists():
            print(image.reference, archive, sep="\t")
        elif strict:
            raise Problem(
                "ImageNotBuilt",
                f"{image.name} is not built from the present sources, "
                f"run python -m images build {image.name}",
                image=image.name,
            )


if __name__ == "__main__":
    sys.exit(main())
