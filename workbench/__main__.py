"""`python -m workbench` is the program `workbench`."""

from workbench.cli import main

main()
