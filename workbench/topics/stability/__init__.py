"""Stability of topics: refits over subsamples and seeds, and which topics come back."""

from workbench.topics.stability.certificate import StabilityCertificate, topics_checksum
from workbench.topics.stability.certify import topic_stability
from workbench.topics.stability.refits import warm_workers

__all__ = ["StabilityCertificate", "topic_stability", "topics_checksum", "warm_workers"]
