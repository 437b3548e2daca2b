"""From a plan to a store: which runs are to do, where they are trained, in which order."""
