"""Stability of topics: refits over subsamples and seeds, and which topics come back."""

from workbench.topics.stability.certificate import StabilityCertificate
from workbench.topics.stability.certify import topic_stability
from workbench.topics.stability.refits import warm_workers

__all__ = ["StabilityCertificate", "topic_stability", "warm_workers"]
