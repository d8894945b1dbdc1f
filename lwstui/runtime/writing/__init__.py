"""How each kind of intent is carried out, a module for each family."""
