"""Maps as one HTML file that a reader opens, without a network and without a server."""
