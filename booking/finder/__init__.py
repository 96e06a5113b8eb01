"""The finder's pages: which places scan, how far they are, what is there. Nobody signs in."""
