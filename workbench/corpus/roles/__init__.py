"""Who helps whom, where a transcript has only names."""

from workbench.corpus.roles.features import FEATURES, feature_differences
from workbench.corpus.roles.model import RoleModel
from workbench.corpus.roles.proposal import CONFIDENT, RoleProposal, propose_roles, with_roles

__all__ = [
    "CONFIDENT",
    "FEATURES",
    "RoleModel",
    "RoleProposal",
    "feature_differences",
    "propose_roles",
    "with_roles",
]
