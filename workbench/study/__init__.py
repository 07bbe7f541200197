"""The study folder: where a corpus and everything computed from it are kept together."""

from workbench.study.steps import StepRecord
from workbench.study.study import STUDY_VERSION, Study

__all__ = ["STUDY_VERSION", "StepRecord", "Study"]
