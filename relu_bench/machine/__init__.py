"""The machine and its processes: hardware, environment, versions, TensorFlow imported quietly."""
