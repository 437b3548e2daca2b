"""Data sets of images: known by name, or four arrays in files of the user's own."""
