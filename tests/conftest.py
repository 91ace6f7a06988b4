from tests.support.chain import chain_url, own_chain_url
from tests.support.contracts import stage

__all__ = ["chain_url", "own_chain_url", "stage"]
