"""Views into text: one template and one view for each file."""
