"""``python -m lwstui``."""

import sys

from lwstui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
