"""Sets of the native controller, and a stand-in for it: what `lwstui takeover` is rehearsed on."""
