"""The benchmark: how fast one worker is, against the bare client below it and against stock Faust, on one machine."""
