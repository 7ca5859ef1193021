"""What a user changes of the catalogue and adds to it, in a file and without code."""
