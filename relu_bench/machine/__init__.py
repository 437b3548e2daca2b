"""The machine and its processes: hardware, environment, versions, TensorFlow imported quietly.

What starts and watches processes lies here, below the networks: `check` and `diagnose` run a user's
file in a process too, and must not reach training.
"""
