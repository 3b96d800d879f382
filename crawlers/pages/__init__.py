"""A page's bytes into text, title and date: encodings, markup, the page's own words, printed dates."""
