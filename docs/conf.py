"""How Sphinx makes the site; ``docs/build.py`` calls it on a folder that it has filled."""

from pathlib import Path

import ziamath

import n2uq_viz

project = "n2uq_viz"
author = "The n2uq_viz team"
version = release = n2uq_viz.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "docs.mathml",
]
exclude_patterns = ["extra", "static"]
default_role = "py:obj"  # in docstrings, single backticks name things of the package

# The notebooks come executed, with HTML in place of widgets: nothing is loaded to show them.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
nb_merge_streams = True
nb_render_markdown_format = "myst"
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"

autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
# Written as in the code, not as what they stand for.
autodoc_type_aliases = {name: name for name in ("ArrayLike", "NDArray")}
napoleon_google_docstring = False
# Lists of parameters and attributes, since a field of Sphinx takes words of its text for names.
napoleon_use_param = False
napoleon_custom_sections = [("Attributes", "params_style")]
# A name that stands in two modules is described in both; a link may lead to either.
suppress_warnings = ["ref.python"]
viewcode_line_numbers = False

html_theme = "furo"
html_title = "n2uq_viz"
# The font with the large brackets and sums comes from a package, like everything else.
html_static_path = ["static", str(Path(ziamath.__file__).parent / "fonts")]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_extra_path = ["extra"]
html_copy_source = False
html_show_copyright = False
# The search would ask for every page it finds, which a browser refuses on pages from a disk.
html_show_search_summary = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
