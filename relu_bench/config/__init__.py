"""From YAML and `--set` to an experiment, and from it to a plan of specs."""
