"""``python -m app`` is ``selfserve``: children are started with the interpreter that runs their parent."""

from app.cli import main

if __name__ == "__main__":
    main(prog_name="selfserve")
