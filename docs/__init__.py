"""The site: the course and the reference of the package as pages to read; ``make site`` builds it.

Sphinx with MyST-NB makes the pages, as ``conf.py`` says. What is here besides runs the notebooks
(``running``), shows what they show where no kernel is (``shown``), writes formulas as MathML
(``mathml``) and puts all of it together (``build``).
"""
