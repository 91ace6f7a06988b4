"""What happens between a wish and a final block, in the language of the page.

Codes are those of the minting engine; one that is not here is shown in the engine's own words.
"""

from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

Words = str | Promise

PURPOSES: dict[str, Words] = {
    "mint": _("Mint"),
    "mint_batch": _("Mints in one transaction"),
    "admit": _("Admission of the artist’s wallet"),
    "grant": _("A role given"),
    "revoke": _("A role taken back"),
    "role": _("A right that changes hands"),
    "deploy": _("A contract created"),
    "withdraw": _("A credit paid out"),
}

STATES: dict[str, Words] = {
    "wanted": _("wanted"),
    "signed": _("signed"),
    "broadcast": _("broadcast"),
    "mined": _("mined"),
    "final": _("final"),
    "reverted": _("refused by the contract"),
    "replaced": _("done by another transaction"),
    "batched": _("travels with others"),
    "cancelled": _("cancelled"),
}

# code of what holds it up or ended it: what that means
REASONS: dict[str, Words] = {
    "signer_has_no_money": _("The account that pays for the gas is empty. It goes on by itself once it has money."),
    "signer_has_no_role": _("The account that signs lacks a role on the contract. The operator has to give it."),
    "signers_busy": _("The accounts that sign have enough under way. It goes when one of them is mined."),
    "signer_gone": _("The account that signed this is no longer at hand. The operator has to bring it back."),
    "signer_not_here": _("No key is at hand to sign with. The operator has to look."),
    "rate_limited": _("Enough was signed in the last minute. It goes in a moment."),
    "fee_above_cap": _("The chain asks for more than this site pays. It waits until fees fall."),
    "node_unreachable": _("The chain’s node does not answer. It is asked again."),
    "nodes_disagree": _("The chain’s nodes contradict each other. They are asked again."),
    "node_refused": _("The node did not take it. It is sent again."),
    "wrong_chain": _("The node belongs to another chain: nothing is signed."),
    "nonce_taken": _("Somebody else used its number in the queue. It has been queued anew."),
    "reorganised": _("The chain took its block back. It is sent again."),
    "batch_refused": _("The contract refused it together with others. It goes alone."),
    "done_elsewhere": _("What was wished has come true through another transaction."),
    "ArtistNotAdmitted": _("The artist’s wallet is not admitted to the contract yet."),
    "AlreadyMinted": _("This work has its token already."),
    "reverted": _("The contract refused it in its block."),
    "contract_refused": _("It waits for what was wished before it."),
}

# why a step is refused: by the state in which the transaction was found
TOO_LATE: dict[str, Words] = {
    "costs_gas": _("It is signed already. To take it back costs the site gas, which an operator decides."),
    "together": _("It travels with other mints in one transaction. An operator can cancel all of them together."),
    "wanted": _("It waits to be signed; nothing has ended that could be tried again."),
    "signed": _("It is on its way; nothing has ended that could be tried again."),
    "broadcast": _("It is on its way; nothing has ended that could be tried again."),
    "mined": _("It is in a block already. What is mined can be neither hastened nor taken back."),
    "final": _("It is final. Nobody can take it back."),
    "reverted": _("The contract has refused it; there is nothing left to hasten or to take back."),
    "replaced": _("It was done by another transaction; there is nothing left to hasten or to take back."),
    "cancelled": _("It is cancelled already."),
    "moved_on": _("It moved on a moment ago. Look at how it stands now."),
}


def duration(time: timedelta) -> str:
    """A waiting time for people, in its two largest units."""
    seconds = int(time.total_seconds())
    if seconds < 60:
        return gettext("%(s)s s") % {"s": seconds}
    if seconds < 3600:
        return gettext("%(m)s min %(s)s s") % {"m": seconds // 60, "s": seconds % 60}
    if seconds < 86_400:
        return gettext("%(h)s h %(m)s min") % {"h": seconds // 3600, "m": seconds % 3600 // 60}
    return gettext("%(d)s d %(h)s h") % {"d": seconds // 86_400, "h": seconds % 86_400 // 3600}
