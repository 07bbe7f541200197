"""Coder comparison of the study in WORKBENCH_STUDY.

    WORKBENCH_STUDY=my-study panel serve dashboards/*.py --address 127.0.0.1

then http://localhost:5006/agreement in the browser. `workbench serve` adds an index and a login.
"""

from workbench.panels import entry

entry("agreement").servable()
