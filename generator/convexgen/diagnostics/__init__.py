"""Problems found in a spec, as values, and the printers that show them."""
