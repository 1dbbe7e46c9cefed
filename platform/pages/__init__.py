"""The pages kit: views as data, forms, texts in two languages, charts, static files. Knows no domain.

A part's pages stand over the same handlers and use cases as its operations: a page decides what is shown and how, never what is right.
"""
