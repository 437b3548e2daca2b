"""`relu-bench schema`: the JSON Schema of the config, for editors."""

import typer


def schema() -> None:
    """Print the JSON Schema of the config.

    Editors check and complete a config that starts with the line
    `# yaml-language-server: $schema=FILE`.
    """
    import json

    from relu_bench.config.schema import config_schema

    typer.echo(json.dumps(config_schema(), indent=2))
