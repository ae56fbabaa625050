"""How large each file may grow. What would be larger is cut, and the manifest says so."""

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE

MANIFEST_FILE = "manifest.json"
MAPS_FILE = "maps.safetensors"
TOKENS_FILE = "tokens.parquet"
DIAGNOSTICS_FILE = "diagnostics.parquet"
SUMMARY_FILE = "summary.json"
REPORT_FILE = "report.html"
FIGURES_FOLDER = "figures"

BUDGETS = {
    MANIFEST_FILE: 64 * KILOBYTE,
    MAPS_FILE: 32 * MEGABYTE,
    TOKENS_FILE: 2 * MEGABYTE,
    DIAGNOSTICS_FILE: 8 * MEGABYTE,
    SUMMARY_FILE: 16 * KILOBYTE,
    REPORT_FILE: 5 * MEGABYTE,
    FIGURES_FOLDER: 300 * KILOBYTE,
}
"""Most bytes of each file; of figures, of each."""

MAX_SCALARS = 60
"""Numbers of the summary."""
MAX_FIGURES = 6
N_WHOLE = 8
"""Probes whose heads are all kept; of the others, their mean over the heads of a layer."""
LONG = 256
"""Columns from which on a map keeps the largest of each row alone."""
N_TOP = 32
"""How many of them."""
