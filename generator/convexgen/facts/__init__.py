"""Facts of what is generated: names, types and flags, which templates loop over and ask.

No line of code: that is in the templates. Text of a spec stays `str` here, and meets a filter
where it is printed.
"""
