"""`python -m fapproc` is `fapproc`."""

from fapproc.program import main

if __name__ == "__main__":
    main()
