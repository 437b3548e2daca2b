"""What stands in a config as `name(parameter=value)`: its text, its registry, the nearest name."""
