"""Activations of the user's own on a cluster: their files travel with the runs that need them."""

from pathlib import Path

from relu_bench.config.plan import Spec
from relu_bench.networks.activations import Source
from relu_bench.networks.activations.own import ActivationError, digest, read


def content_of(source: Source) -> bytes:
    """The file's bytes, as they were when the plan was made.

    Raises:
        ActivationError: when the file is gone or has changed since.
    """
    try:
        content = read(source.path)
    except OSError as error:
        raise ActivationError(f"{source.path} cannot be read: {error.strerror or error}") from None
    if digest(content) != source.sha256:
        raise ActivationError(
            f"{source.path} has changed since the command read it. The same command again takes "
            "it as it is."
        )
    return content


def placed(spec: Spec, content: bytes | None, folder: Path) -> Spec:
    """The same run, with the user's file lying in `folder` of this machine.

    The identity stays: it rests on the file's content, not on its place.
    """
    if spec.source is None or content is None:
        return spec
    path = folder / f"own-{spec.source.sha256}.py"
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)
    here = Source(spec.source.sha256, path, spec.source.given)
    return spec.model_copy(update={"source": here})
